import { type Kysely, sql } from "kysely";

/**
 * A2A tasks by whose agent they are at, and by whose they are, newest status first. Whose agent it was stays with the task when the agent is
 * gone.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable("a2a_tasks").addColumn("org_id", "text").execute();
  await sql`
    update a2a_tasks set org_id = (select org_id from agents where agents.id = a2a_tasks.agent_id)
    where agent_id in (select id from agents where org_id is not null)`.execute(db);
  for (const [name, column] of [
    ["a2a_tasks_of_org", "org_id"],
    ["a2a_tasks_of_caller", "owner"],
  ] as const) {
    await db.schema.createIndex(name).on("a2a_tasks").columns([column, "status_at", "key"]).execute();
  }
}
