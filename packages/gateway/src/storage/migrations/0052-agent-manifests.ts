import { type Kysely, sql } from "kysely";

/** Manifests of websites that are agents, and the order in which everybody may list these. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("agent_manifests")
    .addColumn("agent_id", "text", (column) => column.primaryKey().references("agents.id").onDelete("cascade"))
    .addColumn("url", "text", (column) => column.notNull())
    .addColumn("approved", "text", (column) => column.notNull())
    .addColumn("found", "text")
    .addColumn("digest", "text", (column) => column.notNull())
    .addColumn("etag", "text")
    .addColumn("entry", "text", (column) => column.notNull())
    .addColumn("checked_at", "bigint", (column) => column.notNull())
    .addColumn("due_at", "bigint", (column) => column.notNull())
    .addColumn("failure", "text")
    .execute();
  await db.schema.createIndex("agent_manifests_due").on("agent_manifests").column("due_at").execute();
  await sql`create index agents_public_sites on agents (id) where protocol = 'site' and hidden = 0`.execute(db);
}
