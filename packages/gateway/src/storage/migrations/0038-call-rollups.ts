import { type Kysely, sql } from "kysely";
import type { EngineName } from "../engine.ts";

/**
 * Calls by minute, hour and day with histograms of their times, and what is not added to them yet. Calls before this release are in the
 * totals by day alone.
 */
export async function up(db: Kysely<unknown>, engine: EngineName): Promise<void> {
  for (const [column, type] of [
    ["payer_org_id", "text"],
    ["error", "text"],
    ["is_public", "bigint"],
    ["agent_us", "bigint"],
    ["gateway_us", "bigint"],
    ["paid", "bigint"],
    ["earned", "bigint"],
  ] as const) {
    // One column for each statement: SQLite adds no more at once.
    await db.schema.alterTable("usage_pending").addColumn(column, type).execute();
  }

  const bytes = engine === "postgres" ? sql`text collate "C"` : sql`text`;
  await db.schema
    .createTable("rollup_pending")
    .addColumn("seq", engine === "sqlite" ? "integer" : "bigserial", (column) => column.primaryKey())
    .addColumn("at", "bigint", (column) => column.notNull())
    .addColumn("agent_id", bytes, (column) => column.notNull())
    .addColumn("org_id", "text")
    .addColumn("payer_org_id", "text")
    .addColumn("error", "text", (column) => column.notNull())
    .addColumn("is_public", "bigint", (column) => column.notNull())
    .addColumn("calls", "bigint", (column) => column.notNull())
    .addColumn("paid", "bigint", (column) => column.notNull())
    .addColumn("earned", "bigint", (column) => column.notNull())
    .addColumn("agent_times", "text", (column) => column.notNull())
    .addColumn("gateway_times", "text", (column) => column.notNull())
    .addColumn("last_call_at", "bigint", (column) => column.notNull())
    .execute();
  // By agents, so that what is taken at once has few rows in common with the rest.
  await db.schema.createIndex("rollup_pending_agent").on("rollup_pending").columns(["agent_id", "seq"]).execute();

  await db.schema
    .createTable("call_rollups")
    .addColumn("scope", bytes, (column) => column.notNull())
    .addColumn("step", "bigint", (column) => column.notNull())
    .addColumn("at", "bigint", (column) => column.notNull())
    .addColumn("ok", "bigint", (column) => column.notNull())
    .addColumn("errors", "bigint", (column) => column.notNull())
    .addColumn("paid", "bigint", (column) => column.notNull())
    .addColumn("earned", "bigint", (column) => column.notNull())
    .addColumn("agent_times", "text", (column) => column.notNull())
    .addColumn("gateway_times", "text", (column) => column.notNull())
    .addPrimaryKeyConstraint("call_rollups_key", ["scope", "step", "at"])
    .execute();
  await db.schema.createIndex("call_rollups_age").on("call_rollups").columns(["step", "at"]).execute();

  await db.schema
    .createTable("call_pairs")
    .addColumn("agent_id", bytes, (column) => column.notNull())
    .addColumn("step", "bigint", (column) => column.notNull())
    .addColumn("at", "bigint", (column) => column.notNull())
    .addColumn("payer_org_id", bytes, (column) => column.notNull())
    .addColumn("error", bytes, (column) => column.notNull())
    .addColumn("org_id", bytes, (column) => column.notNull())
    .addColumn("calls", "bigint", (column) => column.notNull())
    .addColumn("paid", "bigint", (column) => column.notNull())
    .addColumn("earned", "bigint", (column) => column.notNull())
    .addPrimaryKeyConstraint("call_pairs_key", ["agent_id", "step", "at", "payer_org_id", "error"])
    .execute();
  await db.schema.createIndex("call_pairs_age").on("call_pairs").columns(["step", "at"]).execute();
  await db.schema.createIndex("call_pairs_org").on("call_pairs").columns(["org_id", "step", "at"]).execute();
  await db.schema.createIndex("call_pairs_payer").on("call_pairs").columns(["payer_org_id", "step", "at"]).execute();

  await db.schema
    .createTable("agent_call_stats")
    .addColumn("agent_id", bytes, (column) => column.primaryKey())
    .addColumn("calls", "bigint", (column) => column.notNull())
    .addColumn("errors", "bigint", (column) => column.notNull())
    .addColumn("p50_us", "bigint")
    .addColumn("p95_us", "bigint")
    .addColumn("last_success_at", "bigint")
    .addColumn("computed_at", "bigint", (column) => column.notNull())
    .addColumn("due_at", "bigint")
    .execute();
  await db.schema.createIndex("agent_call_stats_due").on("agent_call_stats").column("due_at").execute();

  if (engine === "postgres") {
    await sql`
      alter table rollup_pending set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000)
    `.execute(db);
    // Their rows are added to again and again while they are the latest.
    for (const table of ["call_rollups", "call_pairs", "agent_call_stats"])
      await sql`alter table ${sql.ref(table)} set (fillfactor = 75)`.execute(db);
  }
}
