import type { Kysely } from "kysely";

/** By which request a call was asked for, as its caller knows it. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable("call_log").addColumn("request_id", "text").execute();
}
