import type { MicroDollars } from "@agentgate/protocol";
import { type RawBuilder, type SqlBool, sql } from "kysely";
import type { Storage } from "../storage/index.ts";
import type { Agent } from "./agent.ts";
import { pageOfRows, placeOf } from "./agent-list.ts";
import { contains } from "./matching.ts";
import { isBehind, orders, type SearchRow, sizedRows } from "./page.ts";
import type { Rating } from "./search.ts";
import { partsOf } from "./search-text.ts";
import { fromRow } from "./store.ts";

export interface SaleFilter {
  /** Words that are all in the name, the description, a tag or a skill; in any case. */
  words?: readonly string[] | undefined;
  /** At least one of these is a tag, or part of a skill's id or name. */
  categories?: readonly string[] | undefined;
  /** Of one task. */
  price?: { min?: MicroDollars | undefined; max?: MicroDollars | undefined } | undefined;
}

export interface AgentForSale {
  agent: Agent;
  rating: Rating;
}

/** So many agents are looked at for one page; it may be short, and the list goes on where it ended. */
const STEPS_MAX = 2_000;
/** More are not counted. */
const COUNT_MAX = 10_000;

/** Whoever pays may have it work: it has a price, and no key of its own. */
const isSold = sql<SqlBool>`price_per_task > 0 and key_hash is null`;
const byName = sql`name, seq`;

/** The agents that anyone may buy tasks of. */
export class AgentsForSale {
  readonly #storage: Storage;

  constructor(storage: Storage) {
    this.#storage = storage;
  }

  /**
   * A page of those that match, newest first. What it costs does not grow with how many do not match.
   *
   * @param after `next` of the page before
   */
  async search(filter: SaleFilter, { limit, after }: { limit: number; after?: string | undefined }) {
    const place = placeOf(after);
    const behind = place ? isBehind(place) : sql`true`;
    const inOrder = sql`from agents where ${isSold} and ${behind} order by ${orders.newest}`;
    const numbers = sql`
      select seq from (select * ${inOrder} limit ${STEPS_MAX}) as walked
      where ${matches(filter)} order by ${orders.newest} limit ${limit + 1}`;
    const found = pageOfRows((await sizedRows(numbers, "newest").execute(this.#db)).rows, limit);
    const last = found.hasMore ? found.rows.at(-1) : await this.#lastStep(inOrder);
    return {
      found: found.rows.map(toFound),
      next: last ? `${last.created_at}-${last.seq}` : undefined,
    };
  }

  /** Those of these agents that are for sale and match. */
  async among(ids: readonly string[], filter: SaleFilter = {}): Promise<AgentForSale[]> {
    if (ids.length === 0) return [];
    const numbers = sql`select seq from agents where id in (${sql.join(ids)}) and ${isSold} and ${matches(filter)}`;
    return (await sizedRows(numbers, "newest").execute(this.#db)).rows.map(toFound);
  }

  /** A page of all, by name. @param after `next` of the page before */
  async list({ limit, after }: { limit: number; after?: { name: string; seq: bigint } | undefined }) {
    const behind = after ? sql`(name, seq) > (${after.name}, ${after.seq})` : sql`true`;
    const numbers = sql`select seq from agents where ${isSold} and ${behind} order by ${byName} limit ${limit + 1}`;
    const rows = (await sizedRows(numbers, "name").execute(this.#db)).rows;
    // Of one name, those that were registered first come first here.
    const sorted = rows.toSorted((a, b) => (a.name === b.name ? Number(a.seq - b.seq) : 0));
    const page = pageOfRows(sorted, limit);
    const last = page.rows.at(-1);
    return {
      agents: page.rows.map(fromRow),
      next: page.hasMore && last ? { name: last.name, seq: last.seq } : undefined,
    };
  }

  /** How many there are, and at most `COUNT_MAX`. */
  async count(): Promise<number> {
    const counted = sql<{ count: bigint }>`
      select cast(count(*) as bigint) as count from (select 1 as one from agents where ${isSold} limit ${COUNT_MAX}) as sold`;
    return Number((await counted.execute(this.#db)).rows[0]!.count);
  }

  /** Where the walk ended, if there is more behind. */
  async #lastStep(inOrder: RawBuilder<unknown>) {
    const query = sql<{ created_at: bigint; seq: bigint }>`
      select created_at, seq ${inOrder} limit 1 offset ${STEPS_MAX - 1}`;
    return (await query.execute(this.#db)).rows[0];
  }

  get #db() {
    return this.#storage.db;
  }
}

function matches({ words = [], categories = [], price = {} }: SaleFilter): RawBuilder<SqlBool> {
  const conditions = [
    ...words.map((word) => either([{ q: word }, { skill: word }])),
    ...(categories.length > 0 ? [either(categories.flatMap((name) => [{ tags: [name] }, { skill: name }]))] : []),
    ...(price.min === undefined ? [] : [sql<SqlBool>`price_per_task >= ${price.min}`]),
    ...(price.max === undefined ? [] : [sql<SqlBool>`price_per_task <= ${price.max}`]),
  ];
  return sql`(${sql.join([sql`true`, ...conditions], sql` and `)})`;
}

const either = (texts: readonly { q?: string; skill?: string; tags?: readonly string[] }[]): RawBuilder<SqlBool> =>
  sql`(${sql.join(
    texts.map(({ tags = [], ...text }) => contains(partsOf({ ...text, tags }))),
    sql` or `,
  )})`;

const toFound = (row: SearchRow): AgentForSale => ({
  agent: fromRow(row),
  rating: { average: row.review_count === 0n ? null : row.rating, count: Number(row.review_count) },
});
