import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openLeases } from "../leases/index.ts";
import { ManualClock, silentLog, systemRandom } from "../runtime/index.ts";
import { createTestStorage, type TestStorage, testEngines } from "../storage/testing/index.ts";
import { AuditLog } from "./audit-log.ts";
import { ChainKeeper } from "./chain-keeper.ts";
import { toWireEntry } from "./entry.ts";
import { AuditVerification, byGateway, verifyAuditLines } from "./index.ts";
import { keptRows } from "./kept-rows.ts";
import { AuditReader } from "./reader.ts";

const DAY_MS = 86_400_000;
const change = (field: string) => ({
  action: "thing.changed",
  orgId: "acme",
  target: { kind: "thing", id: "t", name: "ünïcode \u2028 ok" },
  changes: [{ field, before: { b: 1.5, a: [null, true] }, after: "x" }],
});

/** A database with rows that are linked, and what is done with it. */
async function stand(engine: "sqlite" | "postgres") {
  const database = await createTestStorage(engine);
  const { storage } = database;
  const clock = new ManualClock();
  clock.advance(1_763_000_000_000 - clock.now());
  let at = BigInt(clock.now()) * 1000n;
  const log = new AuditLog({ storage, random: systemRandom, timestamps: () => ++at, wake() {} });
  const options = { storage, clock, log: silentLog };
  const keeper = new ChainKeeper({ ...options, leases: openLeases({ ...options, random: systemRandom }) });
  const write = (count: number) =>
    storage.db.transaction().execute(async (trx) => {
      for (let n = 0; n < count; n++) await log.rowIn(trx, byGateway, change(`field ${n}`));
    });
  const lines = async () => {
    const entries = [];
    for await (const rows of new AuditReader(storage).all({}, new AbortController().signal))
      entries.push(...rows.map((row) => JSON.stringify(toWireEntry(row))));
    return entries;
  };
  return {
    database,
    storage,
    clock,
    log,
    keeper,
    write,
    lines,
    verify: (noted?: { seq: number; hash: string }[]) => new AuditVerification(storage, noted).run(),
    /** As whoever may do anything to the tables. */
    async force(text: string) {
      const names = ["audit_log", "audit_seals", "audit_pending", "audit_head"];
      const triggers = await sql<{ name: string; text: string; on: string }>`${sql.raw(
        engine === "sqlite"
          ? `select name, sql as text, tbl_name as "on" from sqlite_master where type = 'trigger' and name like 'audit%'`
          : "select '' as name, '' as text, '' as \"on\" where false",
      )}`.execute(storage.db);
      if (engine === "postgres")
        for (const name of names) await sql.raw(`alter table ${name} disable trigger user`).execute(storage.db);
      for (const { name } of triggers.rows) await sql.raw(`drop trigger ${name}`).execute(storage.db);
      await sql.raw(text).execute(storage.db);
      for (const trigger of triggers.rows) await sql.raw(trigger.text).execute(storage.db);
      if (engine === "postgres")
        for (const name of names) await sql.raw(`alter table ${name} enable trigger user`).execute(storage.db);
    },
  };
}

async function* each(lines: readonly string[]) {
  yield* lines;
}

describe.each(testEngines())("the chain of the audit log on %s", (engine) => {
  let it: Awaited<ReturnType<typeof stand>>;
  let database: TestStorage;
  beforeAll(async () => {
    it = await stand(engine);
    ({ database } = it);
    await it.write(300);
    expect(await it.keeper.link()).toBe(300);
    expect(await it.keeper.link()).toBe(0);
  });
  afterAll(() => database.remove());

  const idAt = async (seq: number) =>
    (
      await it.storage.db
        .selectFrom("audit_seals")
        .select("id")
        .where("seq", "=", BigInt(seq))
        .executeTakeFirstOrThrow()
    ).id;
  const problemsAfter = async (text: string, undo: string) => {
    await it.force(text);
    const { ok, problems } = await it.verify();
    await it.force(undo);
    expect(ok).toBe(false);
    return problems;
  };

  test("holds every row once, in order, and proves it from the database and from what is written out", async () => {
    await it.write(2);
    const report = await it.verify();
    expect(report).toMatchObject({ ok: true, rows: 300, waiting: 2, anchor: { seq: 0, hash: "" }, problems: [] });
    expect(await verifyAuditLines(each(await it.lines()))).toEqual({ ...report, waiting: 2 });
    await it.keeper.link();
    expect(await it.verify()).toMatchObject({ ok: true, rows: 302, waiting: 0 });
    expect((await it.verify([report.head])).ok).toBe(true);
    expect((await it.verify([{ seq: 300, hash: "0".repeat(64) }])).problems).toMatchObject([{ seq: 300 }]);
    expect((await it.verify([{ seq: 303, hash: "" }])).problems[0]!.message).toContain("cut off");
  });

  test("two that link at once link each row once", async () => {
    await it.write(20);
    const counts = await Promise.all([it.keeper.link(), it.keeper.link(), it.keeper.link()]);
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(20);
    expect(await it.verify()).toMatchObject({ ok: true, waiting: 0, head: { seq: 322 } });
  });

  test("a flipped byte is named", async () => {
    const id = await idAt(150);
    const turn = (from: string, to: string) =>
      `update audit_log set changes = replace(changes, '"${from}"', '"${to}"') where id = '${id}'`;
    const [problem, ...others] = await problemsAfter(turn("x", "y"), turn("y", "x"));
    expect(problem).toEqual({ seq: 150, id, message: "the row was changed" });
    expect(others).toEqual([]);
    const hash = `update audit_seals set hash = substr(hash, 2) || substr(hash, 1, 1) where seq = 10`;
    const back = `update audit_seals set hash = substr(hash, 64) || substr(hash, 1, 63) where seq = 10`;
    expect((await problemsAfter(hash, back)).map(({ seq }) => seq)).toEqual([10, 11]);
  });

  test("rows that are missing, in another place, or were never to be linked are named", async () => {
    const id = await idAt(7);
    const away = `create table away as select * from audit_log where id = '${id}'`;
    await it.force(away);
    const back = "insert into audit_log select * from away";
    expect(await problemsAfter(`delete from audit_log where id = '${id}'`, back)).toEqual([
      { seq: 7, id, message: "the row is missing" },
    ]);
    const swapped = `update audit_seals set seq = case seq when 20 then -20 when 21 then 20 end where seq in (20, 21)`;
    const moved = `update audit_seals set seq = 21 where seq = -20`;
    await it.force(swapped);
    const places = await problemsAfter(moved, "update audit_seals set seq = -20 where seq = 21");
    expect(places.map(({ seq }) => seq)).toEqual([20, 21, 22]);
    await it.force("update audit_seals set seq = 21 where seq = 20");
    await it.force("update audit_seals set seq = 20 where seq = -20");
    expect((await it.verify()).ok).toBe(true);
    const hidden = `insert into audit_log select replace(id, '-7', '-7') || '0', at, action, actor_kind, actor_org, key_id,
      key_name, org_id, target_kind, target_id, target_name, changes, request_id, address from away`;
    const unlinked = await problemsAfter(hidden, `delete from audit_log where id = '${id}0'`);
    expect(unlinked).toEqual([{ seq: null, id: `${id}0`, message: "the row has no link, and waits for none" }]);
    expect((await it.verify()).ok).toBe(true);
  });

  test("lines that were changed, left out, doubled or cut in are named", async () => {
    const lines = await it.lines();
    const check = (changed: readonly string[], isPart = false) => verifyAuditLines(each(changed), { isPart });
    const [second, fifth] = [JSON.parse(lines[1]!), JSON.parse(lines[4]!)];
    const flipped = lines.with(1, lines[1]!.replace('"x"', '"y"'));
    expect((await check(flipped)).problems).toEqual([
      { seq: 2, id: second.id, message: "the row was changed, or its link" },
    ]);
    const without = lines.toSpliced(4, 1);
    expect((await check(without)).problems).toEqual([{ seq: 5, id: null, message: "row 5 is missing" }]);
    expect((await check(without, true)).ok).toBe(true);
    expect((await check([...lines, lines[4]!])).problems.length).toBeGreaterThan(0);
    expect((await check(lines.with(0, "{}"))).problems[0]!.message).toBe(
      "line 1 is no entry of the audit log as the admin sees it",
    );
    expect((await check([lines[1]!, lines[0]!, ...lines.slice(2)])).ok).toBe(true);
    const forged = { ...fifth, chain: { ...fifth.chain, prev: "0".repeat(64) } };
    expect((await check(lines.with(4, JSON.stringify(forged)))).ok).toBe(false);
  });

  test("what is older than is kept is forgotten, and the chain goes on from there", async () => {
    const { clock, storage } = it;
    const before = (await it.verify()).head;
    clock.advance(3 * DAY_MS);
    await it.write(5);
    await it.keeper.link();
    const kept = keptRows(storage, it.log, 1);
    const seen = [];
    for await (const oldest of kept.forget(clock.now() - DAY_MS)) seen.push(oldest);
    expect(seen[0]).toBe(clock.now() - 3 * DAY_MS);
    await it.keeper.link();
    const report = await it.verify();
    expect(report).toMatchObject({ ok: true, rows: 6, anchor: before, waiting: 0 });
    const lines = await it.lines();
    expect(lines).toHaveLength(6);
    expect(JSON.parse(lines.at(-1)!)).toMatchObject({
      action: "audit.forgotten",
      actor: { kind: "gateway" },
      changes: [{ field: "anchor", before: { seq: 0, hash: "" }, after: before }],
    });
    expect(await verifyAuditLines(each(lines))).toMatchObject({ ok: true, anchor: before, head: report.head });
    for await (const _ of kept.forget(clock.now() - DAY_MS));
    expect((await it.verify()).rows).toBe(6);
  });
});
