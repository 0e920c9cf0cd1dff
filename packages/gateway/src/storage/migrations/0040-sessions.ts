import type { Kysely } from "kysely";

/** Sessions of browsers, and the codes that begin them once: each of a key, which is known by its hash, and ends with it. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("web_sessions")
    .addColumn("hash", "text", (column) => column.primaryKey())
    .addColumn("key_hash", "text", (column) => column.notNull())
    .addColumn("scope", "text", (column) => column.notNull())
    .addColumn("created_at", "bigint", (column) => column.notNull())
    .addColumn("ends_at", "bigint", (column) => column.notNull())
    .execute();
  await db.schema.createIndex("web_sessions_key").on("web_sessions").columns(["key_hash", "created_at"]).execute();
  await db.schema.createIndex("web_sessions_scope").on("web_sessions").column("scope").execute();
  await db.schema.createIndex("web_sessions_end").on("web_sessions").column("ends_at").execute();

  await db.schema
    .createTable("sign_in_codes")
    .addColumn("hash", "text", (column) => column.primaryKey())
    .addColumn("key_hash", "text", (column) => column.notNull())
    .addColumn("expires_at", "bigint", (column) => column.notNull())
    .execute();
  await db.schema.createIndex("sign_in_codes_key").on("sign_in_codes").columns(["key_hash", "expires_at"]).execute();
  await db.schema.createIndex("sign_in_codes_end").on("sign_in_codes").column("expires_at").execute();
}
