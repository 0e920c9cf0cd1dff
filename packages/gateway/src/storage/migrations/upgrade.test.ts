import { Kysely, sql } from "kysely";
import { Migrator } from "kysely/migration";
import { expect, test } from "vitest";
import { silentLog, systemClock } from "../../runtime/index.ts";
import type { EngineName } from "../engine.ts";
import { openStorage } from "../index.ts";
import { openPostgresEngine } from "../postgres/postgres-engine.ts";
import type { Database } from "../schema/index.ts";
import { openSqliteEngine } from "../sqlite/sqlite-engine.ts";
import { createEmptyDatabase, type Location, testEngines } from "../testing/index.ts";
import { migrations } from "./index.ts";

const quiet = { log: silentLog, onError() {} };

/** A database as an earlier release left it, filled by `fill`. */
async function databaseOf(
  engine: EngineName,
  { databaseUrl, dataDirectory }: Location,
  last: string,
  fill: (db: Kysely<Database>) => Promise<void>,
): Promise<void> {
  const opened = databaseUrl
    ? await openPostgresEngine({ databaseUrl, ...quiet })
    : await openSqliteEngine({ dataDirectory, ...quiet });
  const db = new Kysely<Database>({ dialect: opened.dialect });
  const all = Object.entries(migrations).map(([name, { up }]) => [
    name,
    { up: (db: Kysely<unknown>) => up(db, engine) },
  ]);
  const provider = { getMigrations: async () => Object.fromEntries(all) };
  const { error } = await new Migrator({ db, provider }).migrateTo(last);
  if (error) throw error;
  await fill(db);
  await db.destroy();
}

const agentRow = (id: string, fields: object = {}) => ({
  ...{ id, name: id, description: "", url: "http://a", version: "1", version_key: "", skills: "[]", skills_text: "" },
  ...{ tags: "[]", tags_text: "", search_text: "", webhook_url: null, price_per_task: 0n, org_id: null },
  ...{ key_hash: null, deployed: 0n, timeout_ms: null, created_at: 1n, updated_at: 1n },
  ...fields,
});

test.each(testEngines())("a database of the first release on %s keeps all it holds, and counts it", async (engine) => {
  const database = await createEmptyDatabase(engine);
  const skill = (n: number) => ({ id: `s${n}`, text: "ü".repeat(2_000) });
  const fat = JSON.stringify(Array.from({ length: 200 }, (_, n) => skill(n)));
  await databaseOf(engine, database.location, "0004-billing", async (db) => {
    const fats = Array.from({ length: 40 }, (_, n) => agentRow(`fat-${n}`, { skills: fat }));
    await db
      .insertInto("agents")
      .values([agentRow("a"), agentRow("b"), ...fats])
      .execute();
    const tags = [
      { agent_id: "a", tag: "X", tag_key: "x" },
      { agent_id: "b", tag: "x", tag_key: "x" },
      { agent_id: "b", tag: "y", tag_key: "y" },
    ];
    await db.insertInto("agent_tags").values(tags).execute();
    const reviews = [5n, 5n, 2n].map((rating, n) => ({
      ...{ id: `r${n}`, agent_id: "a", author: `author-${n}`, rating, comment: "", reviewer: "", created_at: 1n },
    }));
    await db.insertInto("reviews").values(reviews).execute();
    const orgs = ["Acme", "acme", "Аcme", "Other"].map((name, n) => ({
      ...{ id: `org-${n}`, name, cost_per_invocation: 0n, billing_alert_threshold: null, rate_limit: null },
      ...{ rate_burst: null, tier: "free", created_at: BigInt(9 - n), updated_at: 1n },
    }));
    await db
      .insertInto("orgs")
      .values(orgs as never)
      .execute();
  });

  const storage = await openStorage({ ...database.location, clock: systemClock, log: silentLog });
  const { db } = storage;
  const counts = async () => ({
    totals: await db.selectFrom("totals").selectAll().orderBy("name").execute(),
    tags: await db.selectFrom("agent_tag_counts").selectAll().orderBy("tag_key").execute(),
    reviews: await db.selectFrom("review_counts").selectAll().where("count", ">", 0n).orderBy("rating").execute(),
  });
  expect(await counts()).toEqual({
    totals: [
      { name: "agents", count: 42n },
      { name: "hidden_agents", count: 0n },
    ],
    tags: [
      { hidden: 0n, tag_key: "x", name: "X", agents: 2n },
      { hidden: 0n, tag_key: "y", name: "y", agents: 1n },
    ],
    reviews: [
      { agent_id: "a", rating: 2n, count: 1n },
      { agent_id: "a", rating: 5n, count: 2n },
    ],
  });
  const names = await db.selectFrom("orgs").select(["name", "name_key", "name_claim"]).orderBy("id").execute();
  expect(names).toEqual([
    { name: "Acme", name_key: "acme", name_claim: null },
    { name: "acme", name_key: "acme", name_claim: null },
    { name: "Аcme", name_key: "acme", name_claim: "acme" },
    { name: "Other", name_key: "other", name_claim: "other" },
  ]);
  const kept = await db.selectFrom("agents").select("skills").where("id", "like", "fat-%").execute();
  expect(kept).toHaveLength(40);
  for (const { skills } of kept) {
    expect(Buffer.byteLength(skills)).toBeLessThanOrEqual(65_536);
    expect(JSON.parse(skills)).toEqual(JSON.parse(fat).slice(0, JSON.parse(skills).length));
    expect(JSON.parse(skills).length).toBeGreaterThan(14);
  }

  await db.updateTable("reviews").set({ rating: 1n }).where("id", "=", "r2").execute();
  await db.deleteFrom("agent_tags").where("tag", "=", "X").execute();
  await db.deleteFrom("agents").where("id", "like", "fat-%").execute();
  expect(await counts()).toMatchObject({
    totals: [{ count: 2n }, { count: 0n }],
    tags: [
      { name: "x", agents: 1n },
      { name: "y", agents: 1n },
    ],
    reviews: [
      { rating: 1n, count: 1n },
      { rating: 5n, count: 2n },
    ],
  });
  await db.updateTable("agents").set({ visibility: "org", hidden: 1n }).where("id", "=", "a").execute();
  await db
    .insertInto("agents")
    .values([agentRow("c", { hidden: 1n }), agentRow("d", { hidden: 1n })])
    .execute();
  expect(await counts()).toMatchObject({ totals: [{ count: 4n }, { count: 3n }] });
  await sql`delete from agents`.execute(db);
  const none = [
    { name: "agents", count: 0n },
    { name: "hidden_agents", count: 0n },
  ];
  expect(await counts()).toEqual({ totals: none, tags: [], reviews: [] });
  await storage.close();
  await database.remove();
});

test.each(testEngines())("the ledger of an earlier release on %s has its sums in its head", async (engine) => {
  const database = await createEmptyDatabase(engine);
  const rows = 45_000;
  await databaseOf(engine, database.location, "0011-paid-tasks", async (db) => {
    const numbers = sql`with recursive numbers (n) as (select 1 union all select n + 1 from numbers where n < ${sql.lit(rows)})`;
    await sql`
      insert into ledger_accounts (id, posted, held) ${numbers} select 'a' || n, 3 * n, 2 from numbers`.execute(db);
    await sql`
      insert into ledger_holds (id, account, amount, type, reference, expires_at)
      ${numbers} select 'h' || n, 'a' || n, 2, 'task', '{}', 1 from numbers`.execute(db);
    const world = { id: "world", posted: -3n * ((BigInt(rows) * BigInt(rows + 1)) / 2n), held: 0n };
    await db.insertInto("ledger_accounts").values(world).execute();
  });
  const storage = await openStorage({ ...database.location, clock: systemClock, log: silentLog });
  const head = storage.db.selectFrom("ledger_head").select(["posted", "held", "reserved"]);
  expect(await head.execute()).toEqual([{ posted: 0n, held: 90_000n, reserved: 90_000n }]);
  await storage.close();
  await database.remove();
});

test.each(testEngines())("who had paid for a task on %s is known to its agent", async (engine) => {
  const database = await createEmptyDatabase(engine);
  await databaseOf(engine, database.location, "0016-agent-protocols", async (db) => {
    const call = (n: number, fields: object) => ({
      ...{ id: `call-${n}`, request_id: null, agent_id: "a", agent_name: "a", org_id: null, payer_org_id: "payer" },
      ...{
        caller_ip: "",
        task_id: null,
        status: "success" as const,
        error_detail: null,
        latency_us: 1n,
        created_at: 1n,
      },
      ...fields,
    });
    const failed = { status: "error" as const, error_detail: "timeout" };
    const calls = [{}, {}, { agent_id: "b" }, { payer_org_id: null }, { ...failed, payer_org_id: "other" }];
    await db
      .insertInto("call_log")
      .values(calls.map((fields, n) => call(n, fields)))
      .execute();
  });
  const storage = await openStorage({ ...database.location, clock: systemClock, log: silentLog });
  const rows = await storage.db.selectFrom("agent_callers").selectAll().orderBy("agent_id").execute();
  expect(rows).toEqual([
    { agent_id: "a", caller: "org:payer" },
    { agent_id: "b", caller: "org:payer" },
  ]);
  await storage.close();
  await database.remove();
});

test.each(testEngines())("the log of an earlier release on %s is found, goes on, and is forgotten", async (engine) => {
  const database = await createEmptyDatabase(engine);
  const first = BigInt(Date.UTC(2026, 0, 1)) * 1000n;
  const minute = 60_000_000n;
  await databaseOf(engine, database.location, "0030-api-keys", async (db) => {
    const call = (n: number) => ({
      ...{
        id: `call-${n}`,
        request_id: null,
        agent_id: "a",
        agent_name: "a",
        org_id: "owner",
        payer_org_id: n % 2 ? "p" : null,
      },
      ...{ caller_ip: "", task_id: null, status: "success" as const, error_detail: null, latency_us: 1n },
      created_at: first + BigInt(n) * minute,
    });
    await db
      .insertInto("call_log")
      .values(Array.from({ length: 100 }, (_, n) => call(n)))
      .execute();
  });
  const storage = await openStorage({ ...database.location, clock: systemClock, log: silentLog });
  const { db } = storage;
  const indexed = await db.selectFrom("settings").select("value").where("name", "=", "call_log_indexed_from").execute();
  const border = BigInt(indexed[0]!.value);
  expect(border).toBeGreaterThan(first + 99n * minute);
  const added = {
    ...{ agent_id: "a", agent_name: "a", org_id: "owner", caller_ip: "", status: "success" as const },
    latency_us: 1n,
  };
  for (const [id, at] of [
    ["new-1", border],
    ["new-2", first + 1n],
  ] as const) {
    await db
      .insertInto("call_log")
      .values({ ...added, id, created_at: at, trace_id: "0" })
      .execute();
  }
  const found = await db
    .selectFrom("call_log")
    .select("id")
    .where("org_id", "=", "owner")
    .orderBy("created_at")
    .execute();
  expect(found).toHaveLength(102);
  expect([found[1]!.id, found.at(-1)!.id]).toEqual(["new-2", "new-1"]);
  if (engine === "postgres") {
    const parts = await sql<{ name: string; rows: bigint }>`
      select tableoid::regclass::text as name, count(*) as rows from call_log group by 1 order by 1`.execute(db);
    expect(parts.rows[0]).toEqual({ name: "call_log_before", rows: 101n });
    expect(parts.rows).toHaveLength(2);
  }
  await storage.close();
  await database.remove();
});
