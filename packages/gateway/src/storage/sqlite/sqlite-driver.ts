import {
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from "kysely";
import { assertPortable } from "../statement.ts";
import type { SqliteThread } from "./sqlite-thread.ts";

/** Kysely's face of the SQLite thread. Every acquired connection is a session of the one real connection. */
export function createSqliteDialect(thread: SqliteThread): Dialect {
  return {
    createAdapter: () => new ThreadAdapter(),
    createDriver: () => new ThreadDriver(thread),
    createIntrospector: (db) => new SqliteIntrospector(db),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  };
}

class ThreadAdapter extends SqliteAdapter {
  /** The thread keeps sessions apart itself; Kysely's own lock would make single statements wait for each other. */
  override get supportsMultipleConnections(): boolean {
    return true;
  }

  /** All migrations run in one `begin immediate` transaction, which is the lock between processes. */
  override get supportsTransactionalDdl(): boolean {
    return true;
  }
}

class ThreadDriver implements Driver {
  readonly #thread: SqliteThread;

  constructor(thread: SqliteThread) {
    this.#thread = thread;
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<DatabaseConnection> {
    return new ThreadConnection(this.#thread);
  }

  async beginTransaction(connection: DatabaseConnection): Promise<void> {
    await this.#thread.run(connection, [], { begin: true });
  }

  async commitTransaction(connection: DatabaseConnection): Promise<void> {
    await this.#thread.run(connection, [], { end: "commit" });
  }

  async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    await this.#thread.run(connection, [], { end: "rollback" });
  }

  async releaseConnection(): Promise<void> {}

  async destroy(): Promise<void> {
    await this.#thread.close();
  }
}

class ThreadConnection implements DatabaseConnection {
  readonly #thread: SqliteThread;

  constructor(thread: SqliteThread) {
    this.#thread = thread;
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    assertPortable(query);
    const [result] = await this.#thread.run(this, [query]);
    return { rows: result!.rows as R[], numAffectedRows: result!.affected };
  }

  // biome-ignore lint/correctness/useYield: the interface asks for a generator
  async *streamQuery(): AsyncIterableIterator<never> {
    throw new Error("SQLite answers whole results; page with limit instead of streaming");
  }
}
