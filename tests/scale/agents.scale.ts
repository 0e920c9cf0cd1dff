import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createGateway, type Gateway } from "../../packages/gateway/src/app.ts";
import { readConfig } from "../../packages/gateway/src/config/index.ts";
import { silentLog, systemClock, systemRandom } from "../../packages/gateway/src/runtime/index.ts";
import { type ObservedStatement, openStorage } from "../../packages/gateway/src/storage/index.ts";
import { createEmptyDatabase, type Location, testEngines } from "../../packages/gateway/src/storage/testing/index.ts";
import { ADMIN_KEY } from "../../packages/gateway/src/testing/index.ts";

/** A directory of 10^5 agents of which 1,000 hang, on two nodes. */
const AGENTS = Number(process.env.AGENTGATE_TEST_AGENTS ?? 100_000);
const HANGING = AGENTS / 100;
const PER_ORG = 500;
const INTERVAL_S = 60;
/** Rounds that are watched, after one in which agents that hang are found out. */
const ROUNDS = 2;

/** All agents: one server in a thread of its own. Whoever hangs is never answered. Tells how far apart looks at each living one were. */
const agentServer = `
  const { createServer } = require("node:http");
  const { parentPort } = require("node:worker_threads");
  const seen = new Map(), gaps = new Map();
  let looks = 0, watching = false;
  const server = createServer((request, response) => {
    const path = request.url;
    if (path.startsWith("/hang/")) return;
    if (!path.endsWith("/health")) return response.writeHead(404).end();
    const now = performance.now(), last = seen.get(path);
    looks++;
    if (last !== undefined && watching) gaps.set(path, Math.max(gaps.get(path) ?? 0, now - last));
    seen.set(path, now);
    response.end("ok");
  });
  parentPort.on("message", (what) => {
    if (what === "watch") watching = true;
    const now = performance.now();
    const worst = [...seen].map(([path, at]) => Math.max(gaps.get(path) ?? 0, now - at)).sort((a, b) => b - a);
    parentPort.postMessage({ looks, agents: seen.size, worstMs: worst.slice(0, 5), p99Ms: worst[Math.floor(worst.length / 100)] });
  });
  server.listen(0, "127.0.0.1", 8192, () => parentPort.postMessage(server.address().port));
`;

interface Report {
  looks: number;
  agents: number;
  worstMs: number[];
  p99Ms: number;
}

async function fill(location: Location, port: number): Promise<void> {
  const storage = await openStorage({ ...location, clock: systemClock, log: silentLog });
  const { db } = storage;
  const orgs = Array.from({ length: Math.ceil(AGENTS / PER_ORG) }, (_, n) => ({
    ...{
      id: systemRandom.uuid(),
      name: `org ${n}`,
      name_key: `org ${n}`,
      name_claim: `org ${n}`,
      cost_per_invocation: 0n,
    },
    ...{ billing_alert_threshold: null, rate_limit: 1e6, rate_burst: 1_000_000n, tier: "enterprise", alerted_at: null },
    ...{ created_at: BigInt(n), updated_at: BigInt(n) },
  }));
  await db.insertInto("orgs").values(orgs).execute();
  for (let from = 0; from < AGENTS; from += PER_ORG) {
    const agents = Array.from({ length: Math.min(PER_ORG, AGENTS - from) }, (_, offset) => {
      const n = from + offset;
      return {
        ...{
          id: systemRandom.uuid(),
          name: `agent ${n}`,
          description: "one of many",
          version: "1.0.0",
          version_key: "",
        },
        ...{
          url: `http://127.0.0.1:${port}/${n < HANGING ? "hang" : "a"}/${n}`,
          skills: '[{"id":"s"}]',
          skills_text: "s",
        },
        ...{ tags: '["t"]', tags_text: "", search_text: `agent ${n}`, webhook_url: null, price_per_task: 0n },
        ...{ org_id: orgs[Math.floor(n / PER_ORG)]!.id, key_hash: null, deployed: 0n, timeout_ms: null },
        ...{ created_at: BigInt(n), updated_at: BigInt(n) },
      };
    });
    await db.transaction().execute(async (trx) => {
      await trx.insertInto("agents").values(agents).execute();
      await trx
        .insertInto("agent_tags")
        .values(agents.map(({ id }) => ({ agent_id: id, tag: "t", tag_key: "t" })))
        .execute();
    });
  }
  await storage.close();
}

describe.each(testEngines())("a hundred thousand agents on %s", (engine) => {
  let database: Awaited<ReturnType<typeof createEmptyDatabase>>;
  let server: Worker;
  const nodes: { gateway: Gateway; url: string; statements: ObservedStatement[] }[] = [];
  let answeredMs = 0;

  beforeAll(async () => {
    database = await createEmptyDatabase(engine);
    server = new Worker(agentServer, { eval: true });
    const [port] = await once(server, "message");
    await fill(database.location, port);
    await startNode();
    await startNode();
  }, 1_200_000);
  afterAll(async () => {
    await Promise.all(nodes.map(({ gateway }) => gateway.close(1_000)));
    await server?.terminate();
    await database?.remove();
  });

  async function startNode(): Promise<void> {
    const config = readConfig(
      {},
      {
        ...database.location,
        apiKey: ADMIN_KEY,
        allowPrivateNetworks: true,
        healthIntervalSeconds: INTERVAL_S,
        port: 0,
      },
    );
    const statements: ObservedStatement[] = [];
    const startedAt = performance.now();
    const gateway = await createGateway(config, {
      clock: systemClock,
      random: systemRandom,
      log: silentLog,
      onStatement: (statement) => statements.push(statement),
    });
    const url = await gateway.http.listen({ host: "127.0.0.1", port: 0 });
    await gateway.start();
    expect((await fetch(`${url}/agents/?limit=1`)).status).toBe(200);
    answeredMs = Math.max(answeredMs, performance.now() - startedAt);
    nodes.push({ gateway, url, statements });
  }
  const report = async (what = "report"): Promise<Report> => {
    server.postMessage(what);
    return (await once(server, "message"))[0];
  };
  const ids = async (count: number): Promise<string[]> => {
    const agents = (await (await fetch(`${nodes[0]!.url}/agents/?limit=${count}`)).json()) as { id: string }[];
    return agents.map(({ id }) => id);
  };

  test("a node answers within a second of its start", () => {
    console.log(`${engine}: first answer after ${Math.round(answeredMs)} ms`);
    expect(answeredMs).toBeLessThan(1_000);
  });

  test("the change of one agent costs one look-up on each node", async () => {
    const some = await ids(50);
    const [changed] = some;
    const readAll = async () => {
      for (const { url } of nodes) for (const id of some) expect((await fetch(`${url}/agents/${id}`)).status).toBe(200);
    };
    await readAll();
    for (const { statements } of nodes) statements.length = 0;
    const body = JSON.stringify({ description: "changed" });
    const headers = { authorization: `Bearer ${ADMIN_KEY}`, "content-type": "application/json" };
    await fetch(`${nodes[0]!.url}/agents/${changed}`, { method: "PUT", headers, body });
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    const lookUps = nodes.map(({ statements }) => statements.splice(0).length && statements);
    await readAll();
    for (const statements of lookUps) {
      const found = (statements as ObservedStatement[]).filter(({ sql }) =>
        /^select .* from "?agents"? where "?id"? = /s.test(sql),
      );
      expect(found).toHaveLength(1);
    }
    for (const { url } of nodes) {
      const seen = (await (await fetch(`${url}/agents/${changed}`)).json()) as { description: string };
      expect(seen.description).toBe("changed");
    }
  });

  test("no living agent is looked at later than an interval after the last time, and nothing holds up the database", async () => {
    const roundMs = INTERVAL_S * 1_000;
    await new Promise((resolve) => setTimeout(resolve, roundMs));
    const memoryBefore = process.memoryUsage().rss;
    await report("watch");
    for (const { statements } of nodes) statements.length = 0;
    const beside = await openStorage({ ...database.location, clock: systemClock, log: silentLog });
    let machineMs = 0;
    for (const endsAt = performance.now() + ROUNDS * roundMs; performance.now() < endsAt; ) {
      const startedAt = performance.now();
      await beside.ping();
      machineMs = Math.max(machineMs, performance.now() - startedAt);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await beside.close();
    const { looks, agents, worstMs, p99Ms } = await report();
    const statements = nodes.flatMap(({ statements }) => statements);
    const slowest = statements.toSorted((a, b) => b.ms - a.ms).slice(0, 3);
    const grownMB = (process.memoryUsage().rss - memoryBefore) / 2 ** 20;
    console.log(
      `${engine}: ${looks} looks at ${agents} agents; farthest apart ${worstMs.map(Math.round)} ms, p99 ${Math.round(p99Ms)} ms; ` +
        `${statements.length} statements, slowest ${slowest.map(({ ms, sql }) => `${ms.toFixed(1)} ms ${sql.slice(0, 60)}`).join(" | ")}; ` +
        `a statement that does nothing takes up to ${machineMs.toFixed(1)} ms; memory +${grownMB.toFixed(0)} MB`,
    );
    expect(agents).toBe(AGENTS - HANGING);
    expect(worstMs[0]).toBeLessThan(roundMs);
    // What the machine adds is what it adds to a statement that does nothing.
    expect(slowest[0]!.ms - machineMs).toBeLessThan(100);
    expect(grownMB).toBeLessThan(200);

    const health = (await (await fetch(`${nodes[1]!.url}/health/agents`)).json()) as object;
    expect(Object.keys(health)).toHaveLength(1_000);
  });
});
