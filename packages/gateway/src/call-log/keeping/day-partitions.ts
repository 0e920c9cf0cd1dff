import { type RawBuilder, sql } from "kysely";
import { type Clock, type Log, type Micros, microsNow, pause } from "../../runtime/index.ts";
import type { Storage } from "../../storage/index.ts";

const MICROS_PER_DAY = 86_400_000_000n;
/** UTC days that have their partition beforehand, today included. */
const DAYS_AHEAD = 4n;
/** A clock that runs wild makes no more than that. */
const PARTITIONS_MAX = 1_000;
/** Rows of a day that can be moved into its partition in a moment, when that comes late. */
const MOVED_MAX = 5_000;
/** How long a lock on the log may be waited for: others wait behind. */
const LOCK_MS = 100;
const ATTEMPTS = 20;
const AGAIN_MS = 500;

/** A partition of whole days; `before` holds what was there before there were days. */
export interface DayPartition {
  table: string;
  /** Where it ends, not included. */
  end: Micros;
}

/** The log's partitions on PostgreSQL, one for each UTC day. What has no day yet stands in `call_log_rest`, and loses nothing by it. */
export class DayPartitions {
  readonly #db: Storage["db"];
  readonly #clock: Clock;
  readonly #log: Log;

  constructor({ storage, clock, log }: { storage: Storage; clock: Clock; log: Log }) {
    this.#db = storage.db;
    this.#clock = clock;
    this.#log = log;
  }

  /** Makes those of today and the next days, where they are missing. Any node may, at any time. */
  async ensure(over?: AbortSignal): Promise<void> {
    const today = microsNow(this.#clock) / MICROS_PER_DAY;
    const known = new Set((await this.list()).map(({ table }) => table));
    if (known.size + Number(DAYS_AHEAD) > PARTITIONS_MAX) return;
    for (let day = today; day < today + DAYS_AHEAD; day++) {
      if (known.has(nameOf(day)) || over?.aborted) continue;
      await this.#patiently(
        `the partition of the log ${nameOf(day)} could not be made yet`,
        () => this.#make(day),
        over,
      );
    }
  }

  /** Oldest first. */
  async list(): Promise<DayPartition[]> {
    const { rows } = await sql<{ name: string }>`
      select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid
      where i.inhparent = 'call_log'::regclass`.execute(this.#db);
    const days = rows.flatMap(({ name }) => {
      const day = dayOf(name);
      return day === undefined ? [] : [{ table: name, end: (day + 1n) * MICROS_PER_DAY }];
    });
    days.sort((a, b) => Number(a.end - b.end));
    if (!rows.some(({ name }) => name === "call_log_before")) return days;
    const border = this.#db.selectFrom("settings").select("value").where("name", "=", "call_log_indexed_from");
    const end = BigInt((await border.executeTakeFirstOrThrow()).value);
    return [{ table: "call_log_before", end }, ...days];
  }

  /** Drops a partition with all that is in it. @returns false when others would have had to wait; it can be tried again */
  async drop({ table }: DayPartition): Promise<boolean> {
    try {
      await this.#briefly(sql`drop table ${sql.ref(table)}`);
      return true;
    } catch (error) {
      if (isLocked(error)) return false;
      throw error;
    }
  }

  async #make(day: bigint): Promise<void> {
    const [from, to] = [day * MICROS_PER_DAY, (day + 1n) * MICROS_PER_DAY];
    const table = sql.ref(nameOf(day));
    const range = sql`created_at >= ${sql.lit(`${from}`)} and created_at < ${sql.lit(`${to}`)}`;
    await this.#db.transaction().execute(async (trx) => {
      await sql`set local lock_timeout = ${sql.lit(`${LOCK_MS}ms`)}`.execute(trx);
      // Of nodes that do it together, one does.
      await sql`lock table call_log_rest in access exclusive mode`.execute(trx);
      const { rows } = await sql<{ isThere: boolean }>`
        select to_regclass(${sql.lit(nameOf(day))}) is not null as "isThere"`.execute(trx);
      if (rows[0]!.isThere) return;
      const early = await sql<{ count: bigint }>`
        select count(*) as count from (select 1 from call_log_rest where ${range} limit ${sql.lit(MOVED_MAX + 1)}) as early`.execute(
        trx,
      );
      // A day that began without its partition stays where it is.
      if (Number(early.rows[0]!.count) > MOVED_MAX) return;
      await sql`create table ${table} (like call_log including all)`.execute(trx);
      await sql`with moved as (delete from call_log_rest where ${range} returning *)
        insert into ${table} select * from moved`.execute(trx);
      const [low, high] = [sql.lit(`${from}`), sql.lit(`${to}`)];
      await sql`alter table call_log attach partition ${table} for values from (${low}) to (${high})`.execute(trx);
    });
  }

  async #briefly(statement: RawBuilder<unknown>): Promise<void> {
    await this.#db.transaction().execute(async (trx) => {
      await sql`set local lock_timeout = ${sql.lit(`${LOCK_MS}ms`)}`.execute(trx);
      await statement.execute(trx);
    });
  }

  async #patiently(what: string, work: () => Promise<void>, over: AbortSignal | undefined): Promise<void> {
    for (let attempt = 1; !over?.aborted; attempt++) {
      try {
        return await work();
      } catch (error) {
        if (attempt === ATTEMPTS || !isLocked(error)) {
          this.#log.warn({ err: error }, what);
          return;
        }
        await pause(this.#clock, AGAIN_MS, over);
      }
    }
  }
}

const LOCK_NOT_AVAILABLE = "55P03";
const isLocked = (error: unknown): boolean => (error as { code?: unknown } | null)?.code === LOCK_NOT_AVAILABLE;

const nameOf = (day: bigint): string =>
  `call_log_d${new Date(Number(day * 86_400_000n)).toISOString().slice(0, 10).replaceAll("-", "")}`;

function dayOf(name: string): bigint | undefined {
  const [, year, month, date] = /^call_log_d(\d{4})(\d\d)(\d\d)$/.exec(name) ?? [];
  return year === undefined ? undefined : BigInt(Date.UTC(Number(year), Number(month) - 1, Number(date)) / 86_400_000);
}
