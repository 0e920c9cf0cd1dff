import type { Kysely } from "kysely";

/** How far the call log was written to each sink. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("log_sinks")
    .addColumn("name", "text", (column) => column.primaryKey())
    .addColumn("position_order", "bigint", (column) => column.notNull())
    .addColumn("position_time", "bigint", (column) => column.notNull())
    .addColumn("position_id", "text", (column) => column.notNull())
    .addColumn("taken", "bigint", (column) => column.notNull())
    .addColumn("lost", "bigint", (column) => column.notNull())
    .addColumn("written_at", "bigint")
    .addColumn("waiting_since", "bigint")
    .addColumn("trouble", "text")
    .addColumn("seen_at", "bigint", (column) => column.notNull())
    .execute();
}
