import fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import { MetricRegistry } from "./registry.ts";
import { AGENTS_MAX, TaskMetrics } from "./task-metrics.ts";
import { parseExposition } from "./testing/parse-exposition.ts";

let registry: MetricRegistry;
let metrics: TaskMetrics;
beforeEach(() => {
  registry = new MetricRegistry();
  metrics = new TaskMetrics(registry);
});

describe("json", () => {
  test("is the contract's shape before the first task", () => {
    expect(metrics.json()).toEqual({
      total_requests: 0,
      total_errors: 0,
      errors_by_type: {},
      avg_latency_ms: 0,
      agents: {},
    });
  });

  test("counts tasks, errors by type and latencies by agent", () => {
    for (let i = 0; i < 99; i += 1) metrics.taskFinished({ agentName: "echo", latencyMs: 10 });
    metrics.taskFinished({ agentName: "echo", latencyMs: 1_000, errorType: "timeout" });
    metrics.taskFinished({ agentName: "calc", latencyMs: 2, errorType: "http_500" });
    metrics.taskFinished({ agentName: "calc", latencyMs: 4, errorType: "timeout" });
    const { agents, ...totals } = metrics.json();
    expect(totals).toEqual({
      total_requests: 102,
      total_errors: 3,
      errors_by_type: { timeout: 2, http_500: 1 },
      avg_latency_ms: 19.57,
    });
    expect(agents.echo).toMatchObject({ requests: 100, avg_latency_ms: 19.9 });
    expect(agents.echo?.p99_latency_ms).toBeCloseTo(10, 0);
    expect(agents.calc).toMatchObject({ requests: 2, avg_latency_ms: 3 });
    expect(agents.calc?.p99_latency_ms).toBeCloseTo(4, 0);
  });

  test.each(["__proto__", "constructor", "toString", ""])("an agent may be called %j", async (agentName) => {
    metrics.taskFinished({ agentName, latencyMs: 5, errorType: agentName });
    const report = JSON.parse(JSON.stringify(metrics.json()));
    expect(Object.getOwnPropertyNames(report.agents)).toEqual([agentName]);
    expect(Object.getOwnPropertyDescriptor(report.agents, agentName)?.value).toMatchObject({ requests: 1 });
    expect(Object.getOwnPropertyNames(report.errors_by_type)).toEqual([agentName]);
    const { samples } = parseExposition(await registry.text("prometheus"));
    const counts = samples.filter(({ name }) => name === "agentgate_agent_task_duration_seconds_count");
    expect(counts.map(({ labels }) => Object.entries(labels))).toEqual([[["agent", agentName]]]);
  });

  test("agents and error types beyond the bound are counted together, in both formats", async () => {
    for (let i = 0; i < AGENTS_MAX + 50; i += 1) {
      metrics.taskFinished({ agentName: `agent-${i}`, latencyMs: 1, errorType: `http_${i}` });
    }
    metrics.taskFinished({ agentName: "agent-0", latencyMs: 1 });
    const { agents, errors_by_type } = metrics.json();
    expect(Object.keys(agents)).toHaveLength(AGENTS_MAX + 1);
    expect(agents.other?.requests).toBe(50);
    expect(agents["agent-0"]?.requests).toBe(2);
    expect(Object.keys(errors_by_type).length).toBeLessThanOrEqual(101);
    expect(Object.values(errors_by_type).reduce((a, b) => a + b)).toBe(AGENTS_MAX + 50);
    const count = (await registry.text("prometheus")).match(/^agentgate_agent_task_duration_seconds_count/gm);
    expect(count).toHaveLength(AGENTS_MAX + 1);
  });

  test("the longest and the impossible are counted too", () => {
    metrics.taskFinished({ agentName: "slow", latencyMs: 86_400_000 });
    metrics.taskFinished({ agentName: "odd", latencyMs: 0 });
    const { agents } = metrics.json();
    expect(agents.slow?.p99_latency_ms).toBeGreaterThan(2_000_000);
    expect(agents.odd).toEqual({ requests: 1, avg_latency_ms: 0, p99_latency_ms: 0 });
  });
});

describe("text", () => {
  test("tells the same as the JSON", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({
            agentName: fc.oneof(
              fc.constantFrom("a", "b"),
              fc.string({ unit: "grapheme", maxLength: 12 }),
              fc.constantFrom("\u2028", "\r", "a\u0085"),
            ),
            latencyMs: fc.double({ min: 0, max: 60_000, noNaN: true }),
            errorType: fc.option(fc.constantFrom("timeout", "connect_error"), { nil: undefined }),
          }),
        ),
        async (tasks) => {
          const own = new MetricRegistry();
          const counted = new TaskMetrics(own);
          for (const task of tasks) counted.taskFinished(task);
          const { total_requests, errors_by_type, agents } = counted.json();
          for (const format of ["prometheus", "openmetrics"] as const) {
            const { value } = parseExposition(await own.text(format));
            expect(value("agentgate_task_duration_seconds_count")).toBe(total_requests);
            expect(value("agentgate_task_duration_seconds_bucket", { le: "+Inf" })).toBe(total_requests);
            for (const [type, count] of Object.entries(errors_by_type)) {
              expect(value("agentgate_task_errors_total", { type })).toBe(count);
            }
            for (const [agent, { requests }] of Object.entries(agents)) {
              const succeeded = value("agentgate_tasks_total", { agent, outcome: "success" });
              const failed = value("agentgate_tasks_total", { agent, outcome: "error" });
              expect(succeeded! + failed!).toBe(requests);
              expect(value("agentgate_agent_task_duration_seconds_count", { agent })).toBe(requests);
            }
          }
        },
      ),
      { numRuns: 20 },
    );
  });

  test("the histogram's buckets are cumulative and bounds belong to their bucket", async () => {
    for (const latencyMs of [0, 1, 1.001, 30_000, 30_001]) metrics.taskFinished({ agentName: "echo", latencyMs });
    const { samples, value } = parseExposition(await registry.text("prometheus"));
    const bucket = (le: string) => value("agentgate_task_duration_seconds_bucket", { le });
    expect([bucket("0.001"), bucket("0.0025"), bucket("30"), bucket("+Inf")]).toEqual([2, 3, 4, 5]);
    const counts = samples
      .filter(({ name }) => name === "agentgate_task_duration_seconds_bucket")
      .map((sample) => sample.value);
    expect(counts).toEqual(counts.toSorted((a, b) => a - b));
    expect(value("agentgate_task_duration_seconds_sum")).toBeCloseTo(60.003001, 6);
  });

  test("a recorded task is an exemplar of its bucket, where OpenMetrics is asked for", async () => {
    const trace = { trace_id: "4bf92f3577b34da6a3ce929d0e0e4736", span_id: "00f067aa0ba902b7" };
    metrics.taskFinished({ agentName: "echo", latencyMs: 7, trace });
    metrics.taskFinished({ agentName: "echo", latencyMs: 70 });
    const { samples } = parseExposition(await registry.text("openmetrics"));
    expect(samples.filter(({ exemplar }) => exemplar)).toEqual([
      { name: "agentgate_task_duration_seconds_bucket", labels: { le: "0.01" }, value: 1, exemplar: trace },
    ]);
    expect(await registry.text("prometheus")).not.toContain(trace.trace_id);
  });
});
