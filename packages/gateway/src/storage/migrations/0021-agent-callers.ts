import { type Kysely, sql } from "kysely";

/** Who has had a task done by which agent, for as long as there is somebody to ask. Of calls before, those that were paid are known. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("agent_callers")
    .addColumn("agent_id", "text", (column) => column.notNull())
    .addColumn("caller", "text", (column) => column.notNull())
    .addPrimaryKeyConstraint("agent_callers_key", ["agent_id", "caller"])
    .execute();
  await db.schema.alterTable("usage_pending").addColumn("callers", "text").execute();
  await sql`
    insert into agent_callers (agent_id, caller)
    select distinct agent_id, 'org:' || payer_org_id from call_log
    where status = 'success' and payer_org_id is not null`.execute(db);
}
