import { type Kysely, sql } from "kysely";
import type { EngineName } from "../engine.ts";

/** Who does what one node can do, what changed since a node last looked, and how agents were when they were last asked. */
export async function up(db: Kysely<unknown>, engine: EngineName): Promise<void> {
  await db.schema
    .createTable("changes")
    .addColumn("topic", "text", (column) => column.notNull())
    .addColumn("version", "bigint", (column) => column.notNull())
    .addColumn("entries", "text", (column) => column.notNull())
    .addPrimaryKeyConstraint("changes_key", ["topic", "version"])
    .execute();

  await db.schema
    .createTable("leases")
    .addColumn("name", "text", (column) => column.primaryKey())
    .addColumn("holder", "text", (column) => column.notNull())
    .addColumn("beat", "bigint", (column) => column.notNull())
    .addColumn("state", "text", (column) => column.notNull())
    .execute();

  await db.schema
    .createTable("agent_health")
    .addColumn("agent_id", "text", (column) => column.primaryKey().references("agents.id").onDelete("cascade"))
    .addColumn("status", "text", (column) => column.notNull())
    .addColumn("checked_at", "bigint", (column) => column.notNull())
    .addColumn("latency_us", "bigint")
    .addColumn("error", "text")
    .addColumn("hangs", "bigint", (column) => column.notNull())
    .addColumn("rests_until", "bigint", (column) => column.notNull())
    .execute();
  // Rows change every minute and nothing that is indexed does: with room beside them, they change in place.
  if (engine === "postgres") await sql`alter table agent_health set (fillfactor = 60)`.execute(db);
}
