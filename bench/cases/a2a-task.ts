import { startA2AContenders } from "../harness/a2a-contenders.ts";
import { atLeast, atMost, type BenchCase } from "../harness/case.ts";
import { type ClosedLoopResult, closedLoop } from "../harness/closed-loop.ts";
import { interleave, toRows } from "../harness/contenders.ts";
import { objectionsTo } from "../harness/quotable.ts";
import { quantile } from "../harness/statistics.ts";
import type { TaskContender } from "../harness/task-contenders.ts";

const CONCURRENCY = 64;
const WARM_UP_MS = 1_000;
const FIRST_WARM_UP_MS = 5_000;

/** What A2A costs beside the plain contract: two envelopes to read, and a task's owner to remember before it is answered. */
export const a2aTask: BenchCase = {
  name: "a2a-task",
  title: `A2A 1.0 passed through, every task a new one, 1 KiB each way, ${CONCURRENCY} connections kept busy, beside the plain task path`,
  async run({ cores, trials, measuredMs, progress }) {
    const setup = await startA2AContenders(cores);
    const { agent, gateway, agentId, direct, plain, jsonRpc, rest, message } = setup;
    const contenders = [direct, plain, jsonRpc, rest, message];
    const load = ({ port, request, pid }: TaskContender, warmUpMs: number, ms: number) =>
      closedLoop({
        port,
        request,
        concurrency: CONCURRENCY,
        warmUpMs,
        measuredMs: ms,
        processes: { agent: agent.pid, ...(pid !== undefined && { server: pid }) },
      });
    try {
      for (const contender of [plain, jsonRpc, rest, message]) {
        progress(`warming up: ${contender.name}`);
        await load(contender, FIRST_WARM_UP_MS, 100);
      }
      const loggedBefore = await gateway.callsLogged(agentId);
      const results = await interleave({ trials, progress }, contenders, (each) => load(each, WARM_UP_MS, measuredMs));

      const ofTrials = ({ name }: TaskContender) => results.get(name)!;
      const answered = [jsonRpc, rest].flatMap(ofTrials).reduce((sum, { totalAnswered }) => sum + totalAnswered, 0);
      const logged = (await gateway.callsLogged(agentId)) - loggedBefore;
      /** A contender's figure as a share of the plain path's in the same trial, in percent. */
      const share = (contender: TaskContender, figure: (result: ClosedLoopResult) => number) =>
        quantile(
          ofTrials(contender).map((result, trial) => (figure(result) / figure(ofTrials(plain)[trial]!)) * 100),
          0.5,
        );
      const inA2A = [message, jsonRpc, rest];
      return {
        rows: toRows(results, {
          "CPU µs/request": ({ cpuMicros }) => cpuMicros.server ?? Number.NaN,
          "requests/s": ({ perSecond }) => perSecond,
          "agent CPU µs": ({ cpuMicros }) => cpuMicros.agent!,
          "cores used by others": ({ coresUsedByOthers }) => coresUsedByOthers,
        }),
        targets: [
          ...inA2A.map((each) =>
            atMost(
              `CPU per ${each.name}, of the plain task's in the same trial`,
              120,
              "%",
              share(each, ({ cpuMicros }) => cpuMicros.server!),
            ),
          ),
          ...inA2A.map((each) =>
            atLeast(
              `throughput of ${each.name}, of the plain task's in the same trial`,
              80,
              "%",
              share(each, ({ perSecond }) => perSecond),
            ),
          ),
        ],
        notes: [
          `agent: ${agent.kind}`,
          `log: ${logged} rows for ${answered} answers to ${jsonRpc.name} and ${rest.name}`,
        ],
        objections: [
          ...contenders.flatMap((each) =>
            objectionsTo(
              each.name,
              ofTrials(each).map(({ answered, errors }) => ({ offered: answered + errors, answered, errors })),
            ),
          ),
          ...(logged === answered ? [] : ["the log does not have a row per answer"]),
        ],
      };
    } finally {
      await setup.stop();
    }
  },
};
