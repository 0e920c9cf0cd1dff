import { type Kysely, sql } from "kysely";

/** It is an order that somebody has to look after, not each of its tasks: also when all are over and nobody has said so. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema.dropIndex("ucp_runs_waiting").execute();
  await db.schema.dropIndex("ucp_orders_untold").execute();
  await db.schema.alterTable("ucp_runs").dropColumn("due_at").execute();
  await db.schema
    .alterTable("ucp_orders")
    .addColumn("due_at", "bigint", (column) => column.notNull().defaultTo(0))
    .execute();
  await sql`create index ucp_orders_due on ucp_orders (due_at) where done = 0`.execute(db);
}
