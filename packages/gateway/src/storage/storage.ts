import { Kysely, sql } from "kysely";
import type { AddGauge, Clock, Log } from "../runtime/index.ts";
import { ChangeFeed } from "./change-feed.ts";
import type { Engine, EngineName } from "./engine.ts";
import { DatabaseOpenError } from "./errors.ts";
import { StorageHealth } from "./health.ts";
import { migrate } from "./migrate.ts";
import { type OnStatement, observeEngine, observeQueries } from "./observed.ts";
import type { PostgresEngineOptions } from "./postgres/postgres-engine.ts";
import type { Database } from "./schema/index.ts";
import { openSqliteEngine } from "./sqlite/sqlite-engine.ts";

export interface StorageOptions {
  /** `postgres://…`; without it, the records live in one SQLite file. */
  databaseUrl?: string | undefined;
  /** Where the SQLite file lives; made when missing. */
  dataDirectory: string;
  clock: Clock;
  log: Log;
  /** Told of every statement, for measuring. */
  onStatement?: OnStatement | undefined;
  gauge?: AddGauge | undefined;
}

/** The gateway's records, on either engine. */
export interface Storage {
  readonly engine: EngineName;
  readonly db: Kysely<Database>;
  readonly batch: Engine["batch"];
  readonly transact: Engine["transact"];
  readonly changes: ChangeFeed;
  /** The database's own wall clock, milliseconds since the epoch; undefined where it runs in this process. */
  readonly clock: (() => Promise<number>) | undefined;
  /** Resolves when the database answers. */
  ping(): Promise<void>;
  /** Resolves when the database takes writes, as far as was seen in the last seconds. Rejects with what it fails with. */
  check(): Promise<void>;
  /** Lets statements under way finish and closes. */
  close(): Promise<void>;
}

/** Opens the database and brings its tables up to date. @throws DatabaseOpenError */
export const openStorage = (options: StorageOptions): Promise<Storage> =>
  open(options).catch((error) => {
    throw new DatabaseOpenError(error);
  });

async function open(options: StorageOptions): Promise<Storage> {
  const { databaseUrl, dataDirectory, clock, log, onStatement } = options;
  let health: StorageHealth | undefined;
  const onError = (error: unknown) => health?.failed(error);
  const opened = databaseUrl
    ? await openPostgres({ databaseUrl, log, onError })
    : await openSqliteEngine({ dataDirectory, log, onError });
  health = new StorageHealth({ engine: opened, clock, log });
  if (options.gauge) addLoadMetrics(opened, options.gauge);
  const engine = onStatement ? observeEngine(opened, clock, onStatement) : opened;
  const observed = onStatement && { log: observeQueries(onStatement) };
  const db = new Kysely<Database>({ dialect: engine.dialect, ...observed });
  const feedDb = engine.feedDialect ? new Kysely<Database>({ dialect: engine.feedDialect, ...observed }) : db;
  const close = async () => {
    await db.destroy();
    if (feedDb !== db) await feedDb.destroy();
  };
  try {
    await (databaseUrl ? migratePatiently({ databaseUrl, log, onError }) : migrate(db, engine.name));
    const changes = await ChangeFeed.open({ db, reading: feedDb, clock, log });
    return {
      engine: engine.name,
      db,
      batch: engine.batch,
      transact: engine.transact,
      changes,
      clock: engine.name === "postgres" ? () => readClock(db) : undefined,
      async ping() {
        await sql`select 1`.execute(db);
      },
      check: () => health.check(),
      async close() {
        health!.close();
        changes.close();
        await close();
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function addLoadMetrics(engine: Engine, gauge: AddGauge): void {
  const states = ["busy", "idle"] as const;
  gauge(
    "agentgate_database_connections",
    "Connections to the database; of SQLite, its one thread.",
    () => {
      const load = engine.load();
      return states.map((state) => ({ labels: { state }, value: load[state] }));
    },
    ["state"],
  );
  gauge(
    "agentgate_database_connections_max",
    "Connections to the database at most.",
    () => engine.load().connectionsMax,
  );
  gauge("agentgate_database_waiting", "Statements that wait for a connection.", () => engine.load().waiting);
}

async function readClock(db: Kysely<Database>): Promise<number> {
  const { rows } = await sql<{ now: number }>`
    select cast(extract(epoch from clock_timestamp()) * 1000 as double precision) as now`.execute(db);
  return rows[0]!.now;
}

/** Of many rows, a migration may take longer than anything else is let. */
async function migratePatiently(options: PostgresEngineOptions): Promise<void> {
  const { name, dialect } = await openPostgres({ ...options, patienceMs: 0 });
  const db = new Kysely<Database>({ dialect });
  await migrate(db, name).finally(() => db.destroy());
}

/** The driver is loaded by whoever uses it. */
async function openPostgres(options: PostgresEngineOptions): Promise<Engine> {
  const { openPostgresEngine } = await import("./postgres/postgres-engine.ts");
  return openPostgresEngine(options);
}
