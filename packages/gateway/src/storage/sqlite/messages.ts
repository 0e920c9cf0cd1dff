import type { SqlValue } from "../statement.ts";

/** What crosses between the gateway's thread and the SQLite thread. Requests are answered in the order in which they come. */
export interface SqliteRequest {
  /** Each distinct SQL text once; `calls` refers to them by position. */
  texts: readonly string[];
  calls: readonly { text: number; parameters: readonly SqlValue[]; runs: number }[];
  /** Start a write transaction before the calls. */
  begin: boolean;
  /** The sender holds a transaction that began earlier; SQLite ends one by itself after some errors. */
  within: boolean;
  /** End the open transaction after the calls. */
  end: "commit" | "rollback" | undefined;
}

/** `tookMs` is the time that the thread spent on it. */
export type SqliteReply = { tookMs: number } & ({ results: SqliteResult[] } | { error: SqliteFailure });

export interface SqliteResult {
  rows: Record<string, SqlValue>[];
  affected: bigint;
}

export interface SqliteFailure {
  message: string;
  /** SQLite's extended result code; 0 when the error was not SQLite's. */
  errcode: number;
  sql: string | undefined;
}

export interface SqliteWorkerData {
  file: string;
  /** How long a statement waits for another process's lock. */
  busyTimeoutMs: number;
  /** Prepared statements kept. */
  statementsMax: number;
}
