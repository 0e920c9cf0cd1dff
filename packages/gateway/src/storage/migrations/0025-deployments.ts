import type { Kysely } from "kysely";

/** Agents that came as archives, what became of them, and what they are told in confidence. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("deployments")
    .addColumn("agent_id", "text", (column) => column.primaryKey().references("agents.id").onDelete("cascade"))
    .addColumn("owner", "text", (column) => column.notNull())
    .addColumn("name", "text", (column) => column.notNull())
    .addColumn("runtime", "text", (column) => column.notNull())
    .addColumn("node", "text", (column) => column.notNull())
    .addColumn("node_name", "text", (column) => column.notNull())
    .addColumn("release", "bigint", (column) => column.notNull())
    .addColumn("state", "text", (column) => column.notNull())
    .addColumn("detail", "text")
    .addColumn("container_id", "text")
    .addColumn("restarts", "bigint", (column) => column.notNull())
    .addColumn("updated_at", "bigint", (column) => column.notNull())
    .execute();
  await db.schema.createIndex("deployments_owner_name").on("deployments").columns(["owner", "name"]).unique().execute();
  await db.schema.createIndex("deployments_node").on("deployments").column("node").execute();

  await db.schema
    .createTable("deployment_secrets")
    .addColumn("agent_id", "text", (column) => column.notNull().references("agents.id").onDelete("cascade"))
    .addColumn("name", "text", (column) => column.notNull())
    .addColumn("sealed", "text", (column) => column.notNull())
    .addColumn("updated_at", "bigint", (column) => column.notNull())
    .addPrimaryKeyConstraint("deployment_secrets_pk", ["agent_id", "name"])
    .execute();
}
