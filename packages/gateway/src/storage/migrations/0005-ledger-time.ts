import { type Kysely, sql } from "kysely";

/**
 * The journal gets a time of its own, which deadlines are counted in. It goes on from where the last row's date is, so that holds
 * that are open keep what is left of them.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable("ledger_journal").addColumn("elapsed", "bigint").execute();
  await db.schema
    .alterTable("ledger_head")
    .addColumn("elapsed", "bigint", (column) => column.notNull().defaultTo(0))
    .execute();
  await sql`update ledger_head set elapsed = created_at`.execute(db);
}
