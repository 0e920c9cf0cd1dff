import { atLeast, atMost, type BenchCase } from "../harness/case.ts";
import { toRows } from "../harness/contenders.ts";
import { startTaskContenders, type TaskContender } from "../harness/task-contenders.ts";
import { warmUp } from "../harness/task-trials.ts";

const CONCURRENCY = 64;
/** Above, the load may be what limits a server. */
const LOAD_BUSY_MAX = 0.8;

/** What a free task costs on its way through the gateway, as fast as one core can. */
export const freeTask: BenchCase = {
  name: "free-task",
  title: `a free task, 1 KiB each way, ${CONCURRENCY} connections kept busy, the server alone on one core`,
  async run(context) {
    const setup = await startTaskContenders(context.cores);
    const { agent, gateway, direct, proxy, anonymous, authenticated, scoped } = setup;
    const contenders = [direct, proxy, anonymous, authenticated, scoped];
    try {
      const measure = await warmUp(context, { contenders, agentPid: agent.pid, concurrency: CONCURRENCY });
      const loggedBefore = await gateway.callsLogged();
      const trials = await measure();
      const answered = trials.answered([anonymous, authenticated, scoped]);
      const logged = (await gateway.callsLogged()) - loggedBefore;
      const cost = (contender: TaskContender) => trials.median(contender, ({ cpuMicros }) => cpuMicros.server!);
      const agentShare = (trials.median(anonymous, ({ cpuMicros }) => cpuMicros.agent!) / cost(anonymous)) * 100;
      const loadBusy = Math.max(
        ...[proxy, anonymous, authenticated, scoped].map((each) => trials.median(each, (trial) => trial.loadBusy)),
      );
      return {
        rows: toRows(trials.results, {
          "CPU µs/request": ({ cpuMicros }) => cpuMicros.server ?? Number.NaN,
          "requests/s": ({ perSecond }) => perSecond,
          "agent CPU µs": ({ cpuMicros }) => cpuMicros.agent!,
          "cores used by others": ({ coresUsedByOthers }) => coresUsedByOthers,
        }),
        targets: [
          atMost("CPU per request", 150, "µs", cost(anonymous)),
          atMost("CPU per request, with a key", 150, "µs", cost(authenticated)),
          atMost(
            "CPU more with a scoped key than with the organization's",
            5,
            "µs",
            cost(scoped) - cost(authenticated),
          ),
          atLeast(
            "throughput with a key, of the bare proxy's in the same trial",
            70,
            "%",
            trials.share(authenticated, proxy, ({ perSecond }) => perSecond),
          ),
        ],
        notes: [
          `agent: ${agent.kind}, ${agentShare.toFixed(1)} % of the gateway's CPU time; with the load, ${Math.round(loadBusy * 100)} % of the other core`,
          `log: ${logged} rows for ${answered} answers`,
        ],
        objections: [
          ...trials.objections,
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
