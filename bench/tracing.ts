// What OpenTelemetry and the metrics cost a task, in one process and a loop: no network, no agent.
// node --conditions=agentgate-source bench/tracing.ts
import { readConfig } from "../packages/gateway/src/config/index.ts";
import { MetricRegistry, TaskMetrics } from "../packages/gateway/src/metrics/index.ts";
import type { Dialer } from "../packages/gateway/src/outbound/index.ts";
import { beginTrace, phase } from "../packages/gateway/src/routing/task-spans.ts";
import { FollowedLog, silentLog, systemClock, systemRandom } from "../packages/gateway/src/runtime/index.ts";
import { openSdk } from "../packages/gateway/src/telemetry/sdk.ts";
import { passingOn, type Tracing } from "../packages/gateway/src/telemetry/tracing.ts";
import { quantile } from "./harness/statistics.ts";

const WARM_UP = 60_000;
const TASKS = 20_000;
const TRIALS = 9;
const CALL = "9b2f8b1e-1111-4222-8333-444455556666";

type Request = Parameters<typeof beginTrace>[1];
type Called = Parameters<NonNullable<ReturnType<typeof beginTrace>["spans"]>["invoke"]>[0];

const agent = {
  id: "3f2a8b1e-1111-4222-8333-444455556666",
  name: "mock",
  version: "1.0.0",
  protocol: "plain",
} as Called;
const requestOf = (flags: string) =>
  ({
    traceparent: `00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-${flags}`,
    entrance: "rest",
    requestId: "request-1",
  }) as Request;

let bytes = 0;
/** Takes every batch at once. */
const dialer = {
  send({ body }: { body: Buffer }) {
    bytes += body.length;
    return { response: Promise.resolve({ status: 200, headers: {}, body: Buffer.alloc(0) }), abort() {} };
  },
} as unknown as Dialer;
const recording = (env: Record<string, string>) =>
  openSdk({
    settings: readConfig(env),
    endpoints: { traces: "http://collector.test/v1/traces" },
    dialer,
    clock: systemClock,
    random: systemRandom,
    log: new FollowedLog(silentLog),
    version: "0",
    families: () => Promise.resolve([]),
  });
const recordings = {
  plain: recording({}),
  genAi: recording({ OTEL_SEMCONV_STABILITY_OPT_IN: "gen_ai_latest_experimental" }),
};

/** The spans of a free task, as the pipeline has them made. */
async function task(tracing: Tracing, request: Request): Promise<void> {
  const { trace, spans } = beginTrace(tracing, request, CALL);
  await phase(spans, "admit", () => Promise.resolve());
  void { ...(spans?.invoke(agent) ?? trace.headers) };
  await Promise.resolve();
  spans?.answered({ ok: true, body: "" }, { contextId: undefined });
  spans?.end();
}

async function measure(name: string, once: () => unknown): Promise<void> {
  for (let at = 0; at < WARM_UP; at++) await once();
  const each: number[] = [];
  for (let trial = 0; trial < TRIALS; trial++) {
    const before = process.cpuUsage();
    for (let at = 0; at < TASKS; at++) await once();
    const { user, system } = process.cpuUsage(before);
    each.push((user + system) / TASKS);
  }
  const [lowest, median, highest] = [0, 0.5, 1].map((part) => quantile(each, part).toFixed(2));
  console.log(`${name.padEnd(44)} ${median} µs CPU [${lowest}–${highest}]`);
}

await measure("spans: off", () => task(passingOn, requestOf("01")));
await measure("spans: on, not sampled", () => task(recordings.plain.tracing, requestOf("00")));
await measure("spans: on, sampled, protobuf", () => task(recordings.plain.tracing, requestOf("01")));
await measure("spans: on, sampled, with GenAI attributes", () => task(recordings.genAi.tracing, requestOf("01")));
const { sent, dropped } = recordings.plain.counts.traces;
console.log(
  `${sent} spans sent and ${dropped} dropped without GenAI attributes; ${Math.round(bytes / 1e6)} MB of protobuf in all`,
);

const counted = new TaskMetrics(new MetricRegistry());
const names = Array.from({ length: 100 }, (_, at) => `agent-${at}`);
let at = 0;
await measure("metrics: one task", () => {
  at++;
  counted.taskFinished({ agentName: names[at % names.length]!, latencyMs: ((at * 7919) % 400) + 0.3 });
});
