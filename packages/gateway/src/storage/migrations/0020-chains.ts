import type { Kysely } from "kysely";

/** Agents that work one after the other. A chain goes with its organization; it outlives the agents that it names. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("chains")
    .addColumn("id", "text", (column) => column.primaryKey())
    .addColumn("name", "text", (column) => column.notNull())
    .addColumn("description", "text", (column) => column.notNull())
    .addColumn("steps", "text", (column) => column.notNull())
    .addColumn("sealed", "text")
    .addColumn("org_id", "text", (column) => column.references("orgs.id").onDelete("cascade"))
    .addColumn("created_at", "bigint", (column) => column.notNull())
    .addColumn("updated_at", "bigint", (column) => column.notNull())
    .execute();
  await db.schema.createIndex("chains_org").on("chains").columns(["org_id", "created_at", "id"]).execute();
  await db.schema.createIndex("chains_created").on("chains").columns(["created_at", "id"]).execute();
}
