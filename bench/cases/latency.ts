import { atMost, type BenchCase } from "../harness/case.ts";
import { interleave, toRows } from "../harness/contenders.ts";
import { openLoop } from "../harness/open-loop.ts";
import { objectionsTo } from "../harness/quotable.ts";
import { quantile } from "../harness/statistics.ts";
import { startTaskContenders } from "../harness/task-contenders.ts";

const RATE_PER_SECOND = 1_000;
const WARM_UP_MS = 1_000;
const FIRST_WARM_UP_MS = 10_000;

/** What the gateway adds to a task's latency when it is not saturated. */
export const latency: BenchCase = {
  name: "latency",
  title: `a free task offered ${RATE_PER_SECOND} times a second, open loop, each timed from the moment it was due`,
  async run({ cores, trials, measuredMs, progress }) {
    const setup = await startTaskContenders(cores);
    const { direct, proxy, anonymous, authenticated } = setup;
    const contenders = [direct, proxy, anonymous, authenticated];
    const load = ({ port, request }: (typeof contenders)[number], warmUpMs: number, ms: number) =>
      openLoop({ port, request, ratePerSecond: RATE_PER_SECOND, warmUpMs, measuredMs: ms });
    try {
      for (const contender of contenders) {
        progress(`warming up: ${contender.name}`);
        await load(contender, FIRST_WARM_UP_MS, 100);
      }
      const results = await interleave({ trials, progress }, contenders, (each) => load(each, WARM_UP_MS, measuredMs));
      const percentiles = (name: string, fraction: number) =>
        results.get(name)!.map(({ latenciesMs }) => quantile(latenciesMs, fraction));
      const added = (name: string, fraction: number) => {
        const base = percentiles(direct.name, fraction);
        return quantile(
          percentiles(name, fraction).map((value, trial) => value - base[trial]!),
          0.5,
        );
      };
      return {
        rows: toRows(results, {
          "p50 ms": ({ latenciesMs }) => quantile(latenciesMs, 0.5),
          "p90 ms": ({ latenciesMs }) => quantile(latenciesMs, 0.9),
          "p99 ms": ({ latenciesMs }) => quantile(latenciesMs, 0.99),
          "max ms": ({ latenciesMs }) => quantile(latenciesMs, 1),
        }),
        targets: [anonymous, authenticated].flatMap(({ name }) => [
          atMost(`p50 that the ${name} adds to direct in the same trial`, 0.3, "ms", added(name, 0.5)),
          atMost(`p99 that the ${name} adds to direct in the same trial`, 2, "ms", added(name, 0.99)),
        ]),
        notes: [
          `bare proxy adds p50 ${added(proxy.name, 0.5).toFixed(2)} ms, p99 ${added(proxy.name, 0.99).toFixed(2)} ms`,
        ],
        objections: contenders.flatMap(({ name }) => objectionsTo(name, results.get(name)!)),
      };
    } finally {
      await setup.stop();
    }
  },
};
