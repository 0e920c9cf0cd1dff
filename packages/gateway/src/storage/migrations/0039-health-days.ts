import { type Kysely, sql } from "kysely";

/** How often each agent was looked at and did not answer, by day; and by what agents are ordered and filtered in a search. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("health_days")
    .addColumn("agent_id", "text", (column) => column.notNull().references("agents.id").onDelete("cascade"))
    .addColumn("day", "bigint", (column) => column.notNull())
    .addColumn("checks", "bigint", (column) => column.notNull())
    .addColumn("failed", "bigint", (column) => column.notNull())
    .addPrimaryKeyConstraint("health_days_key", ["agent_id", "day"])
    .execute();
  await db.schema.createIndex("health_days_age").on("health_days").column("day").execute();
  await db.schema
    .alterTable("agents")
    .addColumn("recent_calls", "bigint", (column) => column.notNull().defaultTo(0))
    .execute();
  await sql`create index agents_price on agents (price_per_task, created_at desc, seq desc)`.execute(db);
  await sql`create index agents_calls on agents (recent_calls desc, created_at desc, seq desc)`.execute(db);
}
