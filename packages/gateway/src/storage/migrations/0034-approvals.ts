import { type Kysely, sql } from "kysely";

/** Whether an agent may be called, and changes of agents that wait for approval or were refused: one of each agent. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .alterTable("agents")
    .addColumn("approval", "text", (column) => column.notNull().defaultTo("approved"))
    .execute();
  await db.schema.alterTable("agents").addColumn("approval_reason", "text").execute();
  await db.schema.alterTable("agents").addColumn("approval_since", "bigint").execute();
  await db.schema.alterTable("agents").addColumn("change_state", "text").execute();
  await sql`
    create index agents_unapproved on agents (approval_since desc, id desc, seq) where approval <> 'approved'`.execute(
    db,
  );
  await db.schema
    .createTable("agent_changes")
    .addColumn("agent_id", "text", (column) => column.primaryKey().references("agents.id").onDelete("cascade"))
    .addColumn("state", "text", (column) => column.notNull())
    .addColumn("reason", "text")
    .addColumn("since", "bigint", (column) => column.notNull())
    .addColumn("fields", "text", (column) => column.notNull())
    .addColumn("card_fate", "text", (column) => column.notNull())
    .addColumn("card_url", "text")
    .addColumn("card_original", "text")
    .addColumn("card_address", "text")
    .execute();
  await db.schema
    .createIndex("agent_changes_since")
    .on("agent_changes")
    .columns(["state", "since desc", "agent_id desc"])
    .execute();
}
