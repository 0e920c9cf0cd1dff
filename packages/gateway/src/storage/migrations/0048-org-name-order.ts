import { type Kysely, sql } from "kysely";
import type { EngineName } from "../engine.ts";

/** Organizations in the order of their names, by bytes: to be found by how they begin. */
export async function up(db: Kysely<unknown>, engine: EngineName): Promise<void> {
  const key = engine === "postgres" ? sql`name_key collate "C"` : sql`name_key`;
  await sql`create index orgs_by_name on orgs (${key}, id)`.execute(db);
}
