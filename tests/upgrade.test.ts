import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { gunzipSync } from "node:zlib";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createEmptyDatabase, testEngines } from "../packages/gateway/src/storage/testing/index.ts";
import { startAgent, startTestGateway, type TestGateway, textTask } from "../packages/gateway/src/testing/index.ts";

const folder = join(import.meta.dirname, "fixtures/databases");
const unpacked = (name: string, file: string) => gunzipSync(readFileSync(join(folder, name, file)));
const fixtures = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());

/** Answers are kept for a day; the fixtures are older. */
const keepAnswers = `update idempotency set expires_at = ${(Date.now() + 86_400_000) * 1000}`;

/** A database as an earlier version left it. */
async function restored(name: string, engine: "sqlite" | "postgres") {
  const database = await createEmptyDatabase(engine);
  const { databaseUrl, dataDirectory } = database.location;
  if (databaseUrl === undefined) {
    mkdirSync(dataDirectory, { recursive: true });
    const file = join(dataDirectory, "agentgate.db");
    writeFileSync(file, unpacked(name, "sqlite.db.gz"));
    const opened = new DatabaseSync(file);
    opened.exec(keepAnswers);
    opened.close();
    return database;
  }
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  await client.query("create extension if not exists pg_trgm");
  // Of the program that restores dumps, not of SQL; and a database has the schema already.
  await client.query(
    unpacked(name, "postgres.sql.gz")
      .toString()
      .replace(/^\\.*$|^CREATE SCHEMA public;$/gm, ""),
  );
  await client.query(`set search_path to public; ${keepAnswers}`);
  await client.end();
  return database;
}

describe.each(fixtures.map(({ name }) => name))("a database of version %s", (name) => {
  const { adminKey, secretKey, ...byEngine } = JSON.parse(readFileSync(join(folder, name, "known.json"), "utf8"));

  describe.each(testEngines())("on %s", (engine) => {
    const known = byEngine[engine];
    const { owner, payer, rotating } = known.orgs;
    const { free, priced, speaking } = known.agents;
    let database: Awaited<ReturnType<typeof restored>>;
    let gate: TestGateway;
    const get = async (path: string, key: string = adminKey) => (await gate.call("GET", path, undefined, key)).body;

    beforeAll(async () => {
      database = await restored(name, engine);
      gate = await startTestGateway(engine, { ...database.location, apiKey: adminKey, secretKey });
    });
    afterAll(async () => {
      await gate?.close();
      await database?.remove();
    });

    test("has its money: the journal verifies, wallets and transactions are as they were", async () => {
      expect(await get("/admin/ledger/verify")).toMatchObject({ ok: true, problems: [] });
      expect(await get(`/orgs/${payer.id}/transactions?limit=200`, payer.api_key)).toEqual(known.transactions);
      for (const org of ["owner", "payer"] as const) {
        const { balance, tier } = known.wallets[org];
        expect(await get(`/orgs/${known.orgs[org].id}/wallet`)).toMatchObject({ balance, tier });
      }
    });

    test("has its keys, agents, reviews, usage and logs", async () => {
      for (const key of [owner.api_key, payer.api_key, rotating.api_key, rotating.new_api_key])
        expect((await gate.call("GET", "/orgs/me", undefined, key)).status).toBe(200);
      for (const agent of Object.values<any>(known.agents)) {
        const { id, name, description, url, skills, tags, price_per_task, org_id, created_at } = agent;
        const same = { id, name, description, url, skills, tags, price_per_task, org_id, created_at };
        expect(await get(`/agents/${id}`)).toMatchObject(same);
      }
      expect(await get("/agents/search?q=nothing&tags=one,two")).toMatchObject({ total: 1 });
      expect(await get(`/agents/${free.id}/reviews`)).toMatchObject([{ rating: 4, comment: "Good" }]);
      expect(await get(`/agents/${priced.id}/usage`)).toMatchObject(known.usage);
      expect(await get(`/agents/${known.agents.failing.id}/logs`)).toMatchObject(known.logs);
      expect(await get(`/agents/${speaking.id}/card`)).toMatchObject({ name: "speaking" });
    });

    test("opens what was sealed, and goes on: a task is paid and reaches the agent with its credential", async () => {
      let shown: unknown;
      const agent = await startAgent(({ headers }, response) => {
        shown = headers["x-api-key"];
        response.end('{"ok":true}');
      });
      await gate.call("PUT", `/agents/${priced.id}`, { url: agent.url }, adminKey);
      const before = await get(`/orgs/${payer.id}/wallet`);
      const { status, body } = await gate.call("POST", `/agents/${priced.id}/task`, textTask("x"), payer.api_key);
      expect({ status, shown }).toMatchObject({ status: 200, shown: "sealed-secret" });
      expect(body.ucp.balance).toBeCloseTo(before.balance - 0.25, 6);
      expect(await get("/admin/ledger/verify")).toMatchObject({ ok: true });
      await agent.close();
    });

    test("repeats the answer that was kept, without calling anybody", async () => {
      const response = await fetch(`${gate.url}/agents/${priced.id}/task`, {
        method: "POST",
        headers: {
          authorization: `Bearer ${payer.api_key}`,
          "content-type": "application/json",
          "idempotency-key": known.kept.key,
        },
        body: JSON.stringify({ message: { parts: [{ type: "text", text: "Hello" }] } }),
      });
      expect(response.status).toBe(200);
      expect(await response.json()).toEqual(known.kept.answer);
    });

    test("knows whose its A2A tasks are", async () => {
      const { status } = await gate.call(
        "GET",
        `/agents/${speaking.id}/tasks/${known.tasks.shown}`,
        undefined,
        owner.api_key,
      );
      expect(status).toBe(404);
      // Its agent is gone: that is told to the owner, and to nobody else.
      const own = await gate.call("GET", `/agents/${speaking.id}/tasks/${known.tasks.shown}`, undefined, payer.api_key);
      expect(own.status).toBe(502);
    });

    test("lets go, in time, of what was put aside when its gateway was killed", async () => {
      const held = async () => (await get(`/orgs/${payer.id}/wallet`)).held;
      gate.clock.skip(24 * 3_600_000);
      await expect.poll(held).toBe(0);
      expect(await get("/admin/ledger/verify")).toMatchObject({ ok: true, problems: [], open_holds: 0 });
    });
  });
});
