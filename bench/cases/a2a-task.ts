import { startA2AContenders } from "../harness/a2a-contenders.ts";
import { atLeast, atMost, type BenchCase } from "../harness/case.ts";
import type { ClosedLoopResult } from "../harness/closed-loop.ts";
import { toRows } from "../harness/contenders.ts";
import { warmUp } from "../harness/task-trials.ts";

const CONCURRENCY = 64;

/**
 * What A2A costs beside the plain contract, for the same work: answers that leave nothing to remember beside a plain agent's, and answers
 * that are new tasks, whose owner is to be remembered, beside the plain task path to the same agent.
 */
export const a2aTask: BenchCase = {
  name: "a2a-task",
  title: `A2A 1.0 passed through, 1 KiB each way, ${CONCURRENCY} connections kept busy, beside the plain task path`,
  async run(context) {
    const setup = await startA2AContenders(context.cores);
    const { agent, gateway, agentId, direct, plain, plainToSame, jsonRpc, rest, message, lookUp } = setup;
    const contenders = [direct, plain, message, lookUp, plainToSame, jsonRpc, rest];
    const making = [plainToSame, jsonRpc, rest];
    const yardsticks = [
      [message, plain],
      [lookUp, plain],
      [jsonRpc, plainToSame],
      [rest, plainToSame],
    ] as const;
    try {
      const measure = await warmUp(context, { contenders, agentPid: agent.pid, concurrency: CONCURRENCY });
      const loggedBefore = await gateway.callsLogged(agentId);
      const trials = await measure();
      const answered = trials.answered(making);
      const logged = (await gateway.callsLogged(agentId)) - loggedBefore;
      const cpu = ({ cpuMicros }: ClosedLoopResult) => cpuMicros.server!;
      const throughput = ({ perSecond }: ClosedLoopResult) => perSecond;
      return {
        rows: toRows(trials.results, {
          "CPU µs/request": ({ cpuMicros }) => cpuMicros.server ?? Number.NaN,
          "requests/s": ({ perSecond }) => perSecond,
          "agent CPU µs": ({ cpuMicros }) => cpuMicros.agent!,
          "cores used by others": ({ coresUsedByOthers }) => coresUsedByOthers,
        }),
        targets: [
          ...yardsticks.map(([each, of]) =>
            atMost(`CPU per ${each.name}, of ${of.name}'s in the same trial`, 120, "%", trials.share(each, of, cpu)),
          ),
          ...yardsticks.map(([each, of]) =>
            atLeast(
              `throughput of ${each.name}, of ${of.name}'s in the same trial`,
              80,
              "%",
              trials.share(each, of, throughput),
            ),
          ),
        ],
        notes: [
          `agent: ${agent.kind}`,
          `CPU per new task, of ${plain.name}'s: ${making.map((each) => `${each.name} ${trials.share(each, plain, cpu).toFixed(0)} %`).join(", ")}`,
          `log: ${logged} rows for ${answered} answers to ${making.map(({ name }) => name).join(", ")}`,
        ],
        objections: [...trials.objections, ...(logged === answered ? [] : ["the log does not have a row per answer"])],
      };
    } finally {
      await setup.stop();
    }
  },
};
