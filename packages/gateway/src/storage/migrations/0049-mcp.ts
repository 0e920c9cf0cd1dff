import type { Kysely } from "kysely";

/** What MCP callers left under way: tasks by their public ids, questions that were answered, and which tools organizations list. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("mcp_tasks")
    .addColumn("id", "text", (column) => column.primaryKey())
    .addColumn("caller", "text", (column) => column.notNull())
    .addColumn("agent_id", "text", (column) => column.notNull())
    .addColumn("task_id", "text", (column) => column.notNull())
    .addColumn("context_id", "text", (column) => column.notNull())
    .addColumn("tool", "text", (column) => column.notNull())
    .addColumn("turn", "bigint", (column) => column.notNull())
    .addColumn("question", "text", (column) => column.notNull())
    .addColumn("state", "text", (column) => column.notNull())
    .addColumn("created_at", "bigint", (column) => column.notNull())
    .addColumn("updated_at", "bigint", (column) => column.notNull())
    .addColumn("ends_at", "bigint", (column) => column.notNull())
    .execute();
  await db.schema.createIndex("mcp_tasks_of_caller").on("mcp_tasks").columns(["caller", "ends_at"]).execute();
  await db.schema.createIndex("mcp_tasks_end").on("mcp_tasks").column("ends_at").execute();

  await db.schema
    .createTable("mcp_spent_states")
    .addColumn("hash", "text", (column) => column.primaryKey())
    .addColumn("ends_at", "bigint", (column) => column.notNull())
    .execute();
  await db.schema.createIndex("mcp_spent_states_end").on("mcp_spent_states").column("ends_at").execute();

  await db.schema
    .createTable("mcp_toolsets")
    .addColumn("org_id", "text", (column) => column.primaryKey())
    .addColumn("entries", "text", (column) => column.notNull())
    .addColumn("updated_at", "bigint", (column) => column.notNull())
    .execute();
}
