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
/**
 * How long to sleep between two looks whether another process has let go. SQLite's own waiting sleeps for up to 100 ms, and never meets the
 * moments between the transactions of a process that writes all the time: everything that this thread is to do waits meanwhile.
 */
const LOOK_MS = 1;

/** @type {SqliteWorkerData} */
const { file, busyTimeoutMs, statementsMax } = workerData;
const port = /** @type {MessagePort} */ (parentPort);
const sleep = new Int32Array(new SharedArrayBuffer(4));
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
    timeout: 0,
    readBigInts: true,
    enableForeignKeyConstraints: true,
    enableDoubleQuotedStringLiterals: false,
  });
  // Several processes may start at once.
  patiently(() => opened.exec("pragma journal_mode = wal"));
  opened.exec("pragma synchronous = full");
  // Of a page that is written again and again, as those of indexes of random ids are, only the log's last version is copied to the
  // file: the longer the log (these are 16 MiB), the fewer copies.
  opened.exec("pragma wal_autocheckpoint = 4000");
  return opened;
}

/**
 * Does what fails as a whole while another process holds what it needs.
 * @template T
 * @param {() => T} work
 * @returns {T}
 */
function patiently(work) {
  /** @type {number | undefined} */
  let deadline;
  for (;;) {
    try {
      return work();
    } catch (error) {
      const { errcode = 0 } = /** @type {{ errcode?: number }} */ (error);
      const now = performance.now();
      deadline ??= now + busyTimeoutMs;
      if (errcode % 256 !== SQLITE_BUSY || now > deadline) throw error;
      Atomics.wait(sleep, 0, 0, LOOK_MS);
    }
  }
}

/**
 * @param {SqliteRequest} request
 * @returns {{ results: SqliteResult[] } | { error: SqliteFailure }}
 */
function answer({ texts, calls, begin, within, end }) {
  running = undefined;
  try {
    if (begin) patiently(() => database.exec("begin immediate"));
    else if (within && !database.isTransaction) throw new Error("an earlier error ended this transaction");
    const results = calls.map(({ text, parameters, runs }) =>
      run(/** @type {string} */ (texts[text]), parameters, runs),
    );
    running = end;
    if (end) patiently(() => database.exec(end));
    return { results };
  } catch (error) {
    // A transaction that was opened or was to be closed here must not stay open; inside one, its owner rolls back.
    if ((begin || end) && database.isTransaction) database.exec("rollback");
    const { message, errcode = 0 } = /** @type {Error & { errcode?: number }} */ (error);
    return { error: { message, errcode, sql: running } };
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
    const rows = /** @type {SqliteResult["rows"]} */ (patiently(() => statement.all(...parameters)));
    return { rows, affected: BigInt(rows.length) };
  }
  const width = parameters.length / runs;
  let affected = 0n;
  for (let each = 0; each < runs; each++) {
    const values = parameters.slice(each * width, (each + 1) * width);
    affected += BigInt(patiently(() => statement.run(...values)).changes);
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
