import type { Kysely } from "kysely";
import { Migrator } from "kysely/migration";
import type { EngineName } from "./engine.ts";
import { migrations } from "./migrations/index.ts";
import type { Database } from "./schema/index.ts";

/**
 * Brings the database up to date. Nodes that start together wait for the one that migrates.
 *
 * @throws Error also for a database of another version, which holds migrations that this one does not know
 */
export async function migrate(db: Kysely<Database>, engine: EngineName): Promise<void> {
  const all = Object.entries(migrations).map(([name, { up }]) => [
    name,
    { up: (db: Kysely<unknown>) => up(db, engine) },
  ]);
  const migrator = new Migrator({ db, provider: { getMigrations: async () => Object.fromEntries(all) } });
  const { error } = await migrator.migrateToLatest();
  if (error instanceof Error && error.message.startsWith("corrupted migrations")) {
    const message =
      "it was made by another version of AgentGate. Start that one, or put back a backup of before it; see Upgrading in docs/operations.md";
    throw new Error(message, { cause: error });
  }
  if (error) throw new Error("the database could not be brought up to date", { cause: error });
}
