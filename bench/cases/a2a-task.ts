import { startA2AContenders } from "../harness/a2a-contenders.ts";
import { atLeast, atMost, type BenchCase } from "../harness/case.ts";
import { toRows } from "../harness/contenders.ts";
import { warmUp } from "../harness/task-trials.ts";

const CONCURRENCY = 64;

/** What A2A costs beside the plain contract: two envelopes to read, and a task's owner to remember before it is answered. */
export const a2aTask: BenchCase = {
  name: "a2a-task",
  title: `A2A 1.0 passed through, 1 KiB each way, ${CONCURRENCY} connections kept busy, beside the plain task path`,
  async run(context) {
    const setup = await startA2AContenders(context.cores);
    const { agent, gateway, agentId, direct, plain, jsonRpc, rest, message, lookUp } = setup;
    const contenders = [direct, plain, message, lookUp, jsonRpc, rest];
    try {
      const measure = await warmUp(context, { contenders, agentPid: agent.pid, concurrency: CONCURRENCY });
      const loggedBefore = await gateway.callsLogged(agentId);
      const trials = await measure();
      const answered = trials.answered([jsonRpc, rest]);
      const logged = (await gateway.callsLogged(agentId)) - loggedBefore;
      const inA2A = [message, lookUp, jsonRpc, rest];
      return {
        rows: toRows(trials.results, {
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
              trials.share(each, plain, ({ cpuMicros }) => cpuMicros.server!),
            ),
          ),
          ...inA2A.map((each) =>
            atLeast(
              `throughput of ${each.name}, of the plain task's in the same trial`,
              80,
              "%",
              trials.share(each, plain, ({ perSecond }) => perSecond),
            ),
          ),
        ],
        notes: [
          `agent: ${agent.kind}`,
          `log: ${logged} rows for ${answered} answers to ${jsonRpc.name} and ${rest.name}`,
        ],
        objections: [...trials.objections, ...(logged === answered ? [] : ["the log does not have a row per answer"])],
      };
    } finally {
      await setup.stop();
    }
  },
};
