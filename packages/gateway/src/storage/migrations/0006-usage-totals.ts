import { type Kysely, sql } from "kysely";
import type { EngineName } from "../engine.ts";

/**
 * Calls that were logged with their payment and are not in the totals yet, and totals by organization. Totals are rows that many
 * writers share: a payment, which holds the ledger's lock, only ever adds rows of its own.
 */
export async function up(db: Kysely<unknown>, engine: EngineName): Promise<void> {
  await db.schema
    .createTable("usage_pending")
    // In the order of arrival: filled at one end and emptied at the other.
    .addColumn("seq", engine === "sqlite" ? "integer" : "bigserial", (column) => column.primaryKey())
    .addColumn("agent_id", "text", (column) => column.notNull())
    .addColumn("day", "bigint", (column) => column.notNull())
    .addColumn("org_id", "text")
    .addColumn("errors", "bigint", (column) => column.notNull())
    .addColumn("latency_us", "bigint", (column) => column.notNull())
    .addColumn("last_call_at", "bigint", (column) => column.notNull())
    .execute();
  if (engine === "postgres") {
    // Its rows live for less than a second: what is dead is cleared by their number, not by their share.
    await sql`
      alter table usage_pending set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000)
    `.execute(db);
  }

  await db.schema
    .createTable("usage_orgs")
    .addColumn("org_id", "text", (column) => column.primaryKey())
    .addColumn("invocations", "bigint", (column) => column.notNull())
    .addColumn("errors", "bigint", (column) => column.notNull())
    .execute();
  await sql`
    insert into usage_orgs (org_id, invocations, errors)
    select org_id, cast(sum(invocations) as bigint), cast(sum(errors) as bigint)
    from usage_daily where org_id is not null group by org_id
  `.execute(db);
}
