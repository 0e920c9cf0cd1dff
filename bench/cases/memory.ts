import { buildGateway } from "../harness/build.ts";
import { atMost, type BenchCase } from "../harness/case.ts";
import { openLoop } from "../harness/open-loop.ts";
import { residentMiB } from "../harness/process-tree.ts";
import { objectionsTo } from "../harness/quotable.ts";
import { summarize } from "../harness/statistics.ts";
import { startTaskContenders } from "../harness/task-contenders.ts";

const RATE_PER_SECOND = 1_000;
const SAMPLE_EVERY_MS = 1_000;

/** How much memory the gateway takes under a steady load, and whether it grows: as it is built, without the compiler for its types. */
export const memory: BenchCase = {
  name: "memory",
  title: `resident memory of the built gateway while ${RATE_PER_SECOND} tasks a second pass`,
  async run({ cores, trials, measuredMs, progress }) {
    progress("building the gateway");
    buildGateway();
    const setup = await startTaskContenders(cores, { built: true });
    const { gateway, authenticated } = setup;
    const seconds = Math.ceil((4 * trials * measuredMs) / 1000);
    const samples: number[] = [];
    const sampling = setInterval(() => samples.push(residentMiB(gateway.pid)), SAMPLE_EVERY_MS);
    try {
      progress(`loading for ${seconds} s`);
      const delivery = await openLoop({
        port: authenticated.port,
        request: authenticated.request,
        ratePerSecond: RATE_PER_SECOND,
        warmUpMs: 0,
        measuredMs: seconds * 1000,
      });
      const quarter = Math.ceil(samples.length / 4);
      const peak = Math.max(...samples);
      return {
        rows: [0, 1, 2, 3].map((at) => ({
          name: `quarter ${at + 1} of ${seconds} s`,
          figures: { "resident MiB": summarize(samples.slice(at * quarter, (at + 1) * quarter)) },
        })),
        targets: [atMost("highest resident memory", 150, "MiB", peak)],
        notes: [],
        objections: objectionsTo(authenticated.name, [delivery]),
      };
    } finally {
      clearInterval(sampling);
      await setup.stop();
    }
  },
};
