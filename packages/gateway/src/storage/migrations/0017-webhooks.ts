import { type Kysely, sql } from "kysely";

/** Who is told of what happens, what was and is to be told, and when an organization wants to hear of its wallet. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("webhook_endpoints")
    .addColumn("id", "text", (column) => column.primaryKey())
    .addColumn("org_id", "text", (column) => column.references("orgs.id").onDelete("cascade"))
    .addColumn("agent_id", "text", (column) => column.references("agents.id").onDelete("cascade"))
    .addColumn("url", "text", (column) => column.notNull())
    .addColumn("events", "text", (column) => column.notNull())
    .addColumn("description", "text", (column) => column.notNull())
    .addColumn("sealed", "text")
    .addColumn("disabled_reason", "text")
    .addColumn("failing_since", "bigint")
    .addColumn("created_at", "bigint", (column) => column.notNull())
    .addColumn("updated_at", "bigint", (column) => column.notNull())
    .execute();
  await db.schema
    .createIndex("webhook_endpoints_org")
    .on("webhook_endpoints")
    .columns(["org_id", "created_at"])
    .execute();
  await db.schema.createIndex("webhook_endpoints_agent").unique().on("webhook_endpoints").column("agent_id").execute();
  // A URL that was set before has no secret until it is rotated.
  await sql`
    insert into webhook_endpoints (id, agent_id, url, events, description, created_at, updated_at)
    select id, id, webhook_url, '["task.completed"]', '', updated_at, updated_at
    from agents where webhook_url is not null`.execute(db);

  await db.schema
    .createTable("webhook_deliveries")
    .addColumn("id", "text", (column) => column.primaryKey())
    .addColumn("sender", "text", (column) => column.notNull().defaultTo("standard"))
    .addColumn("endpoint_id", "text")
    .addColumn("org_id", "text")
    .addColumn("agent_id", "text")
    .addColumn("owner", "text", (column) => column.notNull())
    .addColumn("receiver", "text", (column) => column.notNull())
    .addColumn("event", "text", (column) => column.notNull())
    .addColumn("url", "text")
    .addColumn("body", "text", (column) => column.notNull())
    .addColumn("bytes", "bigint", (column) => column.notNull())
    .addColumn("status", "text", (column) => column.notNull().defaultTo("pending"))
    .addColumn("failures", "bigint", (column) => column.notNull().defaultTo(0))
    .addColumn("attempts", "text", (column) => column.notNull().defaultTo("[]"))
    .addColumn("created_at", "bigint", (column) => column.notNull())
    .addColumn("due_at", "bigint", (column) => column.defaultTo(0))
    .addColumn("lease", "text")
    .execute();
  // What waits; an entry goes with its delivery.
  await sql`create index webhook_deliveries_due on webhook_deliveries (due_at, id) where due_at is not null`.execute(
    db,
  );
  await sql`create index webhook_deliveries_waiting on webhook_deliveries (owner, id) where due_at is not null`.execute(
    db,
  );
  await db.schema
    .createIndex("webhook_deliveries_endpoint")
    .on("webhook_deliveries")
    .columns(["endpoint_id", "id"])
    .execute();
  await db.schema.createIndex("webhook_deliveries_org").on("webhook_deliveries").columns(["org_id", "id"]).execute();

  await db.schema.alterTable("orgs").addColumn("wallet_low_threshold", "bigint").execute();
}
