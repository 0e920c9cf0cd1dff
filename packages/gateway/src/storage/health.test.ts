import { afterEach, describe, expect, test, vi } from "vitest";
import { ManualClock, silentLog } from "../runtime/index.ts";
import { SqliteError, StorageAwayError, troubleOf } from "./errors.ts";
import { StorageHealth } from "./health.ts";
import { createTestStorage, type TestStorage, testEngines } from "./testing/index.ts";

const full = () => new SqliteError("database or disk is full", 13, undefined);

function setUp() {
  const clock = new ManualClock();
  const error = vi.fn();
  const warn = vi.fn();
  const written: number[] = [];
  let wrong: unknown;
  const health = new StorageHealth({
    engine: {
      name: "sqlite",
      async batch([statement]) {
        written.push((statement!.parameters[0] as string).length);
        if (wrong) throw wrong;
        return [];
      },
    },
    clock,
    log: { ...silentLog, error, warn },
  });
  return { clock, health, written, error, warn, goWrong: (reason: unknown) => (wrong = reason) };
}

test("however often it is asked, little is written, and seldom", async () => {
  const { clock, health, written } = setUp();
  await Promise.all(Array.from({ length: 100 }, () => health.check()));
  clock.advance(4_999);
  await health.check();
  expect(written).toEqual([1]);
  clock.advance(1);
  await health.check();
  expect(written).toEqual([1, 1]);
});

test("after a statement found no room, a little that fits is no proof", async () => {
  const { clock, health, written, error } = setUp();
  await health.check();
  for (let n = 0; n < 10; n++) health.failed(full());
  expect(error).toHaveBeenCalledTimes(1);
  clock.advance(1_000);
  await health.check();
  expect(written[1]).toBeGreaterThanOrEqual(262_144);
  clock.advance(5_000);
  await health.check();
  expect(written[2]).toBe(1);
});

test("what is wrong is told until it is over, and looked at once a second", async () => {
  const { clock, health, written, goWrong } = setUp();
  goWrong(new StorageAwayError("gone"));
  for (let n = 0; n < 5; n++) await expect(health.check()).rejects.toThrow("gone");
  expect(written).toHaveLength(1);
  goWrong(undefined);
  clock.advance(999);
  await expect(health.check()).rejects.toThrow("gone");
  clock.advance(1);
  await health.check();
});

test("when it is over, the log says so, although nobody asked", async () => {
  const { clock, health, written, warn, goWrong } = setUp();
  goWrong(new StorageAwayError("gone"));
  health.failed(new StorageAwayError("gone"));
  const pass = async (ms: number) => {
    clock.advance(ms);
    // What was asked of the database is answered.
    await new Promise((resolve) => setImmediate(resolve));
  };
  for (let n = 0; n < 10; n++) await pass(5_000);
  expect(written).toHaveLength(10);
  expect(warn).not.toHaveBeenCalled();
  goWrong(undefined);
  await pass(5_000);
  expect(warn.mock.calls).toEqual([[{ trouble: "away" }, "the database does its work again"]]);
  await pass(60_000);
  expect(written).toHaveLength(11);
});

test("a damaged file stays damaged; others' faults are none", async () => {
  const { clock, health } = setUp();
  health.failed(new Error("no such column"));
  health.failed(new SqliteError("UNIQUE constraint failed", 2067, undefined));
  await health.check();
  health.failed(new SqliteError("database disk image is malformed", 11, undefined));
  health.failed(full());
  clock.advance(60_000);
  await expect(health.check()).rejects.toThrow("malformed");
});

describe.each(testEngines())("on %s", (engine) => {
  let fixture: TestStorage | undefined;
  afterEach(() => fixture?.remove());

  test("a database that takes no writes says why, and is well again by itself", async () => {
    const clock = new ManualClock();
    fixture = await createTestStorage(engine, { clock });
    const { storage } = fixture;
    await storage.check();
    const insert = (name: string) =>
      storage.db
        .insertInto("settings")
        .values({ name, value: "x".repeat(100_000) })
        .execute();
    const setReadOnly = async (value: string) => {
      const set = `do $$ begin execute 'alter database ' || current_database() || ' set default_transaction_read_only = ${value}'; end $$`;
      await storage.batch(["set transaction read write", set].map((sql) => ({ sql, parameters: [] })));
      await endConnections(storage);
    };
    const setPages = (max: number) => storage.batch([{ sql: `pragma max_page_count = ${max}`, parameters: [] }]);
    await (engine === "sqlite" ? setPages(1) : setReadOnly("on"));
    const error = await insert("a").catch((reason) => reason);
    expect(troubleOf(error)).toBe(engine === "sqlite" ? "full" : "read_only");
    await expect(storage.check()).rejects.toThrow();
    await (engine === "sqlite" ? setPages(1_000_000) : setReadOnly("off"));
    clock.advance(1_000);
    await storage.check();
    await insert("a");
  });
});

async function endConnections(storage: TestStorage["storage"]): Promise<void> {
  const others = "from pg_stat_activity where datname = current_database() and application_name = 'agentgate'";
  const sql = `select pg_terminate_backend(pid) ${others} and pid <> pg_backend_pid()`;
  await storage.batch([{ sql, parameters: [] }]);
  await storage.batch([{ sql: "select pg_terminate_backend(pg_backend_pid())", parameters: [] }]).catch(() => {});
}
