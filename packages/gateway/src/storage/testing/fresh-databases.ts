import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { temporaryDirectory } from "@agentgate/testing";
import pg from "pg";
import { inject } from "vitest";
import { silentLog, systemClock } from "../../runtime/index.ts";
import type { EngineName } from "../engine.ts";
import { openStorage } from "../storage.ts";

/** What `openStorage` takes to find a database. */
export interface Location {
  databaseUrl?: string;
  dataDirectory: string;
}

/** A database of a test's own. */
export interface TestDatabase {
  location: Location;
  remove(): Promise<void>;
}

/** The engines that can be tested here: SQLite always, PostgreSQL when it is installed. */
export const testEngines = (): EngineName[] => (inject("postgresUrl") ? ["sqlite", "postgres"] : ["sqlite"]);

/** An empty database of its own, without tables. */
export async function createEmptyDatabase(engine: EngineName): Promise<TestDatabase> {
  const directory = temporaryDirectory("storage");
  if (engine === "sqlite") {
    return { location: { dataDirectory: directory.path }, remove: async () => directory.remove() };
  }
  const { url, remove } = await createOnServer("");
  return {
    location: { dataDirectory: directory.path, databaseUrl: url },
    async remove() {
      await remove();
      directory.remove();
    },
  };
}

/**
 * A database of its own with all tables, as the first start of a gateway leaves it. A copy of one that was made once: to bring an empty one
 * up to date takes most of the time of most tests.
 */
export async function createDatabase(engine: EngineName): Promise<TestDatabase> {
  const directory = temporaryDirectory("storage");
  if (engine === "sqlite") {
    copyFileSync(await sqliteModel(), join(directory.path, SQLITE_FILE));
    return { location: { dataDirectory: directory.path }, remove: async () => directory.remove() };
  }
  await makePostgresModel();
  const { url, remove } = await createOnServer(` template ${POSTGRES_MODEL}`);
  return {
    location: { dataDirectory: directory.path, databaseUrl: url },
    async remove() {
      await remove();
      directory.remove();
    },
  };
}

const SQLITE_FILE = "agentgate.db";
const POSTGRES_MODEL = "model";
/** Whoever makes the model on the server holds this lock. */
const MODEL_LOCK = 4_901;

let model: Promise<string> | undefined;

/** The file that is copied, of this process. */
function sqliteModel(): Promise<string> {
  model ??= (async () => {
    const directory = temporaryDirectory("model");
    process.once("exit", () => directory.remove());
    await openAndClose({ dataDirectory: directory.path });
    return join(directory.path, SQLITE_FILE);
  })();
  return model;
}

let isModelThere: Promise<void> | undefined;

/** Made by the first of all processes that asks. */
function makePostgresModel(): Promise<void> {
  isModelThere ??= onServer(async (client) => {
    await client.query("select pg_advisory_lock($1)", [MODEL_LOCK]);
    const { rowCount } = await client.query("select from pg_database where datname = $1", [POSTGRES_MODEL]);
    if (rowCount !== 0) return;
    const directory = temporaryDirectory("model");
    const unfinished = `${POSTGRES_MODEL}_unfinished`;
    await client.query(`drop database if exists ${unfinished}`);
    await client.query(`create database ${unfinished}`);
    await openAndClose({ dataDirectory: directory.path, databaseUrl: urlOf(unfinished) });
    await client.query(`alter database ${unfinished} rename to ${POSTGRES_MODEL}`);
    directory.remove();
  });
  return isModelThere;
}

async function openAndClose(location: Location): Promise<void> {
  await (await openStorage({ ...location, clock: systemClock, log: silentLog })).close();
}

let databases = 0;

async function createOnServer(from: string): Promise<{ url: string; remove(): Promise<void> }> {
  const name = `test_${process.pid}_${Date.now().toString(36)}_${databases++}`;
  await onServer((client) => client.query(`create database ${name}${from}`));
  return {
    url: urlOf(name),
    remove: async () => void (await onServer((client) => client.query(`drop database ${name} with (force)`))),
  };
}

function maintenanceUrl(): string {
  const url = inject("postgresUrl");
  if (!url) throw new Error("PostgreSQL is not installed; use testEngines()");
  return url;
}

function urlOf(database: string): string {
  const url = new URL(maintenanceUrl());
  url.pathname = `/${database}`;
  return url.href;
}

async function onServer<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: maintenanceUrl() });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
