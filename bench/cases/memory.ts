import { buildGateway } from "../harness/build.ts";
import { atMost, type BenchCase } from "../harness/case.ts";
import { openLoop } from "../harness/open-loop.ts";
import { residentMiB } from "../harness/process-tree.ts";
import { objectionsTo } from "../harness/quotable.ts";
import { growthPerSample, summarize } from "../harness/statistics.ts";
import { startTaskContenders } from "../harness/task-contenders.ts";

const RATE_PER_SECOND = 1_000;
const SAMPLE_EVERY_MS = 1_000;
/** So long after the start, everything that a task needs is compiled and every cache has been touched. */
const SETTLED_AFTER_MS = 60_000;
/** In a shorter run, growth is noise. */
const GROWTH_SEEN_IN_MS = 600_000;
/** When this process was held up, what it should have sent meanwhile must not arrive in one burst. */
const LATE_MS_MAX = 100;
const MB_PER_MIB = 2 ** 20 / 1e6;

/** How much memory the gateway takes under a steady load, and whether it grows: as it is built, without the compiler for its types. */
export const memory: BenchCase = {
  name: "memory",
  title: `resident memory of the built gateway while ${RATE_PER_SECOND} tasks a second pass, in MB (a million bytes)`,
  async run({ cores, trials, measuredMs, progress }) {
    progress("building the gateway");
    buildGateway();
    const setup = await startTaskContenders(cores, { built: true });
    const { gateway, authenticated } = setup;
    const totalMs = trials * measuredMs;
    const samples: number[] = [];
    const sampling = setInterval(() => samples.push(residentMiB(gateway.pid) * MB_PER_MIB), SAMPLE_EVERY_MS);
    try {
      progress(`loading for ${totalMs / 1000} s`);
      const delivery = await openLoop({
        port: authenticated.port,
        request: authenticated.request,
        ratePerSecond: RATE_PER_SECOND,
        warmUpMs: 0,
        measuredMs: totalMs,
        lateMsMax: LATE_MS_MAX,
      });
      const quarter = Math.ceil(samples.length / 4);
      const settled = samples.slice(SETTLED_AFTER_MS / SAMPLE_EVERY_MS);
      const growth = (growthPerSample(settled) * 3_600_000) / SAMPLE_EVERY_MS;
      return {
        rows: [0, 1, 2, 3].map((at) => ({
          name: `quarter ${at + 1} of ${totalMs / 1000} s`,
          figures: { "resident MB": summarize(samples.slice(at * quarter, (at + 1) * quarter)) },
        })),
        targets: [atMost("highest resident memory", 150, "MB", Math.max(...samples))],
        notes:
          totalMs < GROWTH_SEEN_IN_MS
            ? []
            : [`after the first minute, memory grows by ${growth.toFixed(1)} MB an hour (least squares)`],
        objections: objectionsTo(authenticated.name, [delivery]),
      };
    } finally {
      clearInterval(sampling);
      await setup.stop();
    }
  },
};
