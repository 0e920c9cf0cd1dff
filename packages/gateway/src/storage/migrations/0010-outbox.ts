import { type Kysely, sql } from "kysely";

/** What waits to be told to receivers, by queues that are each one's own; when a push config is forgotten. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("outbox_lanes")
    .addColumn("id", "text", (column) => column.primaryKey())
    .addColumn("topic", "text", (column) => column.notNull())
    .addColumn("owner", "text", (column) => column.notNull())
    .addColumn("source", "text", (column) => column.notNull())
    .addColumn("tenant", "text", (column) => column.notNull())
    .addColumn("receiver", "text", (column) => column.notNull())
    .addColumn("messages", "bigint", (column) => column.notNull())
    .addColumn("bytes", "bigint", (column) => column.notNull())
    .addColumn("added", "bigint", (column) => column.notNull())
    .addColumn("failures", "bigint", (column) => column.notNull())
    .addColumn("due_at", "bigint", (column) => column.notNull())
    .addColumn("lease", "text")
    .execute();
  await db.schema
    .createTable("outbox_messages")
    .addColumn("id", "text", (column) => column.primaryKey())
    .addColumn("lane", "text", (column) => column.notNull().references("outbox_lanes.id").onDelete("cascade"))
    .addColumn("seq", "bigint", (column) => column.notNull())
    .addColumn("body", "text", (column) => column.notNull())
    .addColumn("bytes", "bigint", (column) => column.notNull())
    .addColumn("attempts", "bigint", (column) => column.notNull())
    .addColumn("created_at", "bigint", (column) => column.notNull())
    .execute();

  await sql`
    insert into outbox_lanes
      (id, topic, owner, source, tenant, receiver, messages, bytes, added, failures, due_at, lease)
    select config.id, 'a2a.push', config.owner, config.agent_id, config.agent_id, config.id, count(*),
      cast(sum(length(waiting.body)) as bigint), count(*), 0, min(waiting.due_at), null
    from a2a_push_outbox as waiting join a2a_push_configs as config on config.id = waiting.config
    group by config.id, config.owner, config.agent_id`.execute(db);
  await sql`
    insert into outbox_messages (id, lane, seq, body, bytes, attempts, created_at)
    select id, config, row_number() over (partition by config order by created_at, id), body, length(body), attempts, created_at
    from a2a_push_outbox`.execute(db);
  await db.schema.dropTable("a2a_push_outbox").execute();

  await db.schema.createIndex("outbox_lanes_due").on("outbox_lanes").columns(["topic", "due_at"]).execute();
  await db.schema.createIndex("outbox_lanes_owner").on("outbox_lanes").columns(["owner"]).execute();
  await db.schema.createIndex("outbox_lanes_source").on("outbox_lanes").columns(["source"]).execute();
  await db.schema.createIndex("outbox_messages_lane").unique().on("outbox_messages").columns(["lane", "seq"]).execute();

  await db.schema
    .alterTable("a2a_push_configs")
    .addColumn("expires_at", "bigint", (column) => column.notNull().defaultTo(0))
    .execute();
  await sql`update a2a_push_configs set expires_at = created_at + 2592000000000`.execute(db);
  await db.schema
    .createIndex("a2a_push_configs_owner")
    .on("a2a_push_configs")
    .columns(["owner", "created_at"])
    .execute();
  await db.schema.createIndex("a2a_push_configs_expiry").on("a2a_push_configs").columns(["expires_at"]).execute();
}
