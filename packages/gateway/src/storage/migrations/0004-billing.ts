import type { Kysely } from "kysely";

/** Answers kept for repetition, events that wait for delivery, and when an organization's billing alert went off. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("idempotency")
    .addColumn("scope", "text", (column) => column.notNull())
    .addColumn("key", "text", (column) => column.notNull())
    .addColumn("fingerprint", "text", (column) => column.notNull())
    .addColumn("token", "text", (column) => column.notNull())
    .addColumn("operation", "text", (column) => column.notNull())
    .addColumn("status", "bigint")
    .addColumn("body", "text")
    .addColumn("lease_until", "bigint", (column) => column.notNull())
    .addColumn("expires_at", "bigint", (column) => column.notNull())
    .addPrimaryKeyConstraint("idempotency_key", ["scope", "key"])
    .execute();
  await db.schema.createIndex("idempotency_expiry").on("idempotency").column("expires_at").execute();

  await db.schema
    .createTable("events")
    .addColumn("id", "text", (column) => column.primaryKey())
    .addColumn("type", "text", (column) => column.notNull())
    .addColumn("org_id", "text")
    .addColumn("payload", "text", (column) => column.notNull())
    .addColumn("created_at", "bigint", (column) => column.notNull())
    .execute();
  await db.schema.createIndex("events_created").on("events").column("created_at").execute();

  await db.schema.alterTable("orgs").addColumn("alerted_at", "bigint").execute();
}
