import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createTestStorage, type TestStorage, testEngines } from "../storage/testing/index.ts";
import { byGateway } from "./index.ts";
import { auditLogIn } from "./testing/index.ts";

const change = (field: string) => ({
  action: "thing.changed",
  orgId: "acme",
  target: { kind: "thing", id: "t" },
  changes: [{ field, before: null, after: "x" }],
});

describe.each(testEngines())("the tables of the audit log on %s", (engine) => {
  let database: TestStorage;
  beforeAll(async () => {
    database = await createTestStorage(engine);
    const log = auditLogIn(database.storage);
    await database.storage.db.transaction().execute(async (trx) => {
      for (const field of ["a", "b", "c"]) await log.rowIn(trx, byGateway, change(field));
    });
  });
  afterAll(() => database.remove());

  const run = (text: string) => sql.raw(text).execute(database.storage.db);
  const seal = (seq: number) => `
    insert into audit_seals (seq, id, digest, hash, sealed_at)
    select ${seq}, id, 'd', 'h${seq}', 0 from audit_pending order by id limit 1`;
  const unpend = "delete from audit_pending where id in (select id from audit_seals)";

  test("a change that changes nothing leaves no row, and what goes wrong afterwards takes the row with it", async () => {
    const { storage } = database;
    const log = auditLogIn(storage);
    const failed = storage.db.transaction().execute(async (trx) => {
      await log.rowIn(trx, byGateway, { ...change("d"), changes: [] });
      expect(log.statementsFor(byGateway, { ...change("d"), changes: [] })).toEqual([]);
      await log.rowIn(trx, byGateway, change("e"));
      throw new Error("afterwards");
    });
    await expect(failed).rejects.toThrow("afterwards");
    expect(await storage.db.selectFrom("audit_log").selectAll().execute()).toHaveLength(3);
    expect(await storage.db.selectFrom("audit_pending").selectAll().execute()).toHaveLength(3);
  });

  test("are only added to: rows, what waits, seals and the head", async () => {
    const refused: [string, string][] = [
      ["update audit_log set actor_kind = 'org'", "rows of the audit log do not change"],
      ["delete from audit_log", "rows of the audit log are not deleted"],
      ["update audit_pending set id = 'x'", "what waits to be sealed waits"],
      ["delete from audit_pending", "what waits to be sealed waits"],
      ["delete from audit_head", "the head of the audit log stays"],
      ["update audit_head set seq = 1, hash = 'h1'", "the head of the audit log only moves on, to what is sealed"],
      ["update audit_head set anchor_seq = 1", "the head of the audit log only moves on, to what is sealed"],
    ];
    if (engine === "postgres")
      for (const table of ["audit_log", "audit_seals", "audit_pending", "audit_head"])
        refused.push([`truncate ${table}`, "the audit log is not emptied"]);
    for (const [text, says] of refused) await expect(run(text), text).rejects.toThrow(says);
    await run(seal(1));
    await run("update audit_head set seq = 1, hash = 'h1'");
    await run(unpend);
    const later: [string, string][] = [
      ["update audit_seals set hash = 'x'", "seals do not change"],
      ["delete from audit_seals", "seals are not deleted"],
      [seal(1), "seals come behind the head"],
      ["update audit_head set hash = 'x'", "the head of the audit log only moves on, to what is sealed"],
      ["update audit_head set seq = 0, hash = ''", "the head of the audit log only moves on, to what is sealed"],
      ["delete from audit_log where id in (select id from audit_seals)", "rows of the audit log are not deleted"],
    ];
    for (const [text, says] of later) await expect(run(text), text).rejects.toThrow(says);
  });

  test("what is behind the anchor may go, and nothing else", async () => {
    await run(seal(2));
    await run("update audit_head set seq = 2, hash = 'h2', anchor_seq = 1, anchor_hash = 'h1'");
    await run("delete from audit_log where id = (select id from audit_seals where seq = 1)");
    await run("delete from audit_seals where seq = 1");
    await expect(run("delete from audit_log")).rejects.toThrow("are not deleted");
    await expect(run("delete from audit_seals")).rejects.toThrow("are not deleted");
    expect(await database.storage.db.selectFrom("audit_log").select("id").execute()).toHaveLength(2);
    await expect(run("update audit_head set anchor_seq = 0, anchor_hash = ''")).rejects.toThrow("only moves on");
  });
});
