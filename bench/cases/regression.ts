import { startA2AAgent, throughGateway } from "../harness/a2a-contenders.ts";
import { agentTask, type MockAgent } from "../harness/agent.ts";
import { atMost, type BenchCase, type CaseContext } from "../harness/case.ts";
import { type ClosedLoopResult, closedLoop } from "../harness/closed-loop.ts";
import { toRows } from "../harness/contenders.ts";
import { type MeasuredGateway, startGateway } from "../harness/gateway.ts";
import { postRequest } from "../harness/http-connection.ts";
import { objectionsTo } from "../harness/quotable.ts";
import { quantile } from "../harness/statistics.ts";
import type { TaskContender } from "../harness/task-contenders.ts";

const CONCURRENCY = 64;
/** Of each kind, before anything is measured: until the compilers have settled. */
const WARM_UP_MS = 3_000;
const SETTLE_MS = 300;
/** Nothing may become dearer by more. */
const PERCENT_MAX = 103;

/**
 * What each kind of call costs here and in another checkout: the same work in turns. One and the same code costs a fifth more or less from
 * process to process, so each trial has new ones, and what is told is the median of the trials' shares.
 */
export const regression: BenchCase = {
  name: "regression",
  title: `each kind of call in this checkout and in that of --against, in turns, new processes for each trial, ${CONCURRENCY} connections kept busy, on one core`,
  onDemand: true,
  async run(context) {
    const { cores, against, trials, progress } = context;
    if (against === undefined) throw new Error("regression needs --against <another checkout>");
    const agent = await startA2AAgent(cores.load);
    const results = new Map<string, ClosedLoopResult[]>();
    const shares = new Map<string, number[]>();
    try {
      for (let trial = 0; trial < trials; trial++) {
        progress(`trial ${trial + 1}/${trials}`);
        for (const [kind, { mine, theirs }] of await oneTrial(context, agent, trial)) {
          results.set(`${kind}: here`, [...(results.get(`${kind}: here`) ?? []), mine]);
          results.set(`${kind}: there`, [...(results.get(`${kind}: there`) ?? []), theirs]);
          shares.set(kind, [...(shares.get(kind) ?? []), (cpuOf(mine) / cpuOf(theirs)) * 100]);
        }
      }
    } finally {
      await agent.stop();
    }
    return {
      rows: toRows(results, {
        "CPU µs/request": cpuOf,
        "requests/s": ({ perSecond }) => perSecond,
        "cores used by others": ({ coresUsedByOthers }) => coresUsedByOthers,
      }),
      targets: [...shares].map(([kind, each]) =>
        atMost(`CPU of ${kind}, of the other's`, PERCENT_MAX, "%", quantile(each, 0.5)),
      ),
      notes: [
        `compared with ${against}`,
        ...[...shares].map(([kind, each]) => `${kind}: ${each.map((share) => `${share.toFixed(0)} %`).join(", ")}`),
      ],
      objections: [...results].flatMap(([name, each]) =>
        objectionsTo(
          name,
          each.map(({ answered, errors }) => ({ offered: answered + errors, answered, errors })),
        ),
      ),
    };
  },
};

const cpuOf = ({ cpuMicros }: ClosedLoopResult): number => cpuMicros.server!;

/** One pair of gateways: every kind of call at the one and the other, whichever was first the last time being second now. */
async function oneTrial({ cores, against, measuredMs }: CaseContext, agent: MockAgent, trial: number) {
  const start = (checkout?: string) => startGateway({ agentPort: agent.port, core: cores.server, checkout });
  const gateways = [await start(), await start(against)] as const;
  try {
    const [mine, theirs] = await Promise.all(gateways.map((gateway) => contendersOf(gateway, agent)));
    const measure = ({ port, request, pid }: TaskContender, warmUpMs: number, ms: number) =>
      closedLoop({
        port,
        request,
        concurrency: CONCURRENCY,
        warmUpMs,
        measuredMs: ms,
        processes: { agent: agent.pid, server: pid! },
      });
    for (const contender of [...mine!, ...theirs!]) await measure(contender, WARM_UP_MS, 100);
    const found = new Map<string, { mine: ClosedLoopResult; theirs: ClosedLoopResult }>();
    for (const [at, each] of mine!.entries()) {
      const pair = trial % 2 === 0 ? [each, theirs![at]!] : [theirs![at]!, each];
      const first = await measure(pair[0]!, SETTLE_MS, measuredMs);
      const second = await measure(pair[1]!, SETTLE_MS, measuredMs);
      found.set(each.name, trial % 2 === 0 ? { mine: first, theirs: second } : { mine: second, theirs: first });
    }
    return found;
  } finally {
    for (const gateway of gateways) await gateway.stop();
  }
}

async function contendersOf(gateway: MeasuredGateway, agent: MockAgent): Promise<TaskContender[]> {
  const { plain, message, lookUp, jsonRpc } = await throughGateway(gateway, agent);
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
  ];
}
