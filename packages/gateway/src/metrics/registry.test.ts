import { setTimeout as sleep } from "node:timers/promises";
import { beforeEach, describe, expect, test } from "vitest";
import { EventLoopMonitor } from "./event-loop-monitor.ts";
import { addProcessMetrics } from "./process-metrics.ts";
import { MetricRegistry } from "./registry.ts";
import { parseExposition } from "./testing/parse-exposition.ts";

let registry: MetricRegistry;
beforeEach(() => {
  registry = new MetricRegistry();
});

test("label values are escaped", async () => {
  const agent = 'a"b\\c\nd{},= e\u{1f600}';
  registry.gauge("agentgate_a", "A.", () => [{ labels: { agent }, value: 1 }], ["agent"]);
  const text = await registry.text("prometheus");
  expect(text).toContain(String.raw`agent="a\"b\\c\nd{},= e`);
  expect(parseExposition(text).value("agentgate_a", { agent })).toBe(1);
});

test("what is no Unicode is made some", async () => {
  registry.gauge("agentgate_a", "A.", () => [{ labels: { agent: "\ud800" }, value: 1 }], ["agent"]);
  expect(parseExposition(await registry.text("prometheus")).value("agentgate_a", { agent: "\ufffd" })).toBe(1);
});

test("the two formats differ where their specifications do, however they are read one after the other and at once", async () => {
  registry.gauge("agentgate_things_total", "Things.", () => 3);
  for (let round = 0; round < 2; round++) {
    const [prometheus, openmetrics] = await Promise.all([registry.text("prometheus"), registry.text("openmetrics")]);
    expect(prometheus).toContain("# TYPE agentgate_things_total counter\nagentgate_things_total 3\n");
    expect(openmetrics).toContain("# TYPE agentgate_things counter\nagentgate_things_total 3\n");
    expect(prometheus).not.toContain("# EOF");
    expect(openmetrics.endsWith("\n# EOF\n")).toBe(true);
  }
  const [family] = await registry.families();
  expect(family).toMatchObject({ name: "agentgate_things_total", type: "counter" });
});

describe("what rooms show", () => {
  test("is read at each scrape, and a broken one does not blind the rest", async () => {
    let depth = 3;
    registry.gauge("agentgate_queue_depth", "Waiting rows.", () => depth);
    registry.gauge("agentgate_broken", "Broken.", () => {
      throw new Error("no");
    });
    expect(parseExposition(await registry.text("prometheus")).value("agentgate_queue_depth")).toBe(3);
    depth = Number.POSITIVE_INFINITY;
    const { value, types } = parseExposition(await registry.text("openmetrics"));
    expect(value("agentgate_queue_depth")).toBe(Number.POSITIVE_INFINITY);
    expect(value("agentgate_broken")).toBeUndefined();
    expect(types.get("agentgate_broken")).toBe("gauge");
  });

  test("has the labels that there are by now", async () => {
    let held = ["a", "b"];
    const read = () => held.map((lease) => ({ labels: { lease }, value: 1 }));
    registry.gauge("agentgate_held", "Held.", read, ["lease"]);
    await registry.text("prometheus");
    held = ["b"];
    const { samples } = parseExposition(await registry.text("prometheus"));
    expect(samples.map(({ labels }) => labels)).toEqual([{ lease: "b" }]);
  });

  test("needs a name of its own, and words that both formats can say", () => {
    registry.gauge("agentgate_a", "A.", () => 1);
    expect(() => registry.gauge("agentgate_a", "A.", () => 1)).toThrow("exists already");
    expect(() => registry.gauge("a b", "A.", () => 1)).toThrow("not a metric name");
    expect(() => registry.gauge("agentgate_b", 'A "b".', () => 1)).toThrow("not a help text");
  });
});

test("tells how the process fares", async () => {
  addProcessMetrics(registry.gauge);
  const { types, value } = parseExposition(await registry.text("prometheus"));
  expect(value("process_resident_memory_bytes")).toBeGreaterThan(1_000_000);
  expect(value("process_cpu_seconds_total")).toBeGreaterThan(0);
  expect(value("process_start_time_seconds")).toBeLessThan(Date.now() / 1000);
  expect(value("nodejs_version_info", { version: process.version })).toBe(1);
  expect(types.get("process_cpu_seconds_total")).toBe("counter");
});

test("tells the event loop's lag from the second scrape on", async () => {
  const monitor = new EventLoopMonitor(registry.gauge);
  expect(parseExposition(await registry.text("prometheus")).value("nodejs_eventloop_lag_max_seconds")).toBeUndefined();
  await sleep(60);
  const end = performance.now() + 150;
  while (performance.now() < end);
  await expect
    .poll(async () => parseExposition(await registry.text("prometheus")).value("nodejs_eventloop_lag_max_seconds") ?? 0)
    .toBeGreaterThan(0.05);
  monitor.close();
});
