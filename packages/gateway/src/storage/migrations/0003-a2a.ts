import type { Kysely } from "kysely";
import type { EngineName } from "../engine.ts";

/** What agents' cards say, who owns which task and context, push notifications to relay. */
export async function up(db: Kysely<unknown>, engine: EngineName): Promise<void> {
  await db.schema
    .alterTable("agents")
    .addColumn("protocol", "text", (column) => column.notNull().defaultTo("plain"))
    .execute();

  await db.schema
    .createTable("agent_cards")
    .addColumn("agent_id", "text", (column) => column.primaryKey().references("agents.id").onDelete("cascade"))
    .addColumn("card_url", "text", (column) => column.notNull())
    .addColumn("original", "text", (column) => column.notNull())
    .addColumn("fetched_at", "bigint", (column) => column.notNull())
    .execute();

  await db.schema
    .createTable("agent_credentials")
    .addColumn("agent_id", "text", (column) => column.primaryKey().references("agents.id").onDelete("cascade"))
    .addColumn("kind", "text", (column) => column.notNull())
    .addColumn("sealed", "text", (column) => column.notNull())
    .addColumn("updated_at", "bigint", (column) => column.notNull())
    .execute();

  // Found by 64 bits of a hash: each new task touches two places at random, and narrow keys make those places few.
  await db.schema
    .createTable("a2a_tasks")
    .addColumn("key", "bigint", (column) => column.primaryKey())
    .addColumn("agent_id", "text", (column) => column.notNull())
    .addColumn("task_id", "text", (column) => column.notNull())
    .addColumn("owner_key", "bigint", (column) => column.notNull())
    .addColumn("owner", "text", (column) => column.notNull())
    .addColumn("context_id", "text", (column) => column.notNull())
    .addColumn("state", "text", (column) => column.notNull())
    .addColumn("status_at", "bigint", (column) => column.notNull())
    .addColumn("updated_at", "bigint", (column) => column.notNull())
    .execute();
  await db.schema.createIndex("a2a_tasks_owner").on("a2a_tasks").columns(["owner_key", "status_at"]).execute();

  await db.schema
    .createTable("a2a_contexts")
    // SQLite keeps a short row in the tree of its integer key; a task's row is long, and its key has a narrow tree of its own.
    .addColumn("key", engine === "sqlite" ? "integer" : "bigint", (column) => column.primaryKey())
    .addColumn("owner", "text", (column) => column.notNull())
    .addColumn("updated_at", "bigint", (column) => column.notNull())
    .execute();

  await db.schema
    .createTable("a2a_push_configs")
    .addColumn("id", "text", (column) => column.primaryKey())
    .addColumn("agent_id", "text", (column) => column.notNull().references("agents.id").onDelete("cascade"))
    .addColumn("task_id", "text")
    .addColumn("config_id", "text", (column) => column.notNull())
    .addColumn("owner", "text", (column) => column.notNull())
    .addColumn("version", "text", (column) => column.notNull())
    .addColumn("secret_hash", "text", (column) => column.notNull())
    .addColumn("sealed", "text", (column) => column.notNull())
    .addColumn("created_at", "bigint", (column) => column.notNull())
    .execute();
  await db.schema
    .createIndex("a2a_push_configs_task")
    .unique()
    .on("a2a_push_configs")
    .columns(["agent_id", "task_id", "config_id"])
    .execute();

  await db.schema
    .createTable("a2a_push_outbox")
    .addColumn("id", "text", (column) => column.primaryKey())
    .addColumn("config", "text", (column) => column.notNull().references("a2a_push_configs.id").onDelete("cascade"))
    .addColumn("body", "text", (column) => column.notNull())
    .addColumn("attempts", "bigint", (column) => column.notNull())
    .addColumn("due_at", "bigint", (column) => column.notNull())
    .addColumn("created_at", "bigint", (column) => column.notNull())
    .execute();
  await db.schema.createIndex("a2a_push_outbox_due").on("a2a_push_outbox").column("due_at").execute();
}
