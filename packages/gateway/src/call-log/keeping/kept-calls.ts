import { type RawBuilder, sql } from "kysely";
import type { Kept } from "../../leases/index.ts";
import type { Micros } from "../../runtime/index.ts";
import type { Statement, Storage } from "../../storage/index.ts";
import type { DayPartition, DayPartitions } from "./day-partitions.ts";

/** Rows that one step forgets, or looks at. */
const STEP_ROWS = 500;
const LOOKED_AT_ROWS = 5_000;

/**
 * The log's rows. Of those that were paid for the id stays, which the ledger is compared with; all else that money or reviews depend on is
 * not read from the log. On PostgreSQL whole days are dropped once all of a day is old enough.
 */
export function keptCalls(storage: Storage, keptMs: number, partitions: DayPartitions | undefined): Kept {
  const rest: LogPart = { table: "call_log_rest", end: undefined };
  return {
    lease: "call-log-forgetting",
    what: "old calls",
    keptMs,
    async *forget(beforeMs) {
      const before = BigInt(Math.floor(beforeMs)) * 1000n;
      yield await oldestMs(storage);
      if (!partitions) return yield* forgetRows(storage, { table: "call_log", end: undefined }, before);
      await partitions.ensure();
      for (const partition of await partitions.list()) {
        if (partition.end > before) break;
        yield* keepPaid(storage, partition);
        // What is still being read is dropped at the next walk.
        await partitions.drop(partition);
        yield undefined;
      }
      yield* forgetRows(storage, rest, before);
    },
  };
}

interface LogPart extends Pick<DayPartition, "table"> {
  end: Micros | undefined;
}

async function oldestMs({ db }: Storage): Promise<number | undefined> {
  const { rows } = await sql<{ oldest: Micros | null }>`select min(created_at) as oldest from call_log`.execute(db);
  const oldest = rows[0]?.oldest ?? undefined;
  return oldest === undefined ? undefined : Number(oldest / 1000n);
}

/** Oldest first, so few at a time that nobody waits for them. */
async function* forgetRows(storage: Storage, { table }: LogPart, before: Micros): AsyncGenerator<undefined> {
  const from = sql.ref(table);
  for (;;) {
    const end = await endOfStep(storage, table, 0n, before, STEP_ROWS);
    if (end === undefined) return;
    const old = sql`created_at < ${end}`;
    await storage.batch([
      statement(
        storage,
        sql`insert into paid_calls (id) select id from ${from} where ${old} and ${paid} on conflict do nothing`,
      ),
      statement(storage, sql`delete from ${from} where ${old}`),
    ]);
    yield undefined;
    if (end === before) return;
  }
}

async function* keepPaid(storage: Storage, { table, end }: DayPartition): AsyncGenerator<undefined> {
  for (let from = 0n; from < end; ) {
    const to = await endOfStep(storage, table, from, end, LOOKED_AT_ROWS);
    if (to === undefined) return;
    await sql`insert into paid_calls (id)
      select id from ${sql.ref(table)} where created_at >= ${from} and created_at < ${to} and ${paid}
      on conflict do nothing`.execute(storage.db);
    from = to;
    yield undefined;
  }
}

/** Where the next so many rows end, of one time all or none; undefined when there are none. */
async function endOfStep(
  { db }: Storage,
  table: string,
  from: Micros,
  end: Micros,
  rows: number,
): Promise<Micros | undefined> {
  const range = sql`created_at >= ${from} and created_at < ${end}`;
  const { rows: found } = await sql<{ first: Micros | null; next: Micros | null }>`
    select (select min(created_at) from ${sql.ref(table)} where ${range}) as first,
      (select created_at from ${sql.ref(table)} where ${range} order by created_at limit 1 offset ${rows}) as next`.execute(
    db,
  );
  const { first = null, next = null } = found[0] ?? {};
  if (first === null) return undefined;
  if (next === null) return end;
  return next > first ? next : first + 1n;
}

const paid = sql`payer_org_id is not null and status = 'success'`;

const statement = ({ db }: Storage, text: RawBuilder<unknown>): Statement => text.compile(db);
