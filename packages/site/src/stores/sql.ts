import { RecordSessionStore } from "../sessions/record-session-store.ts";
import type { RecordStore, StoredRecord } from "../sessions/record-store.ts";

/** Runs one statement with `$1`, `$2`, … for parameters, as `pg`'s `Pool` and `Client` do. */
export interface SqlClient {
  query(sql: string, parameters: (string | number)[]): Promise<{ rows: unknown[]; rowCount: number | null }>;
}

export interface SqlStoreOptions {
  /** Default `agentgate_records`. */
  readonly table?: string | undefined;
  /** Create the table when it is not there. Default true. */
  readonly createTable?: boolean | undefined;
  /** Milliseconds since the epoch; for tests. */
  readonly now?: (() => number) | undefined;
}

/** Sessions and idempotent replies in one table of PostgreSQL (`new Pool()` of `pg`) or SQLite (`sqliteClient(database)`). */
export const sqlSessionStore = (client: SqlClient, options?: SqlStoreOptions): RecordSessionStore =>
  new RecordSessionStore(new SqlRecordStore(client, options));

/** What we use of `DatabaseSync` of node:sqlite, and of better-sqlite3. */
export interface SqliteDatabase {
  prepare(sql: string): {
    all(...parameters: (string | number)[]): unknown[];
    run(...parameters: (string | number)[]): { changes: number | bigint };
  };
}

/** A `DatabaseSync` of node:sqlite or a database of better-sqlite3 as an `SqlClient`. */
export const sqliteClient = (database: SqliteDatabase): SqlClient => ({
  async query(sql, parameters) {
    // SQLite takes $1 for a name; ?1 is its way to number parameters.
    const statement = database.prepare(sql.replace(/\$(\d+)/g, "?$1"));
    if (/^SELECT/i.test(sql)) return { rows: statement.all(...parameters), rowCount: null };
    return { rows: [], rowCount: Number(statement.run(...parameters).changes) };
  },
});

/** Expired records are deleted at most this often by each process, in milliseconds. */
const sweepEveryMs = 60_000;

export class SqlRecordStore implements RecordStore {
  readonly #client: SqlClient;
  readonly #table: string;
  readonly #now: () => number;
  readonly #createTable: boolean;
  #ready: Promise<void> | undefined;
  #sweptAt = 0;

  constructor(
    client: SqlClient,
    { table = "agentgate_records", createTable = true, now = Date.now }: SqlStoreOptions = {},
  ) {
    if (!/^[a-z_][a-z0-9_.]*$/i.test(table)) throw new TypeError(`"${table}" is not a table name.`);
    this.#client = client;
    this.#table = table;
    this.#createTable = createTable;
    this.#now = now;
  }

  async insert(id: string, { version, text }: StoredRecord, expiresAt: number): Promise<boolean> {
    await this.#sweep();
    const now = this.#now();
    const changed = await this.#run(
      `INSERT INTO ${this.#table} (id, version, text, expires_at) VALUES ($1, $2, $3, $4)
       ON CONFLICT (id) DO UPDATE SET version = excluded.version, text = excluded.text, expires_at = excluded.expires_at
       WHERE ${this.#table}.expires_at <= $5`,
      [id, version, text, expiresAt, now],
    );
    return changed === 1;
  }

  async read(id: string): Promise<StoredRecord | undefined> {
    await this.#prepare();
    const sql = `SELECT version, text FROM ${this.#table} WHERE id = $1 AND expires_at > $2`;
    const { rows } = await this.#client.query(sql, [id, this.#now()]);
    const row = rows[0] as { version: number | string; text: string } | undefined;
    return row && { version: Number(row.version), text: row.text };
  }

  async replace(
    id: string,
    { version, text }: StoredRecord,
    expectedVersion: number,
    expiresAt: number,
  ): Promise<boolean> {
    const changed = await this.#run(
      `UPDATE ${this.#table} SET version = $1, text = $2, expires_at = $3 WHERE id = $4 AND version = $5 AND expires_at > $6`,
      [version, text, expiresAt, id, expectedVersion, this.#now()],
    );
    return changed === 1;
  }

  async remove(id: string): Promise<void> {
    await this.#run(`DELETE FROM ${this.#table} WHERE id = $1`, [id]);
  }

  async #run(sql: string, parameters: (string | number)[]): Promise<number> {
    await this.#prepare();
    return (await this.#client.query(sql, parameters)).rowCount ?? 0;
  }

  async #sweep(): Promise<void> {
    const now = this.#now();
    if (now - this.#sweptAt < sweepEveryMs) return;
    this.#sweptAt = now;
    await this.#run(`DELETE FROM ${this.#table} WHERE expires_at <= $1`, [now]);
  }

  #prepare(): Promise<void> {
    this.#ready ??= this.#createTable ? this.#create() : Promise.resolve();
    this.#ready.catch(() => {
      this.#ready = undefined;
    });
    return this.#ready;
  }

  async #create(): Promise<void> {
    const table = this.#table;
    const index = `${table.replaceAll(".", "_")}_expires_at`;
    const statements = [
      `CREATE TABLE IF NOT EXISTS ${table} (id text PRIMARY KEY, version bigint NOT NULL, text text NOT NULL, expires_at bigint NOT NULL)`,
      `CREATE INDEX IF NOT EXISTS ${index} ON ${table} (expires_at)`,
    ];
    for (const sql of statements) {
      // Two processes that create the table at once make PostgreSQL refuse the second; then it is there.
      await this.#client.query(sql, []).catch(() => this.#client.query(sql, []));
    }
  }
}
