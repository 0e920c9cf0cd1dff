// The SQLite thread: one connection, requests in order. Plain JavaScript that imports nothing but node:, for a thread that starts from
// TypeScript loads a compiler of its own: 50 ms and 17 MiB for this one file.
import { DatabaseSync } from "node:sqlite";
import { parentPort, workerData } from "node:worker_threads";

/**
 * @import { StatementSync } from "node:sqlite"
 * @import { MessagePort } from "node:worker_threads"
 * @import { SqlValue } from "../statement.ts"
 * @import { SqliteFailure, SqliteRequest, SqliteResult, SqliteWorkerData } from "./messages.ts"
 */

const SQLITE_BUSY = 5;

/** @type {SqliteWorkerData} */
const { file, busyTimeoutMs, statementsMax } = workerData;
const port = /** @type {MessagePort} */ (parentPort);
const database = open();
/** @type {Map<string, { statement: StatementSync; returnsRows: boolean }>} */
const statements = new Map();
/** @type {string | undefined} */
let running;

port.on("message", (/** @type {SqliteRequest | "close"} */ request) => {
  if (request === "close") {
    database.close();
    port.close();
    return;
  }
  const startedAt = performance.now();
  const reply = answer(request);
  port.postMessage({ ...reply, tookMs: performance.now() - startedAt });
});
port.postMessage("open");

function open() {
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
      const { errcode = 0 } = /** @type {{ errcode?: number }} */ (error);
      const busy = errcode % 256 === SQLITE_BUSY;
      if (!busy || Date.now() > deadline) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
    }
  }
  opened.exec("pragma synchronous = full");
  // Of a page that is written again and again, as those of indexes of random ids are, only the log's last version is copied to the
  // file: the longer the log (these are 16 MiB), the fewer copies.
  opened.exec("pragma wal_autocheckpoint = 4000");
  return opened;
}

/**
 * @param {SqliteRequest} request
 * @returns {{ id: number, results: SqliteResult[] } | { id: number, error: SqliteFailure }}
 */
function answer({ id, texts, calls, begin, within, end }) {
  running = undefined;
  try {
    if (begin) database.exec("begin immediate");
    else if (within && !database.isTransaction) throw new Error("an earlier error ended this transaction");
    const results = calls.map(({ text, parameters, runs }) =>
      run(/** @type {string} */ (texts[text]), parameters, runs),
    );
    running = end;
    if (end) database.exec(end);
    return { id, results };
  } catch (error) {
    // A transaction that was opened or was to be closed here must not stay open; inside one, its owner rolls back.
    if ((begin || end) && database.isTransaction) database.exec("rollback");
    const { message, errcode = 0 } = /** @type {Error & { errcode?: number }} */ (error);
    return { id, error: { message, errcode, sql: running } };
  }
}

/**
 * @param {string} sql
 * @param {readonly SqlValue[]} parameters
 * @param {number} runs
 * @returns {SqliteResult}
 */
function run(sql, parameters, runs) {
  running = sql;
  const { statement, returnsRows } = prepare(sql);
  if (returnsRows) {
    const rows = /** @type {SqliteResult["rows"]} */ (statement.all(...parameters));
    return { rows, affected: BigInt(rows.length) };
  }
  const width = parameters.length / runs;
  let affected = 0n;
  for (let each = 0; each < runs; each++) {
    affected += BigInt(statement.run(...parameters.slice(each * width, (each + 1) * width)).changes);
  }
  return { rows: [], affected };
}

/** @param {string} sql */
function prepare(sql) {
  const known = statements.get(sql);
  if (known) {
    statements.delete(sql);
    statements.set(sql, known);
    return known;
  }
  const statement = database.prepare(sql);
  const prepared = { statement, returnsRows: statement.columns().length > 0 };
  statements.set(sql, prepared);
  if (statements.size > statementsMax) statements.delete(/** @type {string} */ (statements.keys().next().value));
  return prepared;
}
