import { describe, expect, test } from "vitest";
import {
  isStorageError,
  isTransient,
  isUnavailable,
  SqliteError,
  StorageAwayError,
  StorageClosedError,
  StorageOverloadedError,
  troubleOf,
  UnknownOutcomeError,
  unavailability,
} from "./errors.ts";

const sqlite = (errcode: number) => new SqliteError("went wrong", errcode, undefined);
const postgres = (code: string, fields: object = {}) =>
  Object.assign(new Error("went wrong"), { code, severity: "ERROR", ...fields });

describe.each([
  ["SQLITE_BUSY", sqlite(5), "busy"],
  ["SQLITE_BUSY_SNAPSHOT", sqlite(517), "busy"],
  ["SQLITE_LOCKED", sqlite(6), "busy"],
  ["SQLITE_NOMEM", sqlite(7), "overloaded"],
  ["SQLITE_READONLY", sqlite(8), "read_only"],
  ["SQLITE_READONLY_DBMOVED", sqlite(1032), "read_only"],
  ["SQLITE_IOERR_WRITE", sqlite(778), "away"],
  ["SQLITE_CORRUPT", sqlite(11), "damaged"],
  ["SQLITE_FULL", sqlite(13), "full"],
  ["SQLITE_CANTOPEN", sqlite(14), "away"],
  ["SQLITE_NOTADB", sqlite(26), "damaged"],
  ["connection_failure", postgres("08006"), "away"],
  ["read_only_sql_transaction", postgres("25006"), "read_only"],
  ["serialization_failure", postgres("40001"), "busy"],
  ["deadlock_detected", postgres("40P01"), "busy"],
  ["disk_full", postgres("53100"), "full"],
  ["out_of_memory", postgres("53200"), "overloaded"],
  ["too_many_connections", postgres("53300"), "overloaded"],
  ["lock_not_available", postgres("55P03"), "busy"],
  ["query_canceled", postgres("57014"), "busy"],
  ["a row whose place was given a partition", postgres("23514", { table: "call_log_rest" }), "busy"],
  ["admin_shutdown", postgres("57P01"), "away"],
  ["io_error", postgres("58030"), "away"],
  ["data_corrupted", postgres("XX001"), "damaged"],
  ["a connection that broke", new StorageAwayError("gone"), "away"],
  ["a full queue", new StorageOverloadedError("full"), "overloaded"],
  ["a closed database", new StorageClosedError("closed"), "away"],
  ["a lost commit", new UnknownOutcomeError("lost"), "away"],
  ["a disk that failed in a commit", new UnknownOutcomeError("lost", { cause: sqlite(778) }), "away"],
] as const)("%s", (_, error, trouble) => {
  test(`is the database's trouble: ${trouble}`, () => {
    expect(troubleOf(error)).toBe(trouble);
    expect(isUnavailable(error)).toBe(true);
    expect(isStorageError(error)).toBe(true);
    const passes = ["busy", "overloaded", "away"].includes(trouble);
    expect(isTransient(error)).toBe(passes && !(error instanceof StorageClosedError));
  });

  test("is told without what it is inside", () => {
    const { detail, retryAfterSeconds } = unavailability(error)!;
    expect(detail).toMatch(/^The gateway/);
    expect(detail).not.toMatch(/sqlite|postgres|went wrong/i);
    expect(retryAfterSeconds).toBeGreaterThan(0);
  });
});

test.each([
  ["a caller's connection that broke", Object.assign(new Error("aborted"), { code: "ECONNRESET" })],
  ["an agent that cannot be reached", Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" })],
  ["a message that speaks of connections", new Error("Connection terminated: timeout")],
  ["a full disk of somebody else", Object.assign(new Error("no space"), { code: "ENOSPC" })],
  ["a code without a server's severity", Object.assign(new Error("x"), { code: "57014" })],
  ["a violated constraint", postgres("23505")],
  ["a violated check", postgres("23514", { table: "call_log_rest", constraint: "call_log_status_check" })],
  ["a row of another day", postgres("23514", { table: "call_log_d20261201" })],
  ["a wrong statement", postgres("42601")],
  ["an SQLite constraint", sqlite(2067)],
  ["nothing", undefined],
])("%s is not the database's trouble", (_, error) => {
  expect(troubleOf(error)).toBeUndefined();
  expect(isTransient(error)).toBe(false);
  expect(unavailability(error)).toBeUndefined();
});
