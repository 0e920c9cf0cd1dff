import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Log } from "../../packages/gateway/src/runtime/index.ts";
import { type ReceivedSpan, readSpans } from "../../packages/gateway/src/telemetry/testing/otlp-receiver.ts";
import { startAgent, startTestGateway, type TestGateway, textTask } from "../../packages/gateway/src/testing/index.ts";
import { temporaryDirectory } from "../../packages/testing/src/index.ts";
import { built, hasGo } from "./tools.ts";

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const UNRECORDED = "0af7651916cd43dd8448eb211c80319c";
const CALLER = "00f067aa0ba902b7";

/** Writes nothing here; what would be written is sent. */
const quiet: Log = { debug() {}, info() {}, warn() {}, error() {}, isLevelEnabled: (level) => level !== "debug" };

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });

const configuration = (port: number, file: string): string => `
receivers: { otlp: { protocols: { http: { endpoint: "127.0.0.1:${port}" } } } }
exporters: { file: { path: "${file}", flush_interval: 50ms } }
service:
  telemetry: { metrics: { level: none } }
  pipelines:
    traces: { receivers: [otlp], exporters: [file] }
    metrics: { receivers: [otlp], exporters: [file] }
    logs: { receivers: [otlp], exporters: [file] }
`;

describe.skipIf(!hasGo).each(["http/protobuf", "http/json"] as const)(
  "OpenTelemetry's collector, over %s",
  (otlpProtocol) => {
    let collector: ChildProcess;
    let gate: TestGateway;
    let lines: () => any[];
    const closers: (() => unknown)[] = [];
    let traceId: string | null;

    beforeAll(async () => {
      const program = await built("collector");
      const directory = temporaryDirectory("collector");
      const file = join(directory.path, "received.jsonl");
      const port = await freePort();
      writeFileSync(join(directory.path, "collector.yaml"), configuration(port, file));
      collector = spawn(program, ["--config", join(directory.path, "collector.yaml")], {
        stdio: ["ignore", "ignore", "pipe"],
      });
      await new Promise<void>((resolve, reject) => {
        let said = "";
        collector.stderr!.on("data", (chunk) => {
          said += chunk;
          if (said.includes("Everything is ready")) resolve();
        });
        collector.on("exit", () => reject(new Error(said)));
      });
      lines = () =>
        readFileSync(file, "utf8")
          .split("\n")
          .filter(Boolean)
          .map((line) => JSON.parse(line));
      gate = await startTestGateway(
        "sqlite",
        { otlpEndpoint: `http://127.0.0.1:${port}`, otlpProtocol, otelScheduleDelayMs: 50 },
        quiet,
      );
      const second = await startAgent();
      const first = await startAgent(async ({ body, headers }, response) => {
        const { traceparent, "x-agentgate-chain": chain } = headers as Record<string, string>;
        const answer = await fetch(`${gate.url}/agents/${other.id}/task`, {
          method: "POST",
          headers: { "content-type": "application/json", traceparent: traceparent!, "x-agentgate-chain": chain! },
          body,
        });
        response.setHeader("content-type", "application/json").end(await answer.text());
      });
      const other = await gate.register({ name: "second", url: second.url });
      const { id } = await gate.register({ name: "first", url: first.url });
      const answer = await fetch(`${gate.url}/agents/${id}/task`, {
        method: "POST",
        headers: { "content-type": "application/json", traceparent: `00-${TRACE}-${CALLER}-01` },
        body: JSON.stringify(textTask("x")),
      });
      traceId = answer.headers.get("x-trace-id");
      expect(answer.status).toBe(200);
      const broken = await startAgent((_, response) => response.writeHead(500).end());
      const { id: brokenId } = await gate.register({ name: "broken", url: broken.url });
      // In a trace that nobody records: of it a line of the log tells, and what is counted.
      const failed = await fetch(`${gate.url}/agents/${brokenId}/task`, {
        method: "POST",
        headers: { "content-type": "application/json", traceparent: `00-${UNRECORDED}-${CALLER}-00` },
        body: JSON.stringify(textTask("x")),
      });
      expect(failed.status).toBe(502);
      // What is left is sent when the node stops.
      await gate.gateway.close(5_000);
      closers.push(gate.close, first.close, second.close, broken.close, directory.remove);
    }, 3_600_000);
    afterAll(async () => {
      for (const close of closers) await close();
      if (collector) {
        collector.removeAllListeners("exit");
        collector.kill();
      }
    });

    test("has the whole trace, from the caller to the second agent", async () => {
      const spans = (): ReceivedSpan[] => readSpans(lines().filter((line) => line.resourceSpans));
      await expect.poll(() => spans().length, { timeout: 10_000 }).toBe(6);
      const all = spans();
      expect(new Set(all.map((span) => span.traceId))).toEqual(new Set([TRACE]));
      expect(traceId).toBe(TRACE);
      const parents = new Map(all.map((span) => [span.spanId, span]));
      const lineage = (span: ReceivedSpan | undefined): string[] =>
        span ? [span.name, ...lineage(parents.get(span.parentSpanId ?? ""))] : [];
      expect(lineage(all.find(({ name }) => name === "invoke_agent second"))).toEqual([
        "invoke_agent second",
        "POST /agents/{id}/task",
        "invoke_agent first",
        "POST /agents/{id}/task",
      ]);
      expect(all.filter(({ parentSpanId }) => parentSpanId === CALLER)).toHaveLength(1);
    });

    test("has the metrics as numbers of their kinds", () => {
      const metrics = lines()
        .flatMap(({ resourceMetrics = [] }) => resourceMetrics)
        .flatMap(({ scopeMetrics }: any) => scopeMetrics)
        .flatMap(({ metrics }: any) => metrics);
      const [tasks] = metrics.filter(({ name }: any) => name === "agentgate_tasks_total");
      expect(tasks.sum).toMatchObject({ isMonotonic: true, aggregationTemporality: 2 });
      const [duration] = metrics.filter(({ name }: any) => name === "agentgate_task_duration_seconds");
      expect(duration).toMatchObject({ unit: "s", histogram: { dataPoints: [{ count: "3" }] } });
      const [memory] = metrics.filter(({ name }: any) => name === "process_resident_memory_bytes");
      expect(memory.gauge.dataPoints[0].asDouble).toBeGreaterThan(1e6);
    });

    test("has the lines of the log, with the traces that they are of", () => {
      const records = lines()
        .flatMap(({ resourceLogs = [] }) => resourceLogs)
        .flatMap(({ scopeLogs }: any) => scopeLogs)
        .flatMap(({ logRecords }: any) => logRecords);
      const [line] = records.filter(({ body }: any) => body.stringValue === "the call to an agent failed");
      expect(line.severityText).toBe("INFO");
      for (const [key, stringValue] of [
        ["error", "http_500"],
        ["traceId", UNRECORDED],
      ]) {
        expect(line.attributes).toContainEqual({ key, value: { stringValue } });
      }
    });
  },
);
