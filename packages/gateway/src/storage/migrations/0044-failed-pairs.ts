import { type Kysely, sql } from "kysely";

/** Failures are few among the calls, and looked at apart from them. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`create index call_pairs_failed on call_pairs (step, at) where error <> ''`.execute(db);
}
