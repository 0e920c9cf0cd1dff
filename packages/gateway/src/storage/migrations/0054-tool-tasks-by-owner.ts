import { type Kysely, sql } from "kysely";

/** What an owner has of tools' tasks is counted at each new one, and its oldest that are over are found to make room. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`create index tool_tasks_of_owner on tool_tasks (owner, updated_at)`.execute(db);
}
