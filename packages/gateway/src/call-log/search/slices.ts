import { type RawBuilder, sql } from "kysely";
import type { Clock, Micros } from "../../runtime/index.ts";
import type { CallLogTable, EngineName, Storage } from "../../storage/index.ts";
import type { LogFilter } from "./log-filter.ts";

/** A part of the log's time, both ends included, and the ways into it that together reach all rows that are looked for. */
export interface Slice {
  ways: readonly Way[];
  low: Micros;
  high: Micros;
}

/** An index that rows are read along. */
interface Way {
  index:
    | "call_log_org"
    | "call_log_payer"
    | "call_log_agent"
    | "call_log_trace"
    | "call_log_context"
    | "call_log_parent"
    | "call_log_id"
    | "call_log_paid"
    | undefined;
  condition: RawBuilder<unknown> | undefined;
}

/** Rows of an index that one statement looks at: at first, at least, and at most. Each may have to be read from a cold disk. */
const FIRST_ROWS = 25;
const LEAST_ROWS = 10;
const MOST_ROWS = 20_000;
/** What one statement should take: long enough to be worth its way, too short for others to wait for. */
const STEP_MS = 10;
/** From one statement to the next: what was read at once may have been in memory, what comes need not be. */
const GROWTH_MAX = 2;
/** A name that more rows have is none to look rows up by. */
const NAMED_ROWS_MAX = 2_000;

/** Later than anything. */
export const LAST: Micros = 2n ** 62n;

export interface SlicesOptions {
  storage: Pick<Storage, "db" | "engine">;
  clock: Clock;
}

/** From when on the log's rows are in all its indexes. */
export async function indexedFrom({ db }: Pick<Storage, "db">): Promise<Micros> {
  const query = db.selectFrom("settings").select("value").where("name", "=", "call_log_indexed_from");
  return BigInt((await query.executeTakeFirst())?.value ?? "0");
}

/**
 * Takes the log apart from its newest row down, along the index that fits best, in slices of so many rows that each is looked through
 * in a moment, whatever is looked for in it. Whoever takes them stops when there is enough, or the time is over.
 */
export class Slices {
  readonly #db: Storage["db"];
  readonly #engine: EngineName;
  readonly #clock: Clock;
  #indexedFrom: Promise<Micros> | undefined;

  constructor({ storage, clock }: SlicesOptions) {
    this.#db = storage.db;
    this.#engine = storage.engine;
    this.#clock = clock;
  }

  /** @param rowsMin what a taker who looks for nothing in particular needs @param high the newest time, included */
  async *of(filter: LogFilter, high: Micros, rowsMin: number): AsyncGenerator<Slice> {
    if (high < filter.from) return;
    const named = await this.#named(filter, high);
    if (named) {
      yield { ways: [named], low: filter.from, high };
      return;
    }
    const border = await this.indexedFrom();
    let top = high;
    const parts = [
      { from: latest(border, filter.from), ways: waysOf(filter, this.#engine) },
      // What earlier versions wrote stands in fewer indexes.
      { from: filter.from, ways: agentWays(filter, this.#engine) ?? [TIME] },
    ];
    let rows = Math.max(FIRST_ROWS, rowsMin);
    for (const { from, ways } of parts) {
      while (top >= from) {
        const began = this.#clock.monotonic();
        const low = await this.#lowOf(ways, from, top, Math.max(1, Math.ceil(rows / ways.length)));
        yield { ways, low: low ?? from, high: top };
        const tookMs = this.#clock.monotonic() - began;
        const grown = rows * Math.min(GROWTH_MAX, STEP_MS / Math.max(tookMs, 1));
        rows = Math.min(MOST_ROWS, Math.max(LEAST_ROWS, Math.ceil(grown)));
        top = (low ?? from) - 1n;
      }
    }
  }

  /** The call's row, where an index knows it. */
  async find(id: string): Promise<CallLogTable | undefined> {
    const border = await this.indexedFrom();
    const ways: Way[] =
      this.#engine === "postgres"
        ? [{ index: "call_log_id", condition: sql`id = ${id} and created_at >= ${border}` }]
        : [
            { index: "call_log_trace", condition: sql`trace_id = ${id.replaceAll("-", "")} and id = ${id}` },
            { index: "call_log_id", condition: sql`id = ${id} and trace_id <> replace(id, '-', '')` },
          ];
    // The index of paid calls is older.
    ways.push({
      index: "call_log_paid",
      condition: sql`id = ${id} and payer_org_id is not null and created_at < ${border}`,
    });
    for (const way of ways) {
      const query = sql<CallLogTable>`
        select * from ${this.#rowsOf(way, 0n, LAST)} where ${way.condition!} limit 1`;
      const { rows } = await query.execute(this.#db);
      if (rows[0]) return rows[0];
    }
    return undefined;
  }

  indexedFrom(): Promise<Micros> {
    // A failed look is made anew.
    this.#indexedFrom ??= indexedFrom({ db: this.#db }).catch((error) => {
      this.#indexedFrom = undefined;
      throw error;
    });
    return this.#indexedFrom;
  }

  /** Rows of a slice that fulfil the conditions, as a table: `select … from ${rows}`. Each comes once. */
  rowsIn({ ways, low, high }: Slice, conditions: readonly RawBuilder<unknown>[]): RawBuilder<unknown> {
    const range = sql`created_at >= ${low} and created_at <= ${high}`;
    const parts = ways.map(
      (way) =>
        sql`select * from ${this.#rowsOf(way, low, high)} where ${sql.join([range, ...conditionOf(way), ...conditions], sql` and `)}`,
    );
    return sql`(${sql.join(parts, sql` union all `)}) as looked_at`;
  }

  /** When the last of so many rows was made; undefined when there are not as many. */
  async #lowOf(ways: readonly Way[], from: Micros, high: Micros, rows: number): Promise<Micros | undefined> {
    const parts = ways.map(
      (way) => sql`select * from (select created_at from ${this.#table(way)}
        where ${sql.join([sql`created_at >= ${from} and created_at <= ${high}`, ...conditionOf(way)], sql` and `)}
        order by created_at desc limit 1 offset ${rows - 1}) as reached`,
    );
    const query = sql<{ low: Micros | null }>`
      select max(created_at) as low from (${sql.join(parts, sql` union all `)}) as all_reached`;
    const { rows: found } = await query.execute(this.#db);
    return found[0]?.low ?? undefined;
  }

  /** A name that so few rows have that all of them can be looked at. */
  async #named(filter: LogFilter, high: Micros): Promise<Way | undefined> {
    const names = [
      ["call_log_trace", "trace_id", filter.traceId],
      ["call_log_parent", "parent_id", filter.parentId],
      ["call_log_context", "context_id", filter.contextId],
    ] as const;
    const border = await this.indexedFrom();
    for (const [index, column, value] of names) {
      if (value === undefined) continue;
      // Rows of before have none of these names, and on PostgreSQL no index that would tell so.
      const way: Way = { index, condition: sql`${sql.ref(column)} = ${value} and created_at >= ${border}` };
      const { rows } = await sql<{ count: bigint }>`
        select count(*) as count from (
          select 1 from ${this.#rowsOf(way, filter.from, high)} where ${way.condition!} limit ${NAMED_ROWS_MAX + 1}
        ) as named`.execute(this.#db);
      if (Number(rows[0]!.count) <= NAMED_ROWS_MAX) return way;
    }
    return undefined;
  }

  /** The table, along the way's index where SQLite has to be told. (PostgreSQL's partitions have statistics of their own.) */
  #table({ index }: Way): RawBuilder<unknown> {
    return this.#engine === "sqlite" && index ? sql`call_log indexed by ${sql.ref(index)}` : sql`call_log`;
  }

  /** SQLite's names stand by hour: those that there are rows of are looked up along the primary key. */
  #rowsOf(way: Way, low: Micros, high: Micros): RawBuilder<unknown> {
    if (this.#engine !== "sqlite" || !isByHour(way)) return this.#table(way);
    return sql`(
      with recursive hours(hour) as (
        select (select max(created_at) from call_log where created_at <= ${high}) / 3600000000
        union all
        select (select max(created_at) from call_log where created_at < hour * 3600000000 and created_at >= ${low}) / 3600000000
        from hours where hour is not null limit 20000
      )
      select call_log.* from ${this.#table(way)} where (created_at / 3600000000) in (select hour from hours where hour is not null)
        and ${way.condition!}) as by_hour`;
  }
}

const latest = (a: Micros, b: Micros): Micros => [a, b].sort((one, other) => Number(one - other))[1]!;

const TIME: Way = { index: undefined, condition: undefined };

const isByHour = ({ index }: Way): boolean =>
  index === "call_log_id" || index === "call_log_trace" || index === "call_log_context" || index === "call_log_parent";

const conditionOf = ({ condition }: Way) => (condition ? [condition] : []);

function waysOf(filter: LogFilter, engine: EngineName): readonly Way[] {
  const byAgent = agentWays(filter, engine);
  if (byAgent) return byAgent;
  const isNew = engine === "sqlite" ? sql` and trace_id is not null` : sql``;
  const payerOrgId = filter.role === "payer" && filter.orgId !== undefined ? filter.orgId : filter.payerOrgId;
  if (payerOrgId !== undefined)
    return [{ index: "call_log_payer", condition: sql`payer_org_id = ${payerOrgId}${isNew}` }];
  if (filter.orgId === undefined) return [TIME];
  return [{ index: "call_log_org", condition: sql`org_id = ${filter.orgId}${isNew}` }];
}

/** Agents whose calls are read apart: PostgreSQL has each of them planned with every partition. */
const AGENT_WAYS_MAX: Readonly<Record<EngineName, number>> = { sqlite: 50, postgres: 4 };

/** Each agent's calls apart: so they come in the order of time. */
function agentWays({ agentIds }: LogFilter, engine: EngineName): readonly Way[] | undefined {
  if (agentIds === undefined || agentIds.length === 0 || agentIds.length > AGENT_WAYS_MAX[engine]) return undefined;
  return agentIds.map((id) => ({ index: "call_log_agent", condition: sql`agent_id = ${id}` }));
}
