import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ManualClock } from "../runtime/index.ts";
import type { EngineName } from "./engine.ts";
import { countWhere, isTransient, isUniqueViolation, type Storage, StorageClosedError, sumOf } from "./index.ts";
import { createTestStorage, type TestStorage } from "./testing/index.ts";

const org = (id: string, name = `org ${id}`) => ({
  id,
  name,
  cost_per_invocation: 1_000n,
  billing_alert_threshold: null,
  rate_limit: 2.5,
  rate_burst: 20n,
  tier: "free",
  created_at: 1_795_291_200_000_000n,
  updated_at: 1_795_291_200_000_000n,
});

/** What every engine must do alike. */
export function storageSuite(engine: EngineName): void {
  describe(`storage on ${engine}`, () => {
    let fixture: TestStorage;
    let storage: Storage;
    beforeAll(async () => {
      fixture = await createTestStorage(engine);
      storage = fixture.storage;
    });
    afterAll(() => fixture?.remove());

    const insertOrg = (id: string, name?: string) => storage.db.insertInto("orgs").values(org(id, name)).compile();
    const orgCount = async (prefix: string) => {
      const query = storage.db.selectFrom("orgs").where("id", "like", `${prefix}%`);
      return (await query.select((eb) => eb.fn.countAll<bigint>().as("count")).executeTakeFirstOrThrow()).count;
    };

    test("a row comes back as it went in: bigint as bigint, double as number, null as null", async () => {
      const row = { ...org("types"), cost_per_invocation: 9_007_199_254_740_993n, rate_limit: 3 };
      await storage.db.insertInto("orgs").values(row).execute();
      const read = await storage.db.selectFrom("orgs").selectAll().where("id", "=", "types").executeTakeFirst();
      expect(read).toMatchObject(row);
    });

    test("counts and sums are bigint, also on an empty set", async () => {
      await storage.batch([insertOrg("sum-1"), insertOrg("sum-2")]);
      const query = (prefix: string) =>
        storage.db
          .selectFrom("orgs")
          .where("id", "like", `${prefix}%`)
          .select((eb) => [
            eb.fn.countAll<bigint>().as("count"),
            sumOf(eb.ref("rate_burst")).as("sum"),
            countWhere(eb("tier", "=", "free")).as("free"),
          ])
          .executeTakeFirstOrThrow();
      expect(await query("sum-")).toEqual({ count: 2n, sum: 40n, free: 2n });
      expect(await query("nobody")).toEqual({ count: 0n, sum: 0n, free: 0n });
    });

    test("affected rows are counted", async () => {
      await storage.batch([insertOrg("affected-1"), insertOrg("affected-2")]);
      const update = storage.db.updateTable("orgs").set({ tier: "pro" }).where("id", "like", "affected-%");
      expect((await update.executeTakeFirstOrThrow()).numUpdatedRows).toBe(2n);
      const [results] = await storage.batch([update.compile()]);
      expect(results?.affected).toBe(2n);
    });

    test("a batch happens whole or not at all", async () => {
      const results = await storage.batch([
        insertOrg("batch-1"),
        insertOrg("batch-2"),
        storage.db.selectFrom("orgs").select("id").where("id", "like", "batch-%").orderBy("id").compile(),
      ]);
      expect(results.map(({ rows, affected }) => ({ rows, affected }))).toEqual([
        { rows: [], affected: 1n },
        { rows: [], affected: 1n },
        { rows: [{ id: "batch-1" }, { id: "batch-2" }], affected: 2n },
      ]);
      await expect(storage.batch([insertOrg("batch-3"), insertOrg("batch-1", "other name")])).rejects.toSatisfy(
        isUniqueViolation,
      );
      expect(await orgCount("batch-")).toBe(2n);
    });

    test("a unique violation names its column", async () => {
      await storage.batch([insertOrg("unique-1", "taken")]);
      const error = await insertFails(storage, org("unique-2", "taken"));
      expect(isUniqueViolation(error)).toBe(true);
      expect(isUniqueViolation(error, "orgs.name")).toBe(true);
      expect(isUniqueViolation(error, "orgs.id")).toBe(false);
      const orphan = { hash: "h", org_id: "no such org", role: "primary" as const, created_at: 0n };
      const foreign = await storage.db
        .insertInto("org_keys")
        .values(orphan)
        .execute()
        .then(String, (e: unknown) => e);
      expect(foreign).toBeInstanceOf(Error);
      expect(isUniqueViolation(foreign)).toBe(false);
      expect(isUniqueViolation(new Error("UNIQUE constraint failed: orgs.name"))).toBe(false);
    });

    test("deleting an org takes its keys along and leaves its agents without an owner", async () => {
      const { db } = storage;
      const agent = {
        ...{
          id: "a",
          name: "n",
          description: "",
          url: "http://a",
          version: "1",
          skills: "[]",
          tags: "[]",
          tags_text: "",
        },
        ...{ version_key: "", skills_text: "", search_text: "" },
        ...{ webhook_url: null, price_per_task: 0n, org_id: "owner", key_hash: null, deployed: 0n, timeout_ms: null },
        ...{ created_at: 0n, updated_at: 0n },
      };
      await storage.batch([
        insertOrg("owner"),
        db.insertInto("org_keys").values({ hash: "k", org_id: "owner", role: "primary", created_at: 0n }).compile(),
        db.insertInto("agents").values(agent).compile(),
        db.insertInto("agent_tags").values({ agent_id: "a", tag: "X", tag_key: "x" }).compile(),
      ]);
      await db.deleteFrom("orgs").where("id", "=", "owner").execute();
      expect(await db.selectFrom("org_keys").selectAll().execute()).toEqual([]);
      expect(await db.selectFrom("agents").select("org_id").execute()).toEqual([{ org_id: null }]);
      await db.deleteFrom("agents").execute();
      expect(await db.selectFrom("agent_tags").selectAll().execute()).toEqual([]);
    });

    test("a transaction that throws leaves nothing, and others do not slip into it", async () => {
      const failed = storage.db.transaction().execute(async (trx) => {
        await trx.insertInto("orgs").values(org("trx-1")).execute();
        const outside = storage.batch([insertOrg("trx-2")]);
        if (engine === "postgres") await outside;
        throw new Error("no");
      });
      await expect(failed).rejects.toThrow("no");
      await storage.ping();
      const rows = await storage.db.selectFrom("orgs").select("id").where("id", "like", "trx-%").execute();
      expect(rows).toEqual([{ id: "trx-2" }]);
    });

    test("transact reads, decides and writes in one transaction", async () => {
      await storage.batch([insertOrg("counter")]);
      const lock = storage.engine === "postgres" ? " for update" : "";
      const read = { sql: `select rate_burst from orgs where id = 'counter'${lock}`, parameters: [] };
      const increment = () =>
        storage.transact([read], ([result]) => {
          const value = (result!.rows[0].rate_burst as bigint) + 1n;
          const write = storage.db.updateTable("orgs").set({ rate_burst: value }).where("id", "=", "counter");
          return { writes: [write.compile()], value };
        });
      const values = await Promise.all(Array.from({ length: 25 }, increment));
      expect(new Set(values).size).toBe(25);
      expect((await storage.batch([read]))[0]?.rows).toEqual([{ rate_burst: 45n }]);
    });

    test("a decision that throws, or writes that fail, leave nothing and block nobody", async () => {
      const refuse = storage.transact([insertOrg("decide-1")], () => {
        throw new Error("refused");
      });
      await expect(refuse).rejects.toThrow("refused");
      const twice = storage.transact([insertOrg("decide-1")], () => ({ writes: [insertOrg("decide-1")], value: 0 }));
      await expect(twice).rejects.toSatisfy(isUniqueViolation);
      const wrong = storage.transact([{ sql: "select nonsense", parameters: [] }], () => ({ writes: [], value: 0 }));
      await expect(wrong).rejects.toThrow(/nonsense/);
      expect(await orgCount("decide-")).toBe(0n);
      await storage.batch([insertOrg("decide-2")]);
    });

    test("a parameter that the engines would store differently is refused", async () => {
      for (const value of [true, undefined, Number.NaN, new Date(), {}]) {
        const statement = { sql: "select 1", parameters: [value] };
        await expect(storage.batch([statement])).rejects.toThrow(TypeError);
      }
    });

    test("opening again, also by several nodes, changes nothing", async () => {
      const before = await storage.db.introspection.getTables();
      const others = await Promise.all([fixture.open(), fixture.open()]);
      expect(await others[0]!.db.introspection.getTables()).toEqual(before);
      await Promise.all(others.map((other) => other.ping()));
    });

    test("a change is told at once here and by the next poll elsewhere, once", async () => {
      const clock = new ManualClock();
      const other = await fixture.open({ clock });
      const told: string[] = [];
      storage.changes.subscribe("keys", () => told.push("here"));
      other.changes.subscribe("keys", () => told.push("there"));
      other.changes.subscribe("agents", () => told.push("agents"));
      await storage.changes.change("keys", async (trx) => trx.insertInto("orgs").values(org("fed")).execute());
      expect(told).toEqual(["here"]);
      clock.advance(500);
      await expect.poll(() => told).toEqual(["here", "there"]);
      await storage.changes.change("agents", async () => {});
      clock.advance(500);
      await expect.poll(() => told).toEqual(["here", "there", "agents"]);
    });

    test("a change that fails is not told, and a listener that fails keeps nobody from hearing", async () => {
      const told: string[] = [];
      const end = storage.changes.subscribe("settings", () => {
        told.push("first");
        throw new Error("listener");
      });
      storage.changes.subscribe("settings", () => told.push("second"));
      const failed = storage.changes.change("settings", async () => {
        throw new Error("no");
      });
      await expect(failed).rejects.toThrow("no");
      expect(told).toEqual([]);
      await storage.changes.change("settings", async () => {});
      expect(told).toEqual(["first", "second"]);
      end();
      await storage.changes.change("settings", async () => {});
      expect(told).toEqual(["first", "second", "second"]);
    });

    test("after close, statements are refused", async () => {
      const other = await fixture.open();
      await other.close();
      await expect(other.ping()).rejects.toThrow();
      // Whoever tries again while it may help, ends here.
      const closed = expect.toSatisfy((error) => error instanceof StorageClosedError && !isTransient(error));
      await expect(other.batch([{ sql: "select 1", parameters: [] }])).rejects.toEqual(closed);
      await expect(other.transact([], () => ({ writes: [], value: 0 }))).rejects.toEqual(closed);
      await storage.ping();
    });
  });
}

const insertFails = (storage: Storage, row: ReturnType<typeof org>) =>
  storage.db
    .insertInto("orgs")
    .values(row)
    .execute()
    .then(
      () => undefined,
      (error: unknown) => error,
    );
