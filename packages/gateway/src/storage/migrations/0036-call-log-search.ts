import { type Kysely, sql } from "kysely";
import type { EngineName } from "../engine.ts";

const MICROS_PER_DAY = 86_400_000_000n;
/** Days that are made ahead at once; the gateway goes on with that. */
const DAYS = 3n;

/**
 * Where the log's rows are looked for, and on PostgreSQL a partition for each UTC day, so that old days are dropped and each day's indexes
 * are small. What was there before is one partition without the new indexes: building them would take as long as there are rows. From
 * when on there are such is in `settings`.
 */
export async function up(db: Kysely<unknown>, engine: EngineName): Promise<void> {
  const { rows } = await sql<{ last: bigint | null }>`select max(created_at) as last from call_log`.execute(db);
  const last = rows[0]?.last ?? null;
  const indexedFrom = engine === "sqlite" ? await indexNewRows(db, last) : await partition(db, last);
  await sql`insert into settings (name, value) values ('call_log_indexed_from', ${`${indexedFrom}`})`.execute(db);
}

/**
 * Names that are drawn at random stand by hour, so that a batch of rows fills few pages of an index. A call that begins a trace of its own
 * is found by that trace, which has the call's digits.
 */
async function indexNewRows(db: Kysely<unknown>, last: bigint | null): Promise<bigint> {
  const isNew = sql`trace_id is not null`;
  const hour = sql`(created_at / 3600000000)`;
  await sql`create index call_log_org on call_log (org_id, created_at) where org_id is not null and ${isNew}`.execute(
    db,
  );
  await sql`create index call_log_payer on call_log (payer_org_id, created_at) where payer_org_id is not null and ${isNew}`.execute(
    db,
  );
  await sql`create index call_log_trace on call_log (${hour}, trace_id) where ${isNew}`.execute(db);
  await sql`create index call_log_id on call_log (${hour}, id) where trace_id <> replace(id, '-', '')`.execute(db);
  await sql`create index call_log_context on call_log (${hour}, context_id) where context_id is not null`.execute(db);
  await sql`create index call_log_parent on call_log (${hour}, parent_id) where parent_id is not null`.execute(db);
  return last === null ? 0n : last + 1n;
}

async function partition(db: Kysely<unknown>, last: bigint | null): Promise<bigint> {
  const clock = await sql<{ now: bigint }>`
    select cast(extract(epoch from clock_timestamp()) * 1000000 as bigint) as now`.execute(db);
  const today = clock.rows[0]!.now / MICROS_PER_DAY;
  const lastDay = last === null ? today - 1n : last / MICROS_PER_DAY;
  const firstDay = last === null ? today : (lastDay > today ? lastDay : today) + 1n;
  for (const [from, to] of [
    ["call_log_key", "call_log_before_key"],
    ["call_log_agent", "call_log_before_agent"],
    ["call_log_paid", "call_log_before_paid"],
  ]) {
    await sql`alter index ${sql.ref(from!)} rename to ${sql.ref(to!)}`.execute(db);
  }
  await sql`alter table call_log rename to call_log_before`.execute(db);
  await sql`create table call_log (like call_log_before including defaults) partition by range (created_at)`.execute(
    db,
  );
  await sql`alter table call_log add constraint call_log_key primary key (created_at, id)`.execute(db);
  await sql`create index call_log_agent on call_log (agent_id, created_at)`.execute(db);
  if (last === null) await sql`drop table call_log_before`.execute(db);
  else {
    const end = sql.lit(`${firstDay * MICROS_PER_DAY}`);
    await sql`alter table call_log attach partition call_log_before for values from (minvalue) to (${end})`.execute(db);
  }
  // Of the parent alone: partitions that are made later have them too, and what was there before has not.
  await sql`create index call_log_org on only call_log (org_id, created_at) where org_id is not null`.execute(db);
  await sql`create index call_log_payer on only call_log (payer_org_id, created_at) where payer_org_id is not null`.execute(
    db,
  );
  await sql`create index call_log_id on only call_log (id)`.execute(db);
  await sql`create index call_log_trace on only call_log (trace_id)`.execute(db);
  await sql`create index call_log_context on only call_log (context_id) where context_id is not null`.execute(db);
  await sql`create index call_log_parent on only call_log (parent_id) where parent_id is not null`.execute(db);
  await sql`create table call_log_rest partition of call_log default`.execute(db);
  for (let day = firstDay; day < firstDay + DAYS; day++) {
    const name = new Date(Number(day * MICROS_PER_DAY) / 1000).toISOString().slice(0, 10).replaceAll("-", "");
    const [from, to] = [day, day + 1n].map((bound) => sql.lit(`${bound * MICROS_PER_DAY}`));
    await sql`create table ${sql.ref(`call_log_d${name}`)} partition of call_log for values from (${from}) to (${to})`.execute(
      db,
    );
  }
  return last === null ? 0n : firstDay * MICROS_PER_DAY;
}
