import { atLeast, atMost, type BenchCase } from "../harness/case.ts";
import { closedLoop } from "../harness/closed-loop.ts";
import { interleave, toRows } from "../harness/contenders.ts";
import { objectionsTo } from "../harness/quotable.ts";
import { quantile } from "../harness/statistics.ts";
import { startTaskContenders } from "../harness/task-contenders.ts";

const CONCURRENCY = 64;
const WARM_UP_MS = 1_000;
/** Above, the load may be what limits a server. */
const LOAD_BUSY_MAX = 0.8;
/** Once, before the first trial: until the compilers have settled. */
const FIRST_WARM_UP_MS = 8_000;

/** What a free task costs on its way through the gateway, as fast as one core can. */
export const freeTask: BenchCase = {
  name: "free-task",
  title: `a free task, 1 KiB each way, ${CONCURRENCY} connections kept busy, the server alone on one core`,
  async run({ cores, trials, measuredMs, progress }) {
    const setup = await startTaskContenders(cores);
    const { agent, gateway, direct, proxy, anonymous, authenticated } = setup;
    const contenders = [direct, proxy, anonymous, authenticated];
    const load = ({ port, request, pid }: (typeof contenders)[number], warmUpMs: number, ms: number) =>
      closedLoop({
        port,
        request,
        concurrency: CONCURRENCY,
        warmUpMs,
        measuredMs: ms,
        processes: { agent: agent.pid, ...(pid !== undefined && { server: pid }) },
      });
    try {
      for (const contender of [proxy, anonymous, authenticated]) {
        progress(`warming up: ${contender.name}`);
        await load(contender, FIRST_WARM_UP_MS, 100);
      }
      const loggedBefore = await gateway.callsLogged();
      const results = await interleave({ trials, progress }, contenders, (each) => load(each, WARM_UP_MS, measuredMs));

      const tasks = [anonymous, authenticated].flatMap(({ name }) => results.get(name)!);
      const answered = tasks.reduce((sum, { totalAnswered }) => sum + totalAnswered, 0);
      const logged = (await gateway.callsLogged()) - loggedBefore;
      const ofTrials = ({ name }: { name: string }) => results.get(name)!;
      const median = (contender: { name: string }, figure: (result: (typeof tasks)[number]) => number) =>
        quantile(ofTrials(contender).map(figure), 0.5);
      const cost = (contender: { name: string }) => median(contender, ({ cpuMicros }) => cpuMicros.server!);
      const share = quantile(
        ofTrials(authenticated).map(({ perSecond }, trial) => (perSecond / ofTrials(proxy)[trial]!.perSecond) * 100),
        0.5,
      );
      const agentShare = (median(anonymous, ({ cpuMicros }) => cpuMicros.agent!) / cost(anonymous)) * 100;
      const loadBusy = Math.max(
        ...[proxy, anonymous, authenticated].map((each) => median(each, (trial) => trial.loadBusy)),
      );
      return {
        rows: toRows(results, {
          "CPU µs/request": ({ cpuMicros }) => cpuMicros.server ?? Number.NaN,
          "requests/s": ({ perSecond }) => perSecond,
          "agent CPU µs": ({ cpuMicros }) => cpuMicros.agent!,
          "cores used by others": ({ coresUsedByOthers }) => coresUsedByOthers,
        }),
        targets: [
          atMost("CPU per request", 150, "µs", cost(anonymous)),
          atMost("CPU per request, with a key", 150, "µs", cost(authenticated)),
          atLeast("throughput with a key, of the bare proxy's in the same trial", 70, "%", share),
        ],
        notes: [
          `agent: ${agent.kind}, ${agentShare.toFixed(1)} % of the gateway's CPU time; with the load, ${Math.round(loadBusy * 100)} % of the other core`,
          `log: ${logged} rows for ${answered} answers`,
        ],
        objections: [
          ...contenders.flatMap((each) =>
            objectionsTo(
              each.name,
              ofTrials(each).map(({ answered, errors }) => ({ offered: answered + errors, answered, errors })),
            ),
          ),
          ...(logged === answered ? [] : ["the log does not have a row per answer"]),
          ...(loadBusy < LOAD_BUSY_MAX
            ? []
            : [`load and agent kept their core busy for ${loadBusy.toFixed(2)} of the time`]),
        ],
      };
    } finally {
      await setup.stop();
    }
  },
};
