import { join } from "node:path";
import type { Log } from "../../runtime/index.ts";
import type { Decision, Engine } from "../engine.ts";
import { assertPortable, type Statement, type StatementResult } from "../statement.ts";
import { keepPrivate } from "./keep-private.ts";
import { makeDirectory } from "./make-directory.ts";
import { createSqliteDialect } from "./sqlite-driver.ts";
import { SqliteThread } from "./sqlite-thread.ts";

/** The database file of a data directory. */
export const sqliteFile = (dataDirectory: string): string => join(dataDirectory, "agentgate.db");

export interface SqliteEngineOptions {
  dataDirectory: string;
  log: Log;
  /** Told of every statement that failed. */
  onError(error: unknown): void;
}

/** One SQLite file in `dataDirectory`, durable at every commit (WAL, synchronous = full). */
export async function openSqliteEngine({ dataDirectory, log, onError }: SqliteEngineOptions): Promise<Engine> {
  makeDirectory(dataDirectory);
  keepPrivate(dataDirectory, log);
  const file = sqliteFile(dataDirectory);
  const limits = { busyTimeoutMs: 10_000, statementsMax: 512, queueMax: 10_000 };
  const thread = await SqliteThread.open({ file, onError, ...limits });
  return {
    name: "sqlite",
    dialect: createSqliteDialect(thread),
    load: () => thread.load(),

    async batch(statements) {
      statements.forEach(assertPortable);
      return thread.run({}, statements, { begin: true, end: "commit" });
    },

    async transact<T>(reads: readonly Statement[], decide: (results: StatementResult[]) => Decision<T>) {
      reads.forEach(assertPortable);
      const session = {};
      const results = await thread.run(session, reads, { begin: true });
      let decision: Decision<T>;
      try {
        decision = decide(results);
        decision.writes.forEach(assertPortable);
      } catch (error) {
        await thread.run(session, [], { end: "rollback" });
        throw error;
      }
      await thread.run(session, decision.writes, { end: decision.writes.length ? "commit" : "rollback" });
      return decision.value;
    },
  };
}
