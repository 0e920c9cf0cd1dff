import type { Kysely } from "kysely";

/** Which hold of the ledger stands for a task, so that what nobody paid for is not told afterwards. */
export async function up(db: Kysely<unknown>): Promise<void> {
  // One column for each statement: SQLite adds no more at once.
  await db.schema.alterTable("a2a_tasks").addColumn("hold", "text").execute();
  await db.schema
    .alterTable("a2a_tasks")
    .addColumn("shown", "bigint", (column) => column.notNull().defaultTo(0))
    .execute();
  await db.schema.alterTable("a2a_push_configs").addColumn("hold", "text").execute();
}
