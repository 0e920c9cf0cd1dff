import { type RawBuilder, sql } from "kysely";
import type { Clock, Micros } from "../../runtime/index.ts";
import type { CallLogTable, Storage } from "../../storage/index.ts";
import type { LoggedCall } from "../entry.ts";
import { ofRow } from "../row.ts";
import { conditionsOf, type LogFilter, type LogPlace } from "./log-filter.ts";
import { type Slice, Slices } from "./slices.ts";

export interface LogPage {
  entries: LoggedCall[];
  /** Behind which the next page begins; null when there is none. */
  next: LogPlace | null;
  /** Where the search was when its time was over: what is older was not looked at; null when that was not so. */
  searchedTo: Micros | null;
}

/** How often something was found; and how far was looked, as in a page. */
export interface Counts<T> {
  counts: T;
  searchedTo: Micros | null;
}

export interface Bucket {
  /** When it begins. */
  at: Micros;
  ok: number;
  error: number;
}

export interface Facets {
  status: Tally;
  error: Tally;
  agent: Tally;
  payer: Tally;
  entrance: Tally;
  protocol: Tally;
  skill: Tally;
}
type Tally = Map<string, number>;

/**
 * Calls that are read at once where all are asked for. What V8 finds alive as it clears the young generation is kept until it clears all: of 500
 * calls, which take a part of that generation, tens of megabytes in a long list.
 */
const EXPORTED_AT_ONCE = 100;
/** What an answer may take of the database, in milliseconds, beside its last statement. */
const BUDGET_MS = 40;

const facetColumns = {
  status: "status",
  error: "error_detail",
  agent: "agent_id",
  payer: "payer_org_id",
  entrance: "entrance",
  protocol: "protocol",
  skill: "skill",
} as const;

/** Finds calls in the log by any filter, in any range, in bounded time: what it did not come to it says. */
export class LogSearch {
  readonly #db: Storage["db"];
  readonly #clock: Clock;
  readonly #slices: Slices;
  readonly #budgetMs: number;

  constructor({ storage, clock, budgetMs = BUDGET_MS }: { storage: Storage; clock: Clock; budgetMs?: number }) {
    this.#db = storage.db;
    this.#clock = clock;
    this.#budgetMs = budgetMs;
    this.#slices = new Slices({ storage, clock });
  }

  /** Newest first. */
  async page(filter: LogFilter, { before, limit }: { before?: LogPlace | undefined; limit: number }): Promise<LogPage> {
    const endsAt = this.#clock.monotonic() + this.#budgetMs;
    const entries: LoggedCall[] = [];
    for await (const { rows, slice } of this.#found(filter, before, () => limit - entries.length)) {
      for (const row of rows.slice(0, limit - entries.length)) entries.push(ofRow(row));
      const isCut = rows.length > 0 && entries.length === limit;
      if (isCut) return { entries, next: entries.at(-1)!, searchedTo: null };
      if (slice.low > filter.from && this.#clock.monotonic() >= endsAt)
        return { entries, next: { createdAt: slice.low, id: "" }, searchedTo: slice.low };
    }
    return { entries, next: null, searchedTo: null };
  }

  /** One call; of earlier versions' calls that nobody paid for, only if it is looked for by its time. */
  async find(id: string): Promise<LoggedCall | undefined> {
    const row = await this.#slices.find(id);
    return row && ofRow(row);
  }

  /** All of them, newest first, some at a time; ends with `over`, also where nothing is found for long. */
  async *all(filter: LogFilter, before: LogPlace | undefined, over: AbortSignal): AsyncGenerator<LoggedCall[]> {
    let place = before;
    for (;;) {
      let last: CallLogTable | undefined;
      for await (const { rows } of this.#found(filter, place, () => EXPORTED_AT_ONCE)) {
        if (over.aborted) return;
        if (rows.length === 0) continue;
        const some = rows.slice(0, EXPORTED_AT_ONCE);
        yield some.map(ofRow);
        if (rows.length <= EXPORTED_AT_ONCE) continue;
        last = some.at(-1)!;
        break;
      }
      if (!last) return;
      place = { createdAt: last.created_at, id: last.id };
    }
  }

  async histogram(filter: LogFilter, stepMicros: bigint): Promise<Counts<Bucket[]>> {
    const buckets = new Map<bigint, Bucket>();
    const start = filter.from - (filter.from % stepMicros);
    for (let at = start; at < filter.to; at += stepMicros) buckets.set(at, { at, ok: 0, error: 0 });
    const searchedTo = await this.#counted(filter, async (rows) => {
      const bucket = sql`created_at - created_at % ${sql.lit(stepMicros)}`;
      const { rows: found } = await sql<{ at: bigint; status: string; count: bigint }>`
        select ${bucket} as at, status, count(*) as count from ${rows} group by 1, 2`.execute(this.#db);
      for (const { at, status, count } of found)
        buckets.get(at)![status === "success" ? "ok" : "error"] += Number(count);
    });
    return { counts: [...buckets.values()], searchedTo };
  }

  async facets(filter: LogFilter): Promise<Counts<Facets>> {
    const facets: Facets = {
      ...{ status: new Map(), error: new Map(), agent: new Map() },
      ...{ payer: new Map(), entrance: new Map(), protocol: new Map(), skill: new Map() },
    };
    const columns = sql.join(Object.values(facetColumns).map((column) => sql.ref(column)));
    const searchedTo = await this.#counted(filter, async (rows) => {
      const { rows: found } = await sql<CallLogTable & { count: bigint }>`
        select ${columns}, count(*) as count from ${rows} group by ${columns}`.execute(this.#db);
      for (const row of found) {
        for (const [facet, column] of Object.entries(facetColumns)) {
          const value = row[column];
          if (value === null) continue;
          const tally = facets[facet as keyof Facets];
          tally.set(value, (tally.get(value) ?? 0) + Number(row.count));
        }
      }
    });
    return { counts: facets, searchedTo };
  }

  /** Of each slice the first rows that fulfil everything, and one more where there are more. */
  async *#found(filter: LogFilter, before: LogPlace | undefined, wanted: () => number) {
    const reached = before && (before.id === "" ? before.createdAt - 1n : before.createdAt);
    const high = reached !== undefined && reached < filter.to ? reached : filter.to - 1n;
    const conditions = conditionsOf(filter);
    // What a way leads to is all wanted. Of what has to be looked through nobody knows how much would have to be read for a page.
    const led = [filter.orgId, filter.agentIds].filter((value) => value !== undefined);
    const rowsMin = conditions.length > led.length ? 0 : wanted() + 1;
    for await (const slice of this.#slices.of(filter, high, rowsMin)) {
      // What stands beside the last row of the page before, at the same time, comes by its id.
      const isFirst = before !== undefined && before.id !== "" && slice.high === before.createdAt;
      const behind = isFirst ? [sql`(created_at < ${before.createdAt} or id < ${before.id})`] : [];
      const from = this.#slices.rowsIn(slice, [...conditions, ...behind]);
      const { rows } = await sql<CallLogTable>`
        select * from ${from} order by created_at desc, id desc limit ${wanted() + 1}`.execute(this.#db);
      yield { rows, slice };
    }
  }

  async #counted(filter: LogFilter, count: (rows: RawBuilder<unknown>) => Promise<void>): Promise<Micros | null> {
    const endsAt = this.#clock.monotonic() + this.#budgetMs;
    const conditions = conditionsOf(filter);
    let last: Slice | undefined;
    for await (const slice of this.#slices.of(filter, filter.to - 1n, 0)) {
      await count(this.#slices.rowsIn(slice, conditions));
      last = slice;
      if (last.low > filter.from && this.#clock.monotonic() >= endsAt) return last.low;
    }
    return null;
  }
}
