import { join } from "node:path";
import { temporaryDirectory } from "@agentgate/testing";
import { afterEach, beforeEach, expect, test } from "vitest";
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
