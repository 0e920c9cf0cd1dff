import { type Kysely, sql } from "kysely";

/** Agents that are MCP servers: how each is spoken to, and its callers' tasks between their turns. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("mcp_servers")
    .addColumn("agent_id", "text", (column) => column.primaryKey().references("agents.id").onDelete("cascade"))
    .addColumn("url", "text", (column) => column.notNull())
    .addColumn("era", "text", (column) => column.notNull())
    .addColumn("version", "text", (column) => column.notNull())
    .addColumn("capabilities", "text", (column) => column.notNull())
    .addColumn("include", "text")
    .addColumn("trust", "text", (column) => column.notNull())
    .addColumn("session", "text", (column) => column.notNull())
    .addColumn("skipped", "text", (column) => column.notNull())
    .addColumn("list_ttl_ms", "bigint", (column) => column.notNull())
    .addColumn("probed_at", "bigint", (column) => column.notNull())
    .addColumn("listed_at", "bigint", (column) => column.notNull())
    .execute();
  await db.schema
    .createTable("tool_tasks")
    .addColumn("id", "text", (column) => column.primaryKey())
    .addColumn("agent_id", "text", (column) => column.notNull().references("agents.id").onDelete("cascade"))
    .addColumn("owner", "text", (column) => column.notNull())
    .addColumn("context_id", "text", (column) => column.notNull())
    .addColumn("tool", "text", (column) => column.notNull())
    .addColumn("digest", "text", (column) => column.notNull())
    .addColumn("state", "text", (column) => column.notNull())
    .addColumn("turn", "bigint", (column) => column.notNull())
    .addColumn("sealed", "text", (column) => column.notNull())
    .addColumn("updated_at", "bigint", (column) => column.notNull())
    .execute();
  await sql`create index tool_tasks_by_age on tool_tasks (updated_at, id)`.execute(db);
  await sql`create index tool_tasks_of_agent on tool_tasks (agent_id)`.execute(db);
}
