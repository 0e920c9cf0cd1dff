import { type Kysely, sql } from "kysely";

/**
 * What agents are filtered by stands in one index, so that looking for the few that pass reads no agent; and the orders by price and by calls
 * tell whether an agent is hidden, as the others do.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const name of ["price", "calls"]) await sql`drop index ${sql.ref(`agents_${name}`)}`.execute(db);
  await sql`create index agents_price on agents (price_per_task, created_at desc, seq desc, visibility)`.execute(db);
  await sql`create index agents_calls on agents (recent_calls desc, created_at desc, seq desc, visibility)`.execute(db);
  await sql`
    create index agents_filters
    on agents (created_at desc, seq desc, visibility, price_per_task, rating, protocol, id)`.execute(db);
  await sql`create index agent_health_unwell on agent_health (agent_id) where status <> 'healthy'`.execute(db);
}
