import { temporaryDirectory } from "@agentgate/testing";
import pg from "pg";
import { inject } from "vitest";
import { type Clock, silentLog, systemClock } from "../../runtime/index.ts";
import type { EngineName } from "../engine.ts";
import { openStorage, type Storage } from "../storage.ts";

/** What `openStorage` takes to find a database. */
export interface Location {
  databaseUrl?: string;
  dataDirectory: string;
}

export interface TestStorage {
  readonly storage: Storage;
  readonly location: Location;
  /** Opens the same database once more, as another node would. Closed by `remove`. */
  open(options?: { clock?: Clock }): Promise<Storage>;
  /** Closes every storage and drops the database. */
  remove(): Promise<void>;
}

/** The engines that can be tested here: SQLite always, PostgreSQL when it is installed. */
export const testEngines = (): EngineName[] => (inject("postgresUrl") ? ["sqlite", "postgres"] : ["sqlite"]);

/** A storage on a fresh database of its own. */
export async function createTestStorage(
  engine: EngineName,
  { clock = systemClock }: { clock?: Clock } = {},
): Promise<TestStorage> {
  const database = await createEmptyDatabase(engine);
  const opened: Storage[] = [];
  const open = async (options: { clock?: Clock } = {}) => {
    const storage = await openStorage({ ...database.location, clock: options.clock ?? clock, log: silentLog });
    opened.push(storage);
    return storage;
  };
  return {
    storage: await open(),
    location: database.location,
    open,
    async remove() {
      await Promise.all(opened.map((storage) => storage.close()));
      await database.remove();
    },
  };
}

let databases = 0;

/** An empty database of its own, without tables. */
export async function createEmptyDatabase(
  engine: EngineName,
): Promise<{ location: Location; remove(): Promise<void> }> {
  const directory = temporaryDirectory("storage");
  if (engine === "sqlite") {
    return { location: { dataDirectory: directory.path }, remove: async () => directory.remove() };
  }
  const maintenanceUrl = inject("postgresUrl");
  if (!maintenanceUrl) throw new Error("PostgreSQL is not installed; use testEngines()");
  const name = `test_${process.pid}_${Date.now().toString(36)}_${databases++}`;
  await execute(maintenanceUrl, `create database ${name}`);
  const url = new URL(maintenanceUrl);
  url.pathname = `/${name}`;
  return {
    location: { dataDirectory: directory.path, databaseUrl: url.href },
    async remove() {
      await execute(maintenanceUrl, `drop database ${name} with (force)`);
      directory.remove();
    },
  };
}

async function execute(url: string, text: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(text);
  await client.end();
}
