import { type SqlBool, sql } from "kysely";
import { CachedLookup, type Clock } from "../runtime/index.ts";
import type { Storage } from "../storage/index.ts";
import type { Agent } from "./agent.ts";
import { AgentCount } from "./agent-count.ts";
import {
  type Finder,
  MATCHES_MAX,
  orders,
  ordersBackwards,
  type Page,
  type SearchRow,
  type Sort,
  searchColumns,
} from "./page.ts";
import { PostgresFinder } from "./postgres-finder.ts";
import { partsOf } from "./search-text.ts";
import { SqliteFinder } from "./sqlite-finder.ts";
import { AGENTS_TOPIC, agentColumns, fromRow } from "./store.ts";

export interface ListFilter {
  /** Part of a skill's id or name, any case. */
  skill?: string | undefined;
  /** A whole tag, any case. */
  tag?: string | undefined;
  limit: number;
  offset: number;
}

export interface SearchFilter {
  /** Part of the name, description or a tag, any case; of one or two characters, with which a word begins. */
  q?: string | undefined;
  /** Every one of these tags, any case. */
  tags: readonly string[];
  skill?: string | undefined;
  sort: Sort;
  limit: number;
  offset: number;
}

export interface Found {
  /** How many agents match; when not exact, at least so many. */
  total: number;
  totalIsExact: boolean;
  found: { agent: Agent; rating: Rating }[];
}

export interface Rating {
  average: number | null;
  count: number;
}

export interface TagCount {
  name: string;
  count: number;
}

/** Up to this offset a page is near enough not to count the agents for its sake. */
const NEAR = 1_000;
const TAGS_MAX = 10_000;
const BY_NAME_MAX = 1_000;

/**
 * Finds agents, newest first unless asked otherwise. What each way of looking costs at 100,000 agents: bench/README.md, `directory`.
 */
export class AgentSearch {
  readonly #storage: Storage;
  readonly #finder: Finder;
  readonly #all: AgentCount;
  /** Kept until any agent changes. */
  readonly #tags: CachedLookup<TagCount[]>;

  constructor(storage: Storage, clock: Clock) {
    this.#storage = storage;
    this.#finder = storage.engine === "sqlite" ? new SqliteFinder(storage.db) : new PostgresFinder(storage);
    this.#all = new AgentCount(() => this.#countAll(), clock);
    this.#tags = new CachedLookup(() => this.#countTags(), 1);
    storage.changes.subscribe(AGENTS_TOPIC, () => {
      this.#all.clear();
      this.#tags.clear();
    });
  }

  async list({ skill, tag, limit, offset }: ListFilter): Promise<Agent[]> {
    const parts = partsOf({ skill, tags: tag === undefined ? [] : [tag] });
    const page: Page = { parts, sort: "newest", limit, offset };
    const rows = await (parts.length === 0
      ? this.#ofAll(page, offset > NEAR ? await this.#all.exactly() : undefined)
      : this.#finder.list(page, await this.#all.roughly()));
    return rows.map(fromRow);
  }

  async search({ sort, limit, offset, ...filter }: SearchFilter): Promise<Found> {
    const parts = partsOf(filter);
    if (parts.length === 0) {
      const all = await this.#all.exactly();
      const rows = await this.#ofAll({ parts, sort, limit, offset }, all);
      return { total: all, totalIsExact: true, found: rows.map(toFound) };
    }
    const isInReach = offset < MATCHES_MAX;
    const page = isInReach ? { offset, limit: Math.min(limit, MATCHES_MAX - offset) } : { offset: 0, limit: 0 };
    const { count, rows } = await this.#finder.search({ parts, sort, ...page }, await this.#all.roughly());
    const totalIsExact = count <= MATCHES_MAX;
    return { total: totalIsExact ? count : MATCHES_MAX, totalIsExact, found: rows.map(toFound) };
  }

  /** Every tag with the number of agents that carry it, by name. Spellings that differ in case only count as one. */
  async tags(): Promise<TagCount[]> {
    return (await this.#tags.get(""))!;
  }

  /** Agents of exactly this name, newest first. */
  async byName(name: string, { version, limit = BY_NAME_MAX }: { version?: string | undefined; limit?: number } = {}) {
    const rows = await this.#db
      .selectFrom("agents")
      .select(agentColumns)
      .where("name", "=", name)
      .$if(version !== undefined, (query) => query.where("version", "=", version!))
      .orderBy(orders.newest)
      .limit(limit)
      .execute();
    return rows.map(fromRow);
  }

  get #db() {
    return this.#storage.db;
  }

  /** A page of all agents, by walking along an index from the nearer end. */
  #ofAll({ sort, limit, offset }: Page, all = 0): Promise<SearchRow[]> {
    const isInLaterHalf = offset > all / 2 && offset < all;
    const last = Math.min(offset + limit, all);
    const numbers = isInLaterHalf
      ? sql`select seq from agents order by ${ordersBackwards[sort]} limit ${last - offset} offset ${all - last}`
      : sql`select seq from agents order by ${orders[sort]} limit ${limit} offset ${offset}`;
    const page = sql<SqlBool>`seq in (${numbers})`;
    return this.#db.selectFrom("agents").select(searchColumns).where(page).orderBy(orders[sort]).execute();
  }

  async #countAll(): Promise<number> {
    const counting = this.#db.selectFrom("agents").select((eb) => eb.fn.countAll<bigint>().as("count"));
    return Number((await counting.executeTakeFirstOrThrow()).count);
  }

  async #countTags(): Promise<TagCount[]> {
    const rows = await this.#db
      .selectFrom("agent_tags")
      .select((eb) => [eb.fn.min("tag").as("name"), eb.fn.countAll<bigint>().as("count")])
      .groupBy("tag_key")
      .orderBy("tag_key")
      .limit(TAGS_MAX)
      .execute();
    return rows.map(({ name, count }) => ({ name, count: Number(count) }));
  }
}

const toFound = (row: SearchRow) => ({
  agent: fromRow(row),
  rating: { average: row.review_count === 0n ? null : row.rating, count: Number(row.review_count) },
});
