import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startScriptedClickHouse } from "../analytics/testing/index.ts";
import { readConfig, settings, settingsInForce } from "../config/index.ts";
import { testEngines } from "../storage/testing/index.ts";
import { ADMIN_KEY, startAgent, startTestGateway, type TestGateway, textTask } from "../testing/index.ts";
import { LoopDelay } from "./loop-delay.ts";

describe.each(testEngines())("nodes on %s", (engine) => {
  let gate: TestGateway;
  let node: TestGateway;
  beforeAll(async () => {
    gate = await startTestGateway(engine, { nodeName: "first" });
    node = await gate.another({ nodeName: "second" });
    await Promise.all([gate.gateway.start(), node.gateway.start()]);
  });
  afterAll(() => gate.close());

  const names = async (at: TestGateway) =>
    (await at.call("GET", "/nodes")).body.entries.map(({ name }: any) => name).sort();

  test("each tells of all: who answers, what each does alone, until it ends", async () => {
    const third = await gate.another({ nodeName: "third" });
    await third.gateway.start();
    await expect.poll(() => names(gate)).toEqual(["first", "second", "third"]);
    const { entries } = (await node.call("GET", "/nodes")).body;
    for (const each of entries) {
      expect(each).toMatchObject({
        version: expect.stringMatching(/^\d+\.\d+\.\d+/),
        lives: true,
        answers: each.name === "second",
        load: {
          cpu: expect.any(Number),
          memory_bytes: expect.any(Number),
          clock_ahead_ms: expect.any(Number),
          queues: {
            tasks: 0,
            ledger: 0,
            call_log: expect.any(Number),
            webhooks: 0,
            connections: 0,
            database: expect.any(Number),
          },
        },
      });
      expect(Date.parse(each.last_seen_at)).toBeGreaterThanOrEqual(Date.parse(each.started_at));
    }
    await third.gateway.close(0);
    expect(await names(node)).toEqual(["first", "second"]);
    // What is done by one is named at one.
    await expect
      .poll(async () => (await gate.call("GET", "/nodes")).body.entries.flatMap(({ leases }: any) => leases).length)
      .toBeGreaterThan(3);
    const leases = (await gate.call("GET", "/nodes")).body.entries.flatMap((each: any) => each.leases);
    expect(new Set(leases).size).toBe(leases.length);
  });

  test("where the log is written for good is told with how far it is, and what it fails with", async () => {
    const [end, agent] = [await startScriptedClickHouse(), await startAgent()];
    end.isAway = true;
    const writing = await gate.another({ logSinks: [`clickhouse://${end.host}/calls?seconds=1`] });
    await writing.gateway.start();
    const { id } = await gate.register({ name: "logged", url: agent.url, protocol: "plain" });
    for (let n = 0; n < 2; n++) await gate.call("POST", `/agents/${id}/task`, textTask("x"));
    const sinks = async () => (await node.call("GET", "/log-sinks")).body.entries;
    const name = `clickhouse://${end.host}/calls/agentgate_calls`;
    const away = { name, lives: true, taken: 0, lost: 0, written_at: null, trouble: expect.stringContaining("away") };
    await expect
      .poll(sinks, { timeout: 60_000 })
      .toEqual([{ ...away, waiting_since: expect.stringMatching(/^\d{4}-/) }]);
    end.isAway = false;
    const well = { name, lives: true, taken: 2, lost: 0, waiting_since: null, trouble: null };
    await expect.poll(sinks, { timeout: 60_000 }).toEqual([{ ...well, written_at: expect.stringMatching(/^\d{4}-/) }]);
    await writing.gateway.close(0);
    await end.close();
    await agent.close();
  });

  test("settings are all there, with where they come from, and no secret", async () => {
    const { entries } = (await gate.call("GET", "/settings")).body;
    expect(entries.map(({ env }: any) => env)).toEqual(Object.values(settings).map(({ env }) => env));
    const of = (env: string) => entries.find((entry: any) => entry.env === env);
    expect(of("AGENTGATE_NODE_NAME")).toMatchObject({
      value: "first",
      source: "option",
      default: "the machine's name",
    });
    expect(of("AGENTGATE_API_KEY")).toMatchObject({ value: "••••••••", source: "option" });
    expect(of("AGENTGATE_DRAIN_SECONDS")).toMatchObject({ value: 30, source: "default" });
    expect(of("AGENTGATE_UCP_WAIT_SECONDS").risk).toBe(null);
    expect(of("AGENTGATE_ALLOW_PRIVATE_NETWORKS")).toMatchObject({
      value: true,
      risk: expect.stringMatching(/own network/),
    });
    expect(JSON.stringify(entries)).not.toContain(ADMIN_KEY);
  });
});

test("how late the event loop is, is told of the time since the last look", async () => {
  const delay = new LoopDelay();
  delay.start();
  expect(delay.read()).toEqual({ p99: null, max: null });
  await new Promise((resolve) => setTimeout(resolve, 250));
  for (const until = performance.now() + 300; performance.now() < until; );
  await new Promise((resolve) => setTimeout(resolve, 250));
  const { p99, max } = delay.read();
  expect(max).toBeGreaterThan(100);
  expect(p99).toBeLessThanOrEqual(max!);
  delay.close();
});

test("a variable is one, an option wins, and passwords within addresses are masked", () => {
  const config = readConfig(
    {
      AGENTGATE_PORT: "8123",
      DATABASE_URL: "postgres://gate:pass%20word@db.example/gate",
      AGENTGATE_SECRET_KEY: "0123456789abcdef",
    },
    { host: "0.0.0.0" },
  );
  const found = new Map(settingsInForce(config).map(({ name, value, source }) => [name, [value, source]]));
  expect(found.get("port")).toEqual([8123, "environment"]);
  expect(found.get("host")).toEqual(["0.0.0.0", "option"]);
  expect(found.get("databaseUrl")).toEqual(["postgres://••••••••@db.example/gate", "environment"]);
  expect(found.get("secretKey")).toEqual(["••••••••", "environment"]);
  expect(found.get("previousSecretKey")).toEqual([null, "default"]);
  expect(JSON.stringify([...found])).not.toMatch(/pass|0123456789abcdef/);
});
