import type { Kysely } from "kysely";

/** Which of an agent's archives runs, where that is not the last that came. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable("deployments").addColumn("running_release", "bigint").execute();
}
