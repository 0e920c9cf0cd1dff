import { type Clock, type Log, microsNow } from "../runtime/index.ts";
import type { GroupCommitter } from "./group-committer.ts";
import type { LedgerStore } from "./store.ts";

const sweepIntervalMs = 1_000;
/** Batches at one go; what is left waits for the next second, so that lapsing holds never crowd out paying ones. */
const batchesMax = 20;

/** Looks every second for holds whose stored deadline has passed, also those that another node or an earlier life opened. */
export function startSweeper(of: {
  store: LedgerStore;
  committer: GroupCommitter;
  clock: Clock;
  log: Log;
}): () => void {
  const { store, committer, clock, log } = of;
  let stopped = false;
  let cancel = () => {};

  const sweep = async () => {
    try {
      for (let batch = 0; batch < batchesMax && !stopped; batch++) {
        if (!(await store.hasDue(microsNow(clock)))) break;
        await committer.sweep();
      }
    } catch (error) {
      if (!stopped) log.warn({ err: error }, "lapsed holds could not be looked for");
    }
    if (!stopped) cancel = clock.after(sweepIntervalMs, sweep);
  };

  cancel = clock.after(sweepIntervalMs, sweep);
  return () => {
    stopped = true;
    cancel();
  };
}
