import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { agentTask, startAgent } from "../harness/agent.ts";
import { atMost, type BenchCase, type CaseContext } from "../harness/case.ts";
import { type ClosedLoopResult, closedLoop } from "../harness/closed-loop.ts";
import { toRows } from "../harness/contenders.ts";
import { type MeasuredGateway, startGateway } from "../harness/gateway.ts";
import { postRequest } from "../harness/http-connection.ts";
import { objectionsTo } from "../harness/quotable.ts";
import { quantile } from "../harness/statistics.ts";

const CONCURRENCY = 64;
const WARM_UP_MS = 3_000;
const SETTLE_MS = 300;
const TRACE = "0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331";

const kinds = ["off", "on, not sampled", "on, sampled"] as const;
type Kind = (typeof kinds)[number];

/**
 * What OpenTelemetry costs a free task: a gateway without an endpoint, one with a collector whose callers do not record, and the same whose
 * callers do. New processes for each trial, in turns; what is told is the median of the trials' differences.
 */
export const tracing: BenchCase = {
  name: "tracing",
  title: `a free task without OpenTelemetry, with it and not sampled, and sampled, in turns, new processes for each trial, ${CONCURRENCY} connections kept busy, on one core`,
  onDemand: true,
  async run(context) {
    const { cores, trials, progress } = context;
    const agent = await startAgent(cores.load);
    const collector = await startCollector();
    const results = new Map<Kind, ClosedLoopResult[]>(kinds.map((kind) => [kind, []]));
    try {
      for (let trial = 0; trial < trials; trial++) {
        progress(`trial ${trial + 1}/${trials}`);
        for (const [kind, result] of await oneTrial(context, agent, collector.url, trial))
          results.get(kind)!.push(result);
      }
    } finally {
      await agent.stop();
      collector.server.close();
      collector.server.closeAllConnections();
    }
    const more = (kind: Kind) =>
      quantile(
        results.get(kind)!.map((result, trial) => cpuOf(result) - cpuOf(results.get("off")![trial]!)),
        0.5,
      );
    return {
      rows: toRows(results, {
        "CPU µs/request": cpuOf,
        "requests/s": ({ perSecond }) => perSecond,
        "cores used by others": ({ coresUsedByOthers }) => coresUsedByOthers,
      }),
      targets: [
        atMost("CPU more of a task that is not sampled", 3, "µs", more("on, not sampled")),
        atMost("CPU more of a sampled task", 25, "µs", more("on, sampled")),
      ],
      notes: [`the collector took ${collector.taken()} batches`],
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

async function oneTrial(
  { cores, measuredMs }: CaseContext,
  agent: Awaited<ReturnType<typeof startAgent>>,
  endpoint: string,
  trial: number,
): Promise<Map<Kind, ClosedLoopResult>> {
  const start = (env: Record<string, string>) => startGateway({ agentPort: agent.port, core: cores.server, env });
  const collected = { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint };
  // Each in a process of its own: one that serves two kinds has been called twice as often, and its code is the warmer.
  const contenders = [
    { kind: kinds[0], gateway: await start({}), headers: { traceparent: `00-${TRACE}-01` } },
    { kind: kinds[1], gateway: await start(collected), headers: { traceparent: `00-${TRACE}-00` } },
    { kind: kinds[2], gateway: await start(collected), headers: { traceparent: `00-${TRACE}-01` } },
  ];
  const measure = (
    { gateway, headers }: { gateway: MeasuredGateway; headers: Record<string, string> },
    warmUpMs: number,
    ms: number,
  ) =>
    closedLoop({
      port: gateway.port,
      request: postRequest(gateway.taskPath, agentTask, headers),
      concurrency: CONCURRENCY,
      warmUpMs,
      measuredMs: ms,
      processes: { agent: agent.pid, server: gateway.pid! },
    });
  try {
    for (const contender of contenders) await measure(contender, WARM_UP_MS, 100);
    const found = new Map<Kind, ClosedLoopResult>();
    for (let at = 0; at < contenders.length; at++) {
      const contender = contenders[(at + trial) % contenders.length]!;
      found.set(contender.kind, await measure(contender, SETTLE_MS, measuredMs));
    }
    return found;
  } finally {
    for (const { gateway } of contenders) await gateway.stop();
  }
}

/** Takes whatever comes, and looks at nothing of it. */
async function startCollector(): Promise<{ url: string; server: Server; taken(): number }> {
  let taken = 0;
  const server = createServer((request, response) => {
    request.resume().on("end", () => {
      taken++;
      response.setHeader("content-type", "application/x-protobuf").end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server, taken: () => taken };
}
