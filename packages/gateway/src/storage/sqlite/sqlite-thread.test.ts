import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { temporaryDirectory } from "@agentgate/testing";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { StorageClosedError, StorageOverloadedError } from "../errors.ts";
import { SqliteThread } from "./sqlite-thread.ts";

const statement = (sql: string) => ({ sql, parameters: [] });
let directory: ReturnType<typeof temporaryDirectory>;
let thread: SqliteThread;

beforeEach(async () => {
  directory = temporaryDirectory("sqlite");
  const file = join(directory.path, "test.db");
  thread = await SqliteThread.open({ file, busyTimeoutMs: 1000, statementsMax: 4, queueMax: 8 });
});
afterEach(async () => {
  await thread.close();
  directory.remove();
});

test("every commit is durable and foreign keys are kept", async () => {
  const pragmas = ["journal_mode", "synchronous", "foreign_keys"];
  const results = await thread.run(
    {},
    pragmas.map((name) => statement(`pragma ${name}`)),
  );
  expect(results.map(({ rows }) => Object.values(rows[0]!)[0])).toEqual(["wal", 2n, 1n]);
});

test("while a transaction is open, others wait up to the bound, then are refused", async () => {
  const holder = {};
  await thread.run(holder, [statement("create table t (x bigint)")], { begin: true });
  const waiting = Array.from({ length: 8 }, () => thread.run({}, [statement("select count(*) as n from t")]));
  await expect(thread.run({}, [statement("select 1")])).rejects.toThrow(StorageOverloadedError);
  await thread.run(holder, [statement("insert into t values (1)")]);
  await thread.run(holder, [], { end: "commit" });
  const counts = (await Promise.all(waiting)).map(([result]) => result!.rows[0].n);
  expect(counts).toEqual(Array(8).fill(1n));
});

test("transactions of different sessions run one after the other", async () => {
  await thread.run({}, [statement("create table t (x bigint)")]);
  const transaction = async (x: number) => {
    const session = {};
    const [result] = await thread.run(session, [statement("select count(*) as n from t")], { begin: true });
    await thread.run(session, [statement(`insert into t values (${x})`)]);
    await thread.run(session, [], { end: x === 1 ? "rollback" : "commit" });
    return result!.rows[0].n as bigint;
  };
  expect(await Promise.all([0, 1, 2].map(transaction))).toEqual([0n, 1n, 1n]);
});

test("its turn comes between the transactions of a process that writes all the time", async () => {
  await thread.run({}, [statement("create table t (x bigint)")]);
  // Another connection, which lets go for a moment at a time, and counts its turns.
  const other = `
    const { DatabaseSync } = require("node:sqlite");
    const { workerData: { file, turns } } = require("node:worker_threads");
    const database = new DatabaseSync(file, { timeout: 60_000 });
    const sleep = (ms) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
    for (;;) {
      database.exec("begin immediate; insert into t values (0)");
      Atomics.add(turns, 0, 1);
      sleep(150);
      database.exec("commit");
      sleep(3);
    }`;
  const turns = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(other, { eval: true, workerData: { file: join(directory.path, "test.db"), turns } });
  const patient = await SqliteThread.open({
    ...{ file: join(directory.path, "test.db"), busyTimeoutMs: 60_000, statementsMax: 4, queueMax: 8 },
  });
  try {
    await expect.poll(() => turns[0]).toBeGreaterThan(0);
    const before = turns[0]!;
    for (let n = 1; n <= 5; n++)
      await patient.run({}, [statement(`insert into t values (${n})`)], { begin: true, end: "commit" });
    // One each, and some that a busy machine slept through: of SQLite's own waiting it would be thirty each.
    expect(turns[0]! - before).toBeLessThan(50);
  } finally {
    await worker.terminate();
    await patient.close();
  }
});

describe("questions that take long", () => {
  const long = (n: number) =>
    statement(
      `with recursive c(x) as (select 1 union all select x + 1 from c where x < 60000) select max(x) + ${n} as n from c`,
    );
  const ended: string[] = [];
  const told = (name: string, work: Promise<unknown>) => work.finally(() => ended.push(name));
  beforeEach(() => {
    ended.length = 0;
  });

  test("go one at a time: a change waits for one of them at most, a quick question that is known too", async () => {
    await thread.run({}, [statement("create table t (x bigint)")]);
    await thread.run({}, [statement("select count(*) from t")]);
    const questions = [0, 1, 2, 3].map((n) => told(`long ${n}`, thread.run({}, [long(n)])));
    const change = told(
      "change",
      thread.run({}, [statement("insert into t values (1)")], { begin: true, end: "commit" }),
    );
    const quick = told("quick", thread.run({}, [statement("select count(*) from t")]));
    await Promise.all([...questions, change, quick]);
    expect(ended).toEqual(["long 0", "change", "quick", "long 1", "long 2", "long 3"]);
  });

  test("wait while a transaction is open, but for its own", async () => {
    const holder = {};
    await thread.run(holder, [], { begin: true });
    const outside = [0, 1].map((n) => told(`outside ${n}`, thread.run({}, [long(n)])));
    await told("inside", thread.run(holder, [long(2)]));
    await told("end", thread.run(holder, [], { end: "commit" }));
    await Promise.all(outside);
    expect(ended).toEqual(["inside", "end", "outside 0", "outside 1"]);
  });

  test("are refused when too many wait, and answered with closed when it closes", async () => {
    const file = join(directory.path, "other.db");
    const other = await SqliteThread.open({ file, busyTimeoutMs: 1, statementsMax: 4, queueMax: 100, slowMax: 2 });
    const taken = [0, 1, 2].map((n) => other.run({}, [long(n)]));
    await expect(other.run({}, [long(3)])).rejects.toThrow(StorageOverloadedError);
    const settled = Promise.allSettled(taken);
    await other.close();
    expect((await settled).map(({ status }) => status)).toEqual(["fulfilled", "rejected", "rejected"]);
  });
});

test("what waits is bounded in size", async () => {
  const file = join(directory.path, "other.db");
  const other = await SqliteThread.open({ file, busyTimeoutMs: 1, statementsMax: 4, queueMax: 100, sizeMax: 1_000 });
  const select = (length: number) => other.run({}, [{ sql: "select ? as n", parameters: ["x".repeat(length)] }]);
  const taken = select(600);
  await expect(select(600)).rejects.toThrow(StorageOverloadedError);
  await taken;
  await select(600);
  await other.close();
});

test("more texts than the statement cache holds still work, in any order", async () => {
  for (let round = 0; round < 3; round++) {
    for (let n = 0; n < 10; n++) {
      const [result] = await thread.run({}, [statement(`select ${n} as n`)]);
      expect(result!.rows).toEqual([{ n: BigInt(n) }]);
    }
  }
});

test("an error names the statement, and a request that was a transaction leaves none open", async () => {
  await expect(thread.run({}, [statement("select missing")], { begin: true })).rejects.toThrow(
    /no such column: missing in: select missing/,
  );
  await thread.run({}, [statement("select 1")], { begin: true, end: "commit" });
});

test("after close, and for those still waiting at that time, it is closed", async () => {
  await thread.run({}, [], { begin: true });
  const waiting = thread.run({}, [statement("select 1")]);
  const refused = expect(waiting).rejects.toThrow(StorageClosedError);
  await thread.close();
  await refused;
  await expect(thread.run({}, [])).rejects.toThrow(StorageClosedError);
});

test("a file that cannot be opened is an error with the file's name", async () => {
  const file = join(directory.path, "missing", "test.db");
  await expect(SqliteThread.open({ file, busyTimeoutMs: 10, statementsMax: 1, queueMax: 1 })).rejects.toThrow(file);
});
