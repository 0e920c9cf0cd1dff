import { type Kysely, sql } from "kysely";

/**
 * The orders of 0039 were made with `visibility`, and are asked for `hidden`: with that in its place, a page of what is public is answered from
 * the index again, and looking for the few that pass a filter reads no agent. Who sees a hidden agent that a search comes by is told by the index
 * of hidden agents' numbers: an agent's row, whose texts are long, is not read for it.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const name of ["price", "calls", "filters", "hidden_places"])
    await sql`drop index ${sql.ref(`agents_${name}`)}`.execute(db);
  await sql`create index agents_price on agents (price_per_task, created_at desc, seq desc, hidden)`.execute(db);
  await sql`create index agents_calls on agents (recent_calls desc, created_at desc, seq desc, hidden)`.execute(db);
  await sql`
    create index agents_filters
    on agents (created_at desc, seq desc, hidden, price_per_task, rating, protocol, id)`.execute(db);
  await sql`create index agents_hidden_places on agents (seq, org_id, granted, id) where hidden = 1`.execute(db);
}
