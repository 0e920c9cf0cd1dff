import { type Kysely, type RawBuilder, sql } from "kysely";
import type { EngineName } from "../engine.ts";

/**
 * Who changed what: rows that are written in the transactions of the changes, and soon after sealed, in order, into a chain of hashes. Rows
 * and seals are only added; what retention has left behind its anchor alone may go. A row waits to be sealed from the moment it is there.
 */
export async function up(db: Kysely<unknown>, engine: EngineName): Promise<void> {
  const bytes = engine === "postgres" ? sql`text collate "C"` : sql`text`;
  await db.schema
    .createTable("audit_log")
    .addColumn("id", bytes, (column) => column.primaryKey())
    .addColumn("at", "bigint", (column) => column.notNull())
    .addColumn("action", bytes, (column) => column.notNull())
    .addColumn("actor_kind", "text", (column) => column.notNull())
    .addColumn("actor_org", "text")
    .addColumn("key_id", "text")
    .addColumn("key_name", "text")
    .addColumn("org_id", "text")
    .addColumn("target_kind", "text", (column) => column.notNull())
    .addColumn("target_id", "text")
    .addColumn("target_name", "text")
    .addColumn("changes", "text", (column) => column.notNull())
    .addColumn("request_id", "text")
    .addColumn("address", "text")
    .execute();
  for (const column of ["org_id", "target_id"]) {
    await db.schema.createIndex(`audit_log_${column}`).on("audit_log").columns([column, "id"]).execute();
  }
  await db.schema
    .createTable("audit_pending")
    .addColumn("id", bytes, (column) => column.primaryKey())
    .execute();
  await db.schema
    .createTable("audit_seals")
    .addColumn("seq", "bigint", (column) => column.primaryKey())
    .addColumn("id", bytes, (column) => column.notNull().unique())
    .addColumn("digest", "text", (column) => column.notNull())
    .addColumn("hash", "text", (column) => column.notNull())
    .addColumn("sealed_at", "bigint", (column) => column.notNull())
    .execute();
  await db.schema.createIndex("audit_seals_time").on("audit_seals").columns(["sealed_at", "seq"]).execute();
  await db.schema
    .createTable("audit_head")
    .addColumn("id", "bigint", (column) => column.primaryKey())
    .addColumn("seq", "bigint", (column) => column.notNull())
    .addColumn("hash", "text", (column) => column.notNull())
    .addColumn("sealed_at", "bigint", (column) => column.notNull())
    .addColumn("anchor_seq", "bigint", (column) => column.notNull())
    .addColumn("anchor_hash", "text", (column) => column.notNull())
    .execute();
  await sql`insert into audit_head values (1, 0, '', 0, 0, '')`.execute(db);
  for (const statement of engine === "sqlite" ? sqliteTriggers : postgresTriggers) await statement.execute(db);
}

/** What must not happen, to which table, and when it is that. */
interface Guard {
  name: string;
  event: string;
  table: string;
  /** Over `old` and `new`; nothing for always. */
  when?: string;
  says: string;
}

const guards: readonly Guard[] = [
  { name: "audit_log_unchanged", event: "update", table: "audit_log", says: "rows of the audit log do not change" },
  {
    name: "audit_log_kept",
    event: "delete",
    table: "audit_log",
    when: `not exists (select 1 from audit_seals s, audit_head h where s.id = old.id and s.seq <= h.anchor_seq)`,
    says: "rows of the audit log are not deleted",
  },
  { name: "audit_pending_unchanged", event: "update", table: "audit_pending", says: "what waits to be sealed waits" },
  {
    name: "audit_pending_kept",
    event: "delete",
    table: "audit_pending",
    when: `not exists (select 1 from audit_seals s where s.id = old.id)`,
    says: "what waits to be sealed waits",
  },
  { name: "audit_seals_unchanged", event: "update", table: "audit_seals", says: "seals do not change" },
  {
    name: "audit_seals_kept",
    event: "delete",
    table: "audit_seals",
    when: `not exists (select 1 from audit_head h where old.seq <= h.anchor_seq)`,
    says: "seals are not deleted",
  },
  {
    name: "audit_seals_last",
    event: "insert",
    table: "audit_seals",
    when: `not exists (select 1 from audit_head h where new.seq > h.seq)`,
    says: "seals come behind the head",
  },
  { name: "audit_head_kept", event: "delete", table: "audit_head", says: "the head of the audit log stays" },
  {
    name: "audit_head_forward",
    event: "update",
    table: "audit_head",
    when: `new.seq < old.seq or new.anchor_seq < old.anchor_seq
      or not ((new.seq = old.seq and new.hash = old.hash)
        or exists (select 1 from audit_seals s where s.seq = new.seq and s.hash = new.hash))
      or not ((new.anchor_seq = old.anchor_seq and new.anchor_hash = old.anchor_hash)
        or exists (select 1 from audit_seals s where s.seq = new.anchor_seq and s.hash = new.anchor_hash))`,
    says: "the head of the audit log only moves on, to what is sealed",
  },
];

const sqliteTriggers: RawBuilder<unknown>[] = [
  ...guards.map(({ name, event, table, when, says }) =>
    sql.raw(
      `create trigger ${name} before ${event} on ${table} ${when === undefined ? "" : `when ${when}`} begin
        select raise(abort, '${says}');
      end`,
    ),
  ),
  sql`
    create trigger audit_log_waits after insert on audit_log begin
      insert into audit_pending (id) values (new.id);
    end`,
];

const postgresTriggers: RawBuilder<unknown>[] = [
  ...guards.flatMap(({ name, event, table, when, says }) => [
    sql.raw(`
      create function ${name}() returns trigger language plpgsql as $$ begin
        ${when === undefined ? "" : `if ${when} then`}
          raise exception '${says}';
        ${when === undefined ? "" : "end if;"}
        return ${event === "delete" ? "old" : "new"};
      end $$`),
    sql.raw(`create trigger ${name} before ${event} on ${table} for each row execute function ${name}()`),
  ]),
  sql`
    create function audit_not_emptied() returns trigger language plpgsql as $$ begin
      raise exception 'the audit log is not emptied';
    end $$`,
  ...["audit_log", "audit_seals", "audit_pending", "audit_head"].map((table) =>
    sql.raw(
      `create trigger ${table}_not_emptied before truncate on ${table} for each statement execute function audit_not_emptied()`,
    ),
  ),
  sql`
    create function audit_log_waits() returns trigger language plpgsql as $$ begin
      insert into audit_pending (id) values (new.id);
      return null;
    end $$`,
  sql`create trigger audit_log_waits after insert on audit_log for each row execute function audit_log_waits()`,
];
