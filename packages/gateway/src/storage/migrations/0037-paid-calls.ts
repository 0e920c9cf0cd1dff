import type { Kysely } from "kysely";

/** Paid calls whose rows the log keeps no more: the ledger is compared with them for as long as there is a ledger. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("paid_calls")
    .addColumn("id", "text", (column) => column.primaryKey().notNull())
    .execute();
}
