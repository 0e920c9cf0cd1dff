import { configureGlobal } from "fast-check";

/**
 * Property tests generate the same cases in every run, so that a run passes or fails for what was changed. The soak draws new ones;
 * `AGENTGATE_SEED=n` chooses others.
 */
const { AGENTGATE_SEED, AGENTGATE_SOAK } = process.env;
if (AGENTGATE_SEED !== undefined) configureGlobal({ seed: Number(AGENTGATE_SEED) });
else if (AGENTGATE_SOAK === undefined) configureGlobal({ seed: 1 });
