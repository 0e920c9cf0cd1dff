import { type Kysely, sql } from "kysely";
import type { EngineName } from "../engine.ts";
import { indexForSearch } from "./agent-search-index.ts";

/** Orgs and their keys, agents with tags and reviews, the call log and its totals, settings, change versions. */
export async function up(db: Kysely<unknown>, engine: EngineName): Promise<void> {
  // Text that sorts by its bytes, whatever the database's locale; SQLite sorts so by itself.
  const bytes = engine === "postgres" ? sql`text collate "C"` : sql`text`;
  await db.schema
    .createTable("orgs")
    .addColumn("id", "text", (column) => column.primaryKey())
    .addColumn("name", "text", (column) => column.notNull().unique())
    .addColumn("cost_per_invocation", "bigint", (column) => column.notNull())
    .addColumn("billing_alert_threshold", "bigint")
    .addColumn("rate_limit", "double precision")
    .addColumn("rate_burst", "bigint")
    .addColumn("tier", "text", (column) => column.notNull())
    .addColumn("created_at", "bigint", (column) => column.notNull())
    .addColumn("updated_at", "bigint", (column) => column.notNull())
    .execute();

  await db.schema.createIndex("orgs_created").on("orgs").columns(["created_at desc", "id"]).execute();

  await db.schema
    .createTable("org_keys")
    .addColumn("hash", "text", (column) => column.primaryKey())
    .addColumn("org_id", "text", (column) => column.notNull().references("orgs.id").onDelete("cascade"))
    .addColumn("role", "text", (column) => column.notNull())
    .addColumn("created_at", "bigint", (column) => column.notNull())
    .execute();
  await db.schema.createIndex("org_keys_org").on("org_keys").column("org_id").execute();

  await db.schema
    .createTable("agents")
    // SQLite's search index points at this number, which therefore must be its rowid.
    .addColumn("seq", engine === "sqlite" ? "integer" : "bigserial", (column) => column.primaryKey())
    .addColumn("id", "text", (column) => column.notNull().unique())
    .addColumn("name", bytes, (column) => column.notNull())
    .addColumn("description", "text", (column) => column.notNull())
    .addColumn("url", "text", (column) => column.notNull())
    .addColumn("version", "text", (column) => column.notNull())
    .addColumn("version_key", bytes, (column) => column.notNull())
    .addColumn("skills", "text", (column) => column.notNull())
    .addColumn("skills_text", "text", (column) => column.notNull())
    .addColumn("tags", "text", (column) => column.notNull())
    .addColumn("tags_text", "text", (column) => column.notNull())
    .addColumn("search_text", "text", (column) => column.notNull())
    .addColumn("webhook_url", "text")
    .addColumn("price_per_task", "bigint", (column) => column.notNull())
    .addColumn("org_id", "text", (column) => column.references("orgs.id").onDelete("set null"))
    .addColumn("key_hash", "text")
    .addColumn("deployed", "bigint", (column) => column.notNull())
    .addColumn("timeout_ms", "bigint")
    .addColumn("review_count", "bigint", (column) => column.notNull().defaultTo(0))
    .addColumn("rating", "double precision", (column) => column.notNull().defaultTo(0))
    .addColumn("created_at", "bigint", (column) => column.notNull())
    .addColumn("updated_at", "bigint", (column) => column.notNull())
    .execute();
  const latest = ["created_at desc", "seq desc"];
  await db.schema
    .createIndex("agents_org")
    .on("agents")
    .columns(["org_id", ...latest])
    .execute();
  await db.schema.createIndex("agents_created").on("agents").columns(latest).execute();
  await db.schema
    .createIndex("agents_name")
    .on("agents")
    .columns(["name", ...latest])
    .execute();
  await db.schema
    .createIndex("agents_version")
    .on("agents")
    .columns(["version_key desc", ...latest])
    .execute();
  await db.schema
    .createIndex("agents_rating")
    .on("agents")
    .columns(["rating desc", ...latest])
    .execute();

  await db.schema
    .createTable("agent_tags")
    .addColumn("agent_id", "text", (column) => column.notNull().references("agents.id").onDelete("cascade"))
    .addColumn("tag", bytes, (column) => column.notNull())
    .addColumn("tag_key", bytes, (column) => column.notNull())
    .addPrimaryKeyConstraint("agent_tags_key", ["agent_id", "tag_key"])
    .execute();
  await db.schema.createIndex("agent_tags_tag").on("agent_tags").columns(["tag_key", "tag"]).execute();
  await indexForSearch(db, engine);

  await db.schema
    .createTable("reviews")
    .addColumn("id", "text", (column) => column.primaryKey())
    .addColumn("agent_id", "text", (column) => column.notNull().references("agents.id").onDelete("cascade"))
    .addColumn("author", "text", (column) => column.notNull())
    .addColumn("rating", "bigint", (column) => column.notNull())
    .addColumn("comment", "text", (column) => column.notNull())
    .addColumn("reviewer", "text", (column) => column.notNull())
    .addColumn("created_at", "bigint", (column) => column.notNull())
    .addUniqueConstraint("reviews_author", ["agent_id", "author"])
    .execute();

  await db.schema
    .createTable("call_log")
    .addColumn("id", "text", (column) => column.notNull())
    .addColumn("agent_id", "text", (column) => column.notNull())
    .addColumn("agent_name", "text", (column) => column.notNull())
    .addColumn("org_id", "text")
    .addColumn("payer_org_id", "text")
    .addColumn("caller_ip", "text", (column) => column.notNull())
    .addColumn("task_id", "text")
    .addColumn("status", "text", (column) => column.notNull())
    .addColumn("error_detail", "text")
    .addColumn("latency_us", "bigint", (column) => column.notNull())
    .addColumn("created_at", "bigint", (column) => column.notNull())
    // In order of time, so that a batch fills one page after the other; by random id each row would touch a page of its own.
    .addPrimaryKeyConstraint("call_log_key", ["created_at", "id"])
    .execute();
  await db.schema.createIndex("call_log_agent").on("call_log").columns(["agent_id", "created_at"]).execute();
  await db.schema
    .createIndex("call_log_paid")
    .on("call_log")
    .column("id")
    .where(sql.ref("payer_org_id"), "is not", null)
    .execute();

  await db.schema
    .createTable("usage_daily")
    .addColumn("agent_id", "text", (column) => column.notNull())
    .addColumn("day", "bigint", (column) => column.notNull())
    .addColumn("org_id", "text")
    .addColumn("invocations", "bigint", (column) => column.notNull())
    .addColumn("errors", "bigint", (column) => column.notNull())
    .addColumn("latency_us", "bigint", (column) => column.notNull())
    .addColumn("last_call_at", "bigint", (column) => column.notNull())
    .addPrimaryKeyConstraint("usage_daily_key", ["agent_id", "day"])
    .execute();
  await db.schema.createIndex("usage_daily_org").on("usage_daily").columns(["org_id", "day"]).execute();

  await db.schema
    .createTable("settings")
    .addColumn("name", "text", (column) => column.primaryKey())
    .addColumn("value", "text", (column) => column.notNull())
    .execute();

  await db.schema
    .createTable("versions")
    .addColumn("topic", "text", (column) => column.primaryKey())
    .addColumn("version", "bigint", (column) => column.notNull())
    .execute();
}
