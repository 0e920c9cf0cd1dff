// The SQLite thread: one connection, requests in order. Imports nothing but node: and types, so that it starts as it is.
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { parentPort, workerData } from "node:worker_threads";
import type { SqlValue } from "../statement.ts";
import type { SqliteReply, SqliteRequest, SqliteResult, SqliteWorkerData } from "./messages.ts";

const SQLITE_BUSY = 5;

const { file, busyTimeoutMs, statementsMax } = workerData as SqliteWorkerData;
const port = parentPort!;
const database = open();
const statements = new Map<string, { statement: StatementSync; returnsRows: boolean }>();
let running: string | undefined;

port.on("message", (request: SqliteRequest | "close") => {
  if (request === "close") {
    database.close();
    port.close();
    return;
  }
  port.postMessage(answer(request));
});
port.postMessage("open");

function open(): DatabaseSync {
  const opened = new DatabaseSync(file, {
    timeout: busyTimeoutMs,
    readBigInts: true,
    enableForeignKeyConstraints: true,
    enableDoubleQuotedStringLiterals: false,
  });
  // Switching to WAL does not wait for locks by itself, and several processes may start at once.
  const deadline = Date.now() + busyTimeoutMs;
  for (;;) {
    try {
      opened.exec("pragma journal_mode = wal");
      break;
    } catch (error) {
      const busy = ((error as { errcode?: number }).errcode ?? 0) % 256 === SQLITE_BUSY;
      if (!busy || Date.now() > deadline) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
    }
  }
  opened.exec("pragma synchronous = full");
  return opened;
}

function answer({ id, texts, calls, begin, within, end }: SqliteRequest): SqliteReply {
  running = undefined;
  try {
    if (begin) database.exec("begin immediate");
    else if (within && !database.isTransaction) throw new Error("an earlier error ended this transaction");
    const results = calls.map(({ text, parameters }) => run(texts[text]!, parameters));
    running = end;
    if (end) database.exec(end);
    return { id, results };
  } catch (error) {
    // A transaction that was opened or was to be closed here must not stay open; inside one, its owner rolls back.
    if ((begin || end) && database.isTransaction) database.exec("rollback");
    const { message, errcode = 0 } = error as Error & { errcode?: number };
    return { id, error: { message, errcode, sql: running } };
  }
}

function run(sql: string, parameters: readonly SqlValue[]): SqliteResult {
  running = sql;
  const { statement, returnsRows } = prepare(sql);
  if (!returnsRows) return { rows: [], affected: BigInt(statement.run(...parameters).changes) };
  const rows = statement.all(...parameters) as SqliteResult["rows"];
  return { rows, affected: BigInt(rows.length) };
}

function prepare(sql: string) {
  const known = statements.get(sql);
  if (known) {
    statements.delete(sql);
    statements.set(sql, known);
    return known;
  }
  const statement = database.prepare(sql);
  const prepared = { statement, returnsRows: statement.columns().length > 0 };
  statements.set(sql, prepared);
  if (statements.size > statementsMax) statements.delete(statements.keys().next().value!);
  return prepared;
}
