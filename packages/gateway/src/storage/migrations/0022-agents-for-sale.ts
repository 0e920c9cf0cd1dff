import { type Kysely, sql } from "kysely";

/** What anyone may buy a task of, newest first and by name, without a look at the others. */
export async function up(db: Kysely<unknown>): Promise<void> {
  const isSold = sql`price_per_task > 0 and key_hash is null`;
  await sql`create index agents_for_sale on agents (created_at, seq) where ${isSold}`.execute(db);
  await sql`create index agents_for_sale_by_name on agents (name, seq) where ${isSold}`.execute(db);
}
