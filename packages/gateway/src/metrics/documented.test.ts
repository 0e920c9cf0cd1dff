import { globSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { freePort } from "@agentgate/testing";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { parse } from "yaml";
import { startOtlpReceiver } from "../telemetry/testing/otlp-receiver.ts";
import { ADMIN_KEY, startAgent, startTestGateway, textTask } from "../testing/index.ts";
import { type ParsedExposition, parseExposition } from "./testing/parse-exposition.ts";

const root = fileURLToPath(new URL("../../../../", import.meta.url));
const page = `${root}docs/telemetry.md`;
let exposition: ParsedExposition;
const closers: (() => Promise<unknown>)[] = [];

/** What a gateway shows that has done a little of everything. */
beforeAll(async () => {
  const collector = await startOtlpReceiver();
  const logSinks = [`clickhouse://127.0.0.1:${await freePort()}`];
  const gate = await startTestGateway("sqlite", { otlpEndpoint: collector.url, otlpProtocol: "http/json", logSinks });
  const agent = await startAgent();
  const failing = await startAgent((_, response) => response.writeHead(500).end());
  closers.push(gate.close, agent.close, failing.close, collector.close);
  await gate.gateway.start();
  const { id } = await gate.register({ name: "echo", url: agent.url });
  const broken = await gate.register({ name: "broken", url: failing.url });
  for (const one of [id, broken.id]) await gate.call("POST", `/agents/${one}/task`, textTask("x"));
  const read = async () => {
    const headers = { accept: "text/plain", authorization: `Bearer ${ADMIN_KEY}` };
    return parseExposition(await (await fetch(`${gate.url}/metrics`, { headers })).text());
  };
  await read();
  // What a node shows of a sink, it shows while it holds the sink's lease, which it takes a moment after a start.
  await vi.waitFor(
    async () => {
      exposition = await read();
      expect(exposition.samples.map(({ name }) => name)).toContain("agentgate_log_sink_failures_total");
    },
    { timeout: 60_000 },
  );
});
afterAll(async () => {
  for (const close of closers) await close();
});

test("docs/telemetry.md lists every metric", () => {
  const rows = [...exposition.types].toSorted().map(([name, type]) => {
    const own = exposition.samples.filter((sample) => sample.name.startsWith(name));
    const labels = new Set(own.flatMap(({ labels }) => Object.keys(labels)).filter((label) => label !== "le"));
    const told = [...labels].map((label) => `\`${label}\``).join(", ");
    return `| \`${name}\` | ${type} | ${told} | ${exposition.help.get(name)!.replace(/\.$/, "")} |`;
  });
  const table = ["| metric | type | labels | meaning |", "|---|---|---|---|", ...rows].join("\n");
  const text = readFileSync(page, "utf8");
  const wanted = text.replace(/(<!-- metrics -->\n)[\s\S]*(\n<!-- end of metrics -->)/, `$1${table}$2`);
  if (process.env.UPDATE_DOCS) writeFileSync(page, wanted);
  expect(readFileSync(page, "utf8")).toBe(wanted);
});

test("names say what is counted, and in which unit", () => {
  for (const [name, type] of exposition.types) {
    expect(name).toMatch(/^(?:agentgate|process|nodejs)_[a-z0-9_]+$/);
    expect([name, type === "counter"]).toEqual([name, name.endsWith("_total")]);
    expect(name).not.toMatch(/_(?:ms|millis|milliseconds|micros|kb|mb|count|sum|bucket)(?:_|$)/);
    if (/bytes/.test(name)) expect(name).toMatch(/_bytes(?:_total)?$/);
    if (/seconds/.test(name)) expect(name).toMatch(/_seconds(?:_total)?$/);
  }
});

/** Prometheus' own, of a target. */
const OTHERS = new Set(["up"]);
const namesIn = (expression: string) =>
  [...expression.replace(/"[^"]*"/g, "").matchAll(/\b(?:agentgate|process|nodejs|up)(?:_[a-z0-9_]+)?\b/g)].map(
    ([name]) => name,
  );
const isShown = (name: string) =>
  OTHERS.has(name) ||
  exposition.types.has(name) ||
  exposition.types.get(name.replace(/_(?:bucket|sum|count)$/, "")) === "histogram";

test("every metric that the alerts name is there, and every alert says what it is about", () => {
  for (const file of globSync(`${root}deploy/prometheus/*.rules.yaml`)) {
    const { groups } = parse(readFileSync(file, "utf8"));
    const rules = groups.flatMap((group: any) => group.rules);
    expect(rules.length).toBeGreaterThan(10);
    for (const { alert, expr, labels, annotations } of rules) {
      expect(namesIn(expr).length, alert).toBeGreaterThan(0);
      expect(
        namesIn(expr).filter((name) => !isShown(name)),
        alert,
      ).toEqual([]);
      expect(["info", "warning", "critical"]).toContain(labels.severity);
      expect(annotations.summary, alert).toMatch(/\w/);
    }
  }
});

test("every metric that the dashboard names is there, and its panels stand beside each other", () => {
  const dashboard = JSON.parse(readFileSync(`${root}deploy/grafana/agentgate.json`, "utf8"));
  const { panels, templating } = dashboard;
  expect(dashboard).toMatchObject({ uid: "agentgate", title: "AgentGate", schemaVersion: expect.any(Number) });
  const expressions = panels.flatMap(({ targets = [] }: any) => targets.map(({ expr }: any) => expr));
  const definitions = templating.list.flatMap(({ definition }: any) => definition ?? []);
  const named = [...expressions, ...definitions].flatMap(namesIn);
  expect(named.length).toBeGreaterThan(40);
  expect(named.filter((name) => !isShown(name))).toEqual([]);
  const ids = panels.map(({ id }: any) => id);
  expect(new Set(ids).size).toBe(ids.length);
  const cells = panels.flatMap(({ gridPos: { x, y, w, h } }: any) =>
    Array.from({ length: w * h }, (_, at) => `${x + (at % w)},${y + Math.floor(at / w)}`),
  );
  expect(new Set(cells).size).toBe(cells.length);
});
