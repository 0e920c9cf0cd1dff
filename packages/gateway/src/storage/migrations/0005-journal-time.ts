import { type Kysely, sql } from "kysely";

/**
 * The journal gets a time of its own, which deadlines are counted in. It goes on from the last row's date, or from when a key was last
 * used (a day before what is kept of it expires), so that open holds and kept answers keep what is left of their time.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable("ledger_journal").addColumn("elapsed", "bigint").execute();
  await db.schema
    .alterTable("ledger_head")
    .addColumn("elapsed", "bigint", (column) => column.notNull().defaultTo(0))
    .execute();
  await sql`
    update ledger_head set elapsed = (
      select max(time) from (
        select created_at as time from ledger_head
        union all select coalesce(max(expires_at), 86400000000) - 86400000000 from idempotency
      ) as times
    )`.execute(db);
}
