import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { AuditVerification } from "../../packages/gateway/src/audit/index.ts";
import { silentLog, systemClock } from "../../packages/gateway/src/runtime/index.ts";
import { openStorage } from "../../packages/gateway/src/storage/index.ts";
import { createDatabase, testEngines } from "../../packages/gateway/src/storage/testing/index.ts";
import { ADMIN_KEY, type ServedNode, serveNode } from "../../packages/gateway/src/testing/index.ts";
import { GROWTH_MAX, SERVING, writtenOut } from "./written-out.ts";

/** An audit log of a million rows: they are chained, listed, proved and written out. */
const ROWS = Number(process.env.AGENTGATE_TEST_AUDIT_ROWS ?? 1_000_000);
const PAGE = 10_000;
/**
 * Organizations, of a thousand, whose rows are written out before anything is measured: until V8, which lets a young process's heap grow, has once
 * looked what of it lives.
 */
const WARM_UP = 50;
const STATEMENT_MS_MAX = 100;

/** Rows as of one organization in a thousand, each with what a change has. */
const rowsFrom = (from: number, to: number, isPostgres: boolean) => {
  const series = isPostgres
    ? `select cast(n as bigint) as n from generate_series(${from}, ${to}) as s(n)`
    : `with recursive s(n) as (select ${from} union all select n + 1 from s where n < ${to}) select n from s`;
  const hex = isPostgres ? "lpad(to_hex(n), 12, '0')" : "printf('%012x', n)";
  return `
    insert into audit_log (id, at, action, actor_kind, actor_org, key_id, key_name, org_id, target_kind, target_id,
      target_name, changes, request_id, address)
    select '019a0000-0000-7000-8000-' || ${hex}, 1763000000000000 + n, 'agent.changed', 'org', 'org ' || (n % 1000), null, null,
      'org ' || (n % 1000), 'agent', 'agent ' || (n % 10000), 'an agent',
      '[{"field":"description","before":"what it was before this change","after":"what it has been since then"}]',
      'request ' || n, '192.0.2.1' from (${series}) as numbers order by n`;
};

describe.each(testEngines())("a large audit log on %s", (engine) => {
  let database: Awaited<ReturnType<typeof createDatabase>>;
  let node: ServedNode;
  const headers = { authorization: `Bearer ${ADMIN_KEY}` };
  const took = new Map<string, number[]>();
  beforeAll(async () => {
    database = await createDatabase(engine);
    const storage = await openStorage({ ...database.location, clock: systemClock, log: silentLog });
    for (let from = 1; from <= ROWS; from += PAGE)
      await sql.raw(rowsFrom(from, Math.min(ROWS, from + PAGE - 1), engine === "postgres")).execute(storage.db);
    if (engine === "postgres") await sql.raw("analyze audit_log").execute(storage.db);
    await storage.close();
    node = await serve();
  });
  afterAll(async () => {
    await stop();
    await database?.remove();
  });

  /** In a process of its own, as it is served: what is measured is it alone. */
  function serve(): Promise<ServedNode> {
    const { dataDirectory, databaseUrl } = database.location;
    return serveNode(
      {
        AGENTGATE_API_KEY: ADMIN_KEY,
        AGENTGATE_DATA_DIR: dataDirectory,
        AGENTGATE_AUDIT_DAYS: "0",
        ...(databaseUrl && { DATABASE_URL: databaseUrl }),
      },
      SERVING,
    );
  }
  async function stop(): Promise<void> {
    node?.child.kill("SIGTERM");
    await node?.exited;
  }

  test("is chained, and proved, by statements that are quick", async () => {
    const storage = await openStorage({
      ...database.location,
      clock: systemClock,
      log: silentLog,
      onStatement: ({ sql, ms }) => void took.set(sql, [...(took.get(sql) ?? []), ms]),
    });
    const machine: number[] = [];
    let isOver = false;
    const beside = (async () => {
      while (!isOver) {
        const from = performance.now();
        await storage.ping();
        machine.push(performance.now() - from);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    })();
    const from = performance.now();
    const waiting = () => storage.db.selectFrom("audit_pending").select("id").limit(1).executeTakeFirst();
    while (await waiting()) await new Promise((resolve) => setTimeout(resolve, 200));
    const linkedMs = performance.now() - from;
    const begun = performance.now();
    const report = await new AuditVerification(storage).run();
    console.log(
      `${engine}: ${ROWS} rows chained in ${seconds(linkedMs)}, proved in ${seconds(performance.now() - begun)}`,
    );
    isOver = true;
    await beside;
    await storage.close();
    expect(report).toMatchObject({ ok: true, rows: ROWS });
    // All but the few that waited for a processor; and what the machine adds is what it adds to a statement that does nothing.
    const machineMs = percentile(machine, 0.95);
    const slow = [...took].map(([sql, all]) => ({ sql: sql.slice(0, 200), ms: percentile(all, 0.95) - machineMs }));
    console.log(`${engine}: of statements that take longest, p95`, slow.toSorted((a, b) => b.ms - a.ms).slice(0, 2), {
      machineMs,
    });
    expect(slow.filter(({ ms }) => ms > STATEMENT_MS_MAX)).toEqual([]);
  });

  test("answers pages of any filter", async () => {
    const slowest: Record<string, number> = {};
    for (const query of [
      "",
      "org_id=org 7",
      "target=agent 77",
      "actor=org 7",
      "action=nothing.",
      "request_id=request 5",
      "to=2020-01-01T00:00:00Z",
    ]) {
      const begun = performance.now();
      const response = await fetch(`${node.url}/audit?limit=100&${query}`, { headers });
      await response.arrayBuffer();
      expect(response.status).toBe(200);
      slowest[query] = Math.round(performance.now() - begun);
    }
    console.log(`${engine}: pages in ms`, slowest);
  });

  test.each(["ndjson", "csv"])("is written out whole as %s while the process hardly grows", async (format) => {
    // Another one, that has done nothing else.
    await stop();
    node = await serve();
    const path = (query: string) => `/audit?format=${format}${query}`;
    const warmUp = Array.from({ length: WARM_UP }, (_, org) => path(`&org_id=org ${org}`));
    const { lines, grown } = await writtenOut(`${engine}, ${format}`, { node, warmUp, path: path("") });
    expect(lines).toBe(ROWS + (format === "csv" ? 1 : 0));
    expect(grown).toBeLessThan(GROWTH_MAX);
  });
});

const percentile = (all: readonly number[], part: number): number =>
  [...all].sort((a, b) => a - b)[Math.floor(all.length * part)]!;
const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;
