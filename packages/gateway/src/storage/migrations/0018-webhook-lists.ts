import type { Kysely } from "kysely";

/** Receivers of webhooks, newest first, for whoever sees them all. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createIndex("webhook_endpoints_created")
    .on("webhook_endpoints")
    .columns(["created_at", "id"])
    .execute();
}
