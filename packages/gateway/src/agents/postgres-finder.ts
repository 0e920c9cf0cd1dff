import { type RawBuilder, sql } from "kysely";
import type { Storage } from "../storage/index.ts";
import { isOfUnwell } from "./filters.ts";
import { isWanted } from "./matching.ts";
import {
  columns,
  type Finder,
  type Finding,
  isBehind,
  lookedUpMax,
  MATCHES_MAX,
  orders,
  type Page,
  type Place,
  type SearchRow,
  sizedRows,
  toFindings,
} from "./page.ts";

/** So many agents, the first in the order asked for, tell how many of all match. */
const SAMPLE = 400;
/** A match that is looked up lies on a page of its own, as agents on the way do, and the index has taken its time before. */
const STEP_COST = 0.5;
/** So many agents are walked through, at most, in the hope of meeting enough that match. */
const STEPS_MAX = 8_000;

/**
 * Finds agents by PostgreSQL's trigram index. The planner cannot tell from a part of a text how many agents contain it, and is off by a
 * factor of a thousand, so that it reads the whole table where the index would do, or the other way round. What is to be done is
 * therefore decided here, by a sample, and the planner is left no choice.
 */
export class PostgresFinder implements Finder {
  readonly #storage: Storage;

  constructor(storage: Storage) {
    this.#storage = storage;
  }

  async list(page: Page, all: number): Promise<SearchRow[]> {
    const share = await this.#estimate(page);
    if (isNear(page.offset + page.limit, share)) {
      const rows = await this.#walk(page, STEPS_MAX);
      if (rows.length === page.limit) return rows;
    }
    const most = lookedUpMax(page, all, STEP_COST);
    const { count, rows } = await this.#lookUp(page, most);
    return count > most ? this.#walk(page) : rows;
  }

  async search(page: Page, all: number): Promise<{ count: number; rows: SearchRow[] }> {
    const share = await this.#estimate(page);
    if (isNear(MATCHES_MAX + 1, share)) {
      const met = await this.#walkAndCount(page);
      if (met.count > MATCHES_MAX) return met;
    }
    const worthLookingUp = lookedUpMax(page, all, STEP_COST);
    const most = share * all < 1.5 * worthLookingUp ? worthLookingUp : MATCHES_MAX;
    const { count, rows } = await this.#lookUp(page, most);
    return { count, rows: count > most ? await this.#walk(page) : rows };
  }

  async numbers(page: Page): Promise<bigint[]> {
    const { sort, limit } = page;
    const isFew = page.parts.length > 0 && !isNear(limit, await this.#estimate(page));
    const numbers = sql<{ seq: bigint }>`
      select seq from agents where ${isWanted(page)} order by ${orders[sort]} limit ${limit}`;
    return (await this.#run(isFew ? BY_INDEX : WALKING, numbers)).map(({ seq }) => seq);
  }

  async filter(page: Page): Promise<{ count: number; rows: SearchRow[] }> {
    const { sort, limit, offset } = page;
    // The numbers alone, so that no agent is read to find those that pass.
    const found = sql`select ${ordered} from agents where seq in (${passing(page)})`;
    const met = await this.#pageOf(WALKING, found, { sort, limit, offset });
    return met.count > MATCHES_MAX ? { count: met.count, rows: await this.#walk(page) } : met;
  }

  /** The share of agents that match, by the first ones in the order asked for. */
  async #estimate({ sort, after, ...wanted }: Page): Promise<number> {
    const [row] = await this.#run<{ matching: bigint }>(
      WALKING,
      sql`
        select count(*) as matching from ${first(SAMPLE, sort, after)} where ${isWanted(wanted)}
      `,
    );
    return Number(row!.matching) / SAMPLE;
  }

  /** By the index: how many match, and the page, unless there are more than `most`. */
  #lookUp({ sort, limit, offset, after, ...wanted }: Page, most: number) {
    const found = sql`
      select ${ordered} from agents
      where ${isWanted(wanted)} and ${behind(after)} limit ${most + 1}
    `;
    return this.#pageOf(BY_INDEX, found, { sort, limit, offset });
  }

  /** By walking through the first agents of the order: how many match, up to one more than `MATCHES_MAX`, and the page. */
  #walkAndCount({ sort, limit, offset, ...wanted }: Page) {
    const found = sql`
      select ${ordered} from ${first(STEPS_MAX, sort)}
      where ${isWanted(wanted)} order by ${orders[sort]} limit ${sql.lit(MATCHES_MAX + 1)}
    `;
    return this.#pageOf(WALKING, found, { sort, limit, offset });
  }

  async #pageOf(
    plan: RawBuilder<unknown>,
    found: RawBuilder<unknown>,
    { sort, limit, offset }: Pick<Page, "sort" | "limit" | "offset">,
  ) {
    const rows = await this.#run<Finding>(
      plan,
      sql`
        with found as materialized (${found}),
        page as (select seq as number from found order by ${orders[sort]} limit ${limit} offset ${offset})
        select matching, ${columns} from (select count(*) as matching from found) as counted
        left join (${sizedRows(sql`select number from page`, sort)}) as shown on true order by ${orders[sort]}
      `,
    );
    return toFindings(rows);
  }

  #walk({ sort, limit, offset, after, ...wanted }: Page, steps?: number): Promise<SearchRow[]> {
    const from = steps === undefined ? sql`agents` : first(steps, sort, after);
    const numbers = sql`
      select seq from ${from} where ${isWanted(wanted)} and ${behind(after)}
      order by ${orders[sort]} limit ${limit} offset ${offset}
    `;
    return this.#run(WALKING, sizedRows(numbers, sort));
  }

  /** One round trip: the settings hold for the transaction that the query runs in. */
  async #run<Row>(plan: RawBuilder<unknown>, query: RawBuilder<Row>): Promise<Row[]> {
    const { db } = this.#storage;
    const [, result] = await this.#storage.batch([plan.compile(db), { ...query.compile(db), isRare: true }]);
    return result!.rows;
  }
}

/** What the orders are made of. */
const ordered = sql`seq, name, version_key, rating, price_per_task, recent_calls, created_at`;

/** The numbers of those that pass, as far as they are counted. */
const passing = (page: Page) => sql`
  select seq from agents where ${isWanted(page)} ${isOfUnwell(page.filters ?? {}) ? sql`` : sql`order by ${orders.newest}`}
  limit ${sql.lit(MATCHES_MAX + 1)}`;

/** Whether so many matches are met within the steps, even if they are only half as frequent as they seem. */
const isNear = (matches: number, share: number): boolean => share * STEPS_MAX >= 2 * matches;

const first = (agents: number, sort: Page["sort"], after?: Place) =>
  sql`(select * from agents where ${behind(after)} order by ${orders[sort]} limit ${sql.lit(agents)}) as agents`;

const behind = (after: Place | undefined) => (after ? isBehind(after) : sql`true`);

/** What the planner may not use; without the trigram index, it reads the table all the same. */
const without = (...ways: string[]) =>
  sql`select ${sql.join(ways.map((way) => sql`set_config(${sql.lit(way)}, 'off', true)`))}`;
const BY_INDEX = without("enable_seqscan", "jit");
const WALKING = without("enable_seqscan", "enable_bitmapscan", "jit");
