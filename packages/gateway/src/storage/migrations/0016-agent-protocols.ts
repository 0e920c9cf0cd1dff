import type { Kysely } from "kysely";

/** What requests say of agents: which protocol each speaks, and where its tasks go although its card names another place. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .alterTable("agents")
    .addColumn("protocol_setting", "text", (column) => column.notNull().defaultTo("auto"))
    .execute();
  await db.schema.alterTable("agent_cards").addColumn("address", "text").execute();
}
