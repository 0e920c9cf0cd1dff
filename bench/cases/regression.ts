import { startA2AAgent, throughGateway } from "../harness/a2a-contenders.ts";
import { agentTask, type MockAgent } from "../harness/agent.ts";
import { atMost, type BenchCase } from "../harness/case.ts";
import type { ClosedLoopResult } from "../harness/closed-loop.ts";
import { toRows } from "../harness/contenders.ts";
import { type MeasuredGateway, startGateway } from "../harness/gateway.ts";
import { postRequest } from "../harness/http-connection.ts";
import type { TaskContender } from "../harness/task-contenders.ts";
import { warmUp } from "../harness/task-trials.ts";

const CONCURRENCY = 64;
/** Nothing may become dearer by more. */
const PERCENT_MAX = 103;

interface Kind {
  name: string;
  mine: TaskContender;
  theirs: TaskContender;
}

/** What each kind of call costs here and in another checkout: the same work in turns, compared trial by trial. */
export const regression: BenchCase = {
  name: "regression",
  title: `each kind of call in this checkout and in that of --against, in turns, ${CONCURRENCY} connections kept busy, on one core`,
  onDemand: true,
  async run(context) {
    const { cores, against } = context;
    if (against === undefined) throw new Error("regression needs --against <another checkout>");
    const agent = await startA2AAgent(cores.load);
    const start = (checkout?: string) => startGateway({ agentPort: agent.port, core: cores.server, checkout });
    const mine = await start();
    const theirs = await start(against);
    try {
      const kinds = pair(await contendersOf(mine, agent), await contendersOf(theirs, agent));
      const contenders = kinds.flatMap((kind) => [kind.mine, kind.theirs]);
      const trials = await (await warmUp(context, { contenders, agentPid: agent.pid, concurrency: CONCURRENCY }))();
      const cpu = ({ cpuMicros }: ClosedLoopResult) => cpuMicros.server!;
      return {
        rows: toRows(trials.results, {
          "CPU µs/request": cpu,
          "requests/s": ({ perSecond }) => perSecond,
          "cores used by others": ({ coresUsedByOthers }) => coresUsedByOthers,
        }),
        targets: kinds.map((kind) =>
          atMost(`CPU of ${kind.name}, of the other's`, PERCENT_MAX, "%", trials.share(kind.mine, kind.theirs, cpu)),
        ),
        notes: [`compared with ${against}`],
        objections: trials.objections,
      };
    } finally {
      await mine.stop();
      await theirs.stop();
      await agent.stop();
    }
  },
};

async function contendersOf(gateway: MeasuredGateway, agent: MockAgent): Promise<TaskContender[]> {
  const { plain, message, lookUp, jsonRpc, rest } = await throughGateway(gateway, agent);
  const to = (name: string, path: string, headers: Record<string, string> = {}): TaskContender => ({
    ...plain,
    name,
    request: postRequest(path, agentTask, headers),
  });
  const authorization = `Bearer ${gateway.orgKey}`;
  return [
    to("free", gateway.taskPath),
    to("free, with a key", gateway.taskPath, { authorization }),
    to("paid", gateway.paidTaskPath, { authorization }),
    message,
    lookUp,
    jsonRpc,
    rest,
  ];
}

const pair = (mine: TaskContender[], theirs: TaskContender[]): Kind[] =>
  mine.map((each, at) => ({
    name: each.name,
    mine: { ...each, name: `${each.name}: here` },
    theirs: { ...theirs[at]!, name: `${each.name}: there` },
  }));
