import { setTimeout as sleep } from "node:timers/promises";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { AGENTS_MAX, TaskMetrics } from "./task-metrics.ts";
import { parseExposition } from "./testing/parse-exposition.ts";

let metrics: TaskMetrics;
beforeEach(() => {
  metrics = new TaskMetrics();
});
afterEach(() => metrics.close());

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

  test.each(["__proto__", "constructor", "toString", ""])("an agent may be called %j", (agentName) => {
    metrics.taskFinished({ agentName, latencyMs: 5, errorType: agentName });
    const report = JSON.parse(JSON.stringify(metrics.json()));
    expect(Object.getOwnPropertyNames(report.agents)).toEqual([agentName]);
    expect(Object.getOwnPropertyDescriptor(report.agents, agentName)?.value).toMatchObject({ requests: 1 });
    expect(Object.getOwnPropertyNames(report.errors_by_type)).toEqual([agentName]);
  });

  test("agents and error types beyond the bound are counted together", () => {
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
  });
});

describe("text", () => {
  test("tells the same as the JSON", () => {
    fc.assert(
      fc.property(
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
        (tasks) => {
          const own = new TaskMetrics();
          for (const task of tasks) own.taskFinished(task);
          const { total_requests, errors_by_type, agents } = own.json();
          for (const format of ["prometheus", "openmetrics"] as const) {
            const { value } = parseExposition(own.text(format));
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
      { numRuns: 50 },
    );
  });

  test("the histogram's buckets are cumulative and bounds belong to their bucket", () => {
    for (const latencyMs of [0, 1, 1.001, 30_000, 30_001]) metrics.taskFinished({ agentName: "echo", latencyMs });
    const { samples, value } = parseExposition(metrics.text("prometheus"));
    const bucket = (le: string) => value("agentgate_task_duration_seconds_bucket", { le });
    expect([bucket("0.001"), bucket("0.0025"), bucket("30.0"), bucket("+Inf")]).toEqual([2, 3, 4, 5]);
    const counts = samples.filter(({ name }) => name.endsWith("_bucket")).map((sample) => sample.value);
    expect(counts).toEqual(counts.toSorted((a, b) => a - b));
    expect(value("agentgate_task_duration_seconds_sum")).toBeCloseTo(60.003001, 6);
  });

  test("label values are escaped", () => {
    const agentName = 'a"b\\c\nd{},= e\u{1f600}';
    metrics.taskFinished({ agentName, latencyMs: 1 });
    const text = metrics.text("prometheus");
    expect(text).toContain(String.raw`agent="a\"b\\c\nd{},= e`);
    expect(parseExposition(text).value("agentgate_tasks_total", { agent: agentName, outcome: "success" })).toBe(1);
  });

  test("the two formats differ where their specifications do", () => {
    metrics.gauge("agentgate_depth", 'The "depth"\nof \\', () => 3);
    const prometheus = metrics.text("prometheus");
    const openmetrics = metrics.text("openmetrics");
    expect(prometheus).toContain("# TYPE agentgate_tasks_total counter\n");
    expect(openmetrics).toContain("# TYPE agentgate_tasks counter\n");
    expect(prometheus).not.toContain("# EOF");
    expect(openmetrics.endsWith("\n# EOF\n")).toBe(true);
    expect(prometheus).toContain('# HELP agentgate_depth The "depth"\\nof \\\\\n');
    expect(openmetrics).toContain('# HELP agentgate_depth The \\"depth\\"\\nof \\\\\n');
  });

  test("tells how the process fares", () => {
    const { types, value } = parseExposition(metrics.text("prometheus"));
    expect(value("process_resident_memory_bytes")).toBeGreaterThan(1_000_000);
    expect(value("process_cpu_seconds_total")).toBeGreaterThan(0);
    expect(value("process_start_time_seconds")).toBeLessThan(Date.now() / 1000);
    expect(value("nodejs_version_info", { version: process.version })).toBe(1);
    expect(types.get("process_cpu_seconds_total")).toBe("counter");
  });

  test("tells the event loop's lag from the second scrape on", async () => {
    expect(metrics.text("prometheus")).not.toContain("nodejs_eventloop_lag");
    await sleep(60);
    const end = performance.now() + 150;
    while (performance.now() < end);
    await expect
      .poll(() => parseExposition(metrics.text("prometheus")).value("nodejs_eventloop_lag_max_seconds") ?? 0)
      .toBeGreaterThan(0.05);
  });

  test("gauges of other rooms are read at each scrape, and a broken one does not blind the rest", () => {
    let depth = 3;
    metrics.gauge("agentgate_queue_depth", "Waiting rows.", () => depth);
    metrics.gauge("agentgate_broken", "Broken.", () => {
      throw new Error("no");
    });
    expect(parseExposition(metrics.text("prometheus")).value("agentgate_queue_depth")).toBe(3);
    depth = Number.POSITIVE_INFINITY;
    const { value, types } = parseExposition(metrics.text("openmetrics"));
    expect(value("agentgate_queue_depth")).toBe(Number.POSITIVE_INFINITY);
    expect(value("agentgate_broken")).toBe(Number.NaN);
    expect(types.get("agentgate_broken")).toBe("gauge");
  });

  test("a gauge needs a name of its own", () => {
    metrics.gauge("agentgate_a", "A.", () => 1);
    expect(() => metrics.gauge("agentgate_a", "A.", () => 1)).toThrow("exists already");
    expect(() => metrics.gauge("a b", "A.", () => 1)).toThrow("not a metric name");
  });
});
