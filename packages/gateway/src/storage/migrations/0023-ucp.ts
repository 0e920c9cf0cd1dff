import { type Kysely, sql } from "kysely";

/** Checkout sessions, the orders that come of them, and the tasks of those. Texts stand last: what is looked for is found without them. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("ucp_checkouts")
    .addColumn("id", "text", (column) => column.primaryKey())
    .addColumn("owner", "text", (column) => column.notNull())
    .addColumn("phase", "text", (column) => column.notNull())
    .addColumn("revision", "bigint", (column) => column.notNull())
    .addColumn("order_id", "text")
    .addColumn("failure", "text")
    .addColumn("created_at", "bigint", (column) => column.notNull())
    .addColumn("updated_at", "bigint", (column) => column.notNull())
    .addColumn("expires_at", "bigint", (column) => column.notNull())
    .addColumn("forget_at", "bigint", (column) => column.notNull())
    .addColumn("bytes", "bigint", (column) => column.notNull())
    .addColumn("document", "text", (column) => column.notNull())
    .execute();
  await sql`create index ucp_checkouts_open on ucp_checkouts (owner, expires_at, bytes) where phase in ('open', 'completing')`.execute(
    db,
  );
  await db.schema.createIndex("ucp_checkouts_forgetting").on("ucp_checkouts").columns(["forget_at"]).execute();

  await db.schema
    .createTable("ucp_orders")
    .addColumn("id", "text", (column) => column.primaryKey())
    .addColumn("checkout_id", "text", (column) => column.notNull())
    .addColumn("owner", "text", (column) => column.notNull())
    .addColumn("phase", "text", (column) => column.notNull())
    .addColumn("done", "bigint", (column) => column.notNull())
    .addColumn("revision", "bigint", (column) => column.notNull())
    .addColumn("told", "bigint", (column) => column.notNull())
    .addColumn("created_at", "bigint", (column) => column.notNull())
    .addColumn("updated_at", "bigint", (column) => column.notNull())
    .addColumn("forget_at", "bigint", (column) => column.notNull())
    .addColumn("bytes", "bigint", (column) => column.notNull())
    .addColumn("document", "text", (column) => column.notNull())
    .execute();
  await db.schema.createIndex("ucp_orders_forgetting").on("ucp_orders").columns(["forget_at"]).execute();
  await db.schema.createIndex("ucp_orders_owner").on("ucp_orders").columns(["owner", "bytes"]).execute();
  await sql`create index ucp_orders_untold on ucp_orders (updated_at) where told < revision`.execute(db);

  await db.schema
    .createTable("ucp_runs")
    .addColumn("id", "text", (column) => column.primaryKey())
    .addColumn("order_id", "text", (column) => column.notNull().references("ucp_orders.id").onDelete("cascade"))
    .addColumn("position", "bigint", (column) => column.notNull())
    .addColumn("line", "text", (column) => column.notNull())
    .addColumn("agent_id", "text", (column) => column.notNull())
    .addColumn("state", "text", (column) => column.notNull())
    .addColumn("due_at", "bigint", (column) => column.notNull())
    .addColumn("finished_at", "bigint")
    .addColumn("transaction_id", "text")
    .addColumn("error", "text")
    .addColumn("result_bytes", "bigint", (column) => column.notNull())
    .addColumn("result", "text")
    .execute();
  await db.schema.createIndex("ucp_runs_order").unique().on("ucp_runs").columns(["order_id", "position"]).execute();
  await sql`create index ucp_runs_waiting on ucp_runs (due_at) where state = 'waiting'`.execute(db);
}
