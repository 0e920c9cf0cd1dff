import { type RawBuilder, sql } from "kysely";
import type { Kept } from "../../leases/index.ts";
import type { Micros } from "../../runtime/index.ts";
import type { Statement, Storage } from "../../storage/index.ts";
import type { SinkCursors } from "../sink-cursors.ts";
import type { DayPartition, DayPartitions } from "./day-partitions.ts";

/** Rows that one step forgets, or looks at. */
const STEP_ROWS = 500;
const LOOKED_AT_ROWS = 5_000;
/** How much longer rows are kept that a sink has not taken; never more than as long again. */
const AWAITED_MS_MAX = 7 * 86_400_000;

/**
 * The log's rows. Of those that were paid for the id stays, which the ledger is compared with; all else that money or reviews depend on is
 * not read from the log. On PostgreSQL whole days are dropped once all of a day is old enough. Rows that a sink has not taken wait for
 * it, within bounds; what is forgotten nevertheless is counted.
 */
export function keptCalls(
  storage: Storage,
  keptMs: number,
  partitions: DayPartitions | undefined,
  sinks: SinkCursors,
): Kept {
  const part: LogPart = { table: partitions ? "call_log_rest" : "call_log", end: undefined };
  return {
    lease: "call-log-forgetting",
    what: "old calls",
    keptMs,
    async *forget(beforeMs) {
      const old = BigInt(Math.floor(beforeMs)) * 1000n;
      const awaited = await sinks.waitingSince();
      const latest = old - BigInt(Math.min(keptMs, AWAITED_MS_MAX)) * 1000n;
      const before = awaited === undefined || awaited >= old ? old : awaited > latest ? awaited : latest;
      const waiting = { sinks, lose: awaited !== undefined && awaited < before };
      yield await oldestMs(storage);
      if (!partitions) return yield* forgetRows(storage, part, before, waiting);
      await partitions.ensure();
      for (const partition of await partitions.list()) {
        if (partition.end > before) break;
        const lost = new Map<string, bigint>();
        yield* keepPaid(storage, partition, async (from, to) => {
          if (waiting.lose) await sinks.addUntaken(lost, partition.table, from, to);
        });
        // What is still being read is dropped at the next walk.
        if (await partitions.drop(partition)) await sinks.lose(lost);
        yield undefined;
      }
      yield* forgetRows(storage, part, before, waiting);
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
async function* forgetRows(
  storage: Storage,
  { table }: LogPart,
  before: Micros,
  { sinks, lose }: { sinks: SinkCursors; lose: boolean },
): AsyncGenerator<undefined> {
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
      ...(lose ? [sinks.losing(table, end)] : []),
      statement(storage, sql`delete from ${from} where ${old}`),
      ...(storage.engine === "sqlite" ? [sinks.stepBack()] : []),
    ]);
    yield undefined;
    if (end === before) return;
  }
}

async function* keepPaid(
  storage: Storage,
  { table, end }: DayPartition,
  onStep: (from: Micros, to: Micros) => Promise<void>,
): AsyncGenerator<undefined> {
  for (let from = 0n; from < end; ) {
    const to = await endOfStep(storage, table, from, end, LOOKED_AT_ROWS);
    if (to === undefined) return;
    await sql`insert into paid_calls (id)
      select id from ${sql.ref(table)} where created_at >= ${from} and created_at < ${to} and ${paid}
      on conflict do nothing`.execute(storage.db);
    await onStep(from, to);
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
