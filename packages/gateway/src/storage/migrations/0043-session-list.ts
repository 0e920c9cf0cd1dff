import type { Kysely } from "kysely";

/** Sessions tell from where and with what they were begun, and are listed, the newest first. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable("web_sessions").addColumn("client_ip", "text").execute();
  await db.schema.alterTable("web_sessions").addColumn("user_agent", "text").execute();
  await db.schema.dropIndex("web_sessions_scope").execute();
  await db.schema
    .createIndex("web_sessions_scope")
    .on("web_sessions")
    .columns(["scope", "created_at", "hash"])
    .execute();
}
