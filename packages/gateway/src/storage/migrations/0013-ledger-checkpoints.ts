import type { Kysely } from "kysely";

/** How far the journal was verified, and the holds that were open there. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("ledger_checkpoints")
    .addColumn("name", "text", (column) => column.primaryKey())
    .addColumn("version", "bigint", (column) => column.notNull())
    .addColumn("seq", "bigint", (column) => column.notNull())
    .addColumn("hash", "text", (column) => column.notNull())
    .addColumn("created_at", "bigint", (column) => column.notNull())
    .addColumn("elapsed", "bigint", (column) => column.notNull())
    .addColumn("held", "bigint", (column) => column.notNull())
    .addColumn("stage", "text", (column) => column.notNull())
    .addColumn("cursor", "text", (column) => column.notNull())
    .addColumn("ended_at", "bigint")
    .addColumn("problems", "text", (column) => column.notNull())
    .execute();
  await db.schema
    .createTable("ledger_checkpoint_holds")
    .addColumn("checkpoint", "text", (column) => column.notNull())
    .addColumn("id", "text", (column) => column.notNull())
    .addColumn("account", "text", (column) => column.notNull())
    .addColumn("amount", "bigint", (column) => column.notNull())
    .addColumn("expires_at", "bigint", (column) => column.notNull())
    .addPrimaryKeyConstraint("ledger_checkpoint_holds_key", ["checkpoint", "id"])
    .execute();
  await db.schema
    .createIndex("ledger_checkpoint_holds_account")
    .on("ledger_checkpoint_holds")
    .columns(["checkpoint", "account"])
    .execute();
}
