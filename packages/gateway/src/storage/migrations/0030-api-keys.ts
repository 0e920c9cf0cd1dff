import type { Kysely } from "kysely";

/**
 * Keys that were made for something: of an organization, or without one the admin's. A key has at most one predecessor, which works until
 * its time is over. When an organization's own keys were last used is noted with them.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("api_keys")
    .addColumn("id", "text", (column) => column.primaryKey())
    .addColumn("org_id", "text", (column) => column.references("orgs.id").onDelete("cascade"))
    .addColumn("name", "text", (column) => column.notNull())
    .addColumn("hash", "text", (column) => column.notNull())
    .addColumn("last4", "text", (column) => column.notNull())
    .addColumn("previous_hash", "text")
    .addColumn("previous_until", "bigint")
    .addColumn("scopes", "text", (column) => column.notNull())
    .addColumn("limits", "text", (column) => column.notNull())
    .addColumn("created_at", "bigint", (column) => column.notNull())
    .addColumn("expires_at", "bigint")
    .addColumn("disabled_at", "bigint")
    .addColumn("last_used_at", "bigint")
    .execute();
  await db.schema.createIndex("api_keys_hash").unique().on("api_keys").column("hash").execute();
  await db.schema.createIndex("api_keys_previous").unique().on("api_keys").column("previous_hash").execute();
  await db.schema.createIndex("api_keys_org").on("api_keys").columns(["org_id", "created_at", "id"]).execute();
  await db.schema.alterTable("org_keys").addColumn("last_used_at", "bigint").execute();
}
