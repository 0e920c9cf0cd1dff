import { sql } from "kysely";
import type { Clock } from "../runtime/index.ts";
import type { Storage } from "../storage/index.ts";
import type { Agent } from "./agent.ts";
import { AgentCount } from "./agent-count.ts";
import { type AgentPage, type ListPage, listAgents, pageOfRows, placeOf, toAgentPage } from "./agent-list.ts";
import {
  type Finder,
  MATCHES_MAX,
  orders,
  ordersBackwards,
  type Page,
  type SearchRow,
  type Sort,
  sizedRows,
} from "./page.ts";
import { PostgresFinder } from "./postgres-finder.ts";
import { partsOf, tagKey } from "./search-text.ts";
import { SqliteFinder } from "./sqlite-finder.ts";
import { fromRow } from "./store.ts";

export interface ListFilter {
  /** Part of a skill's id or name, any case. */
  skill?: string | undefined;
  /** A whole tag, any case. */
  tag?: string | undefined;
  limit: number;
  offset: number;
  /** `next` of the page before. */
  after?: string | undefined;
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
  /** Whether there is more behind the page that can be paged through. */
  hasMore: boolean;
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

/**
 * Finds agents, newest first unless asked otherwise. What each way of looking costs at 100,000 agents: bench/README.md, `directory`.
 */
export class AgentSearch {
  readonly #storage: Storage;
  readonly #finder: Finder;
  readonly #all: AgentCount;

  constructor(storage: Storage, clock: Clock) {
    this.#storage = storage;
    this.#finder = storage.engine === "sqlite" ? new SqliteFinder(storage.db) : new PostgresFinder(storage);
    this.#all = new AgentCount(() => this.#countAll(), clock);
  }

  async list({ skill, tag, limit, offset, after }: ListFilter): Promise<AgentPage> {
    const parts = partsOf({ skill, tags: tag === undefined ? [] : [tag] });
    const page: Page = { parts, sort: "newest", limit: limit + 1, offset, after: placeOf(after) };
    if (parts.length > 0) return toAgentPage(await this.#finder.list(page, await this.#all.roughly()), limit);
    if (page.after || offset <= NEAR) return listAgents(this.#db, sql`true`, { limit, offset, after });
    return toAgentPage(await this.#ofAll(page, await this.#all.exactly()), limit);
  }

  async search({ sort, limit, offset, ...filter }: SearchFilter): Promise<Found> {
    const parts = partsOf(filter);
    if (parts.length === 0) {
      const all = await this.#all.exactly();
      return {
        total: all,
        totalIsExact: true,
        ...toFound(await this.#ofAll({ parts, sort, limit: limit + 1, offset }, all), limit),
      };
    }
    const isInReach = offset < MATCHES_MAX;
    const page = isInReach ? { offset, limit: Math.min(limit + 1, MATCHES_MAX - offset) } : { offset: 0, limit: 0 };
    const { count, rows } = await this.#finder.search({ parts, sort, ...page }, await this.#all.roughly());
    const totalIsExact = count <= MATCHES_MAX;
    return { total: totalIsExact ? count : MATCHES_MAX, totalIsExact, ...toFound(rows, limit) };
  }

  /**
   * Tags with the number of agents that carry each, by name. Spellings that differ in case only count as one.
   *
   * @param after the tag before the page's first
   */
  async tags({ limit, after = "" }: { limit: number; after?: string | undefined }) {
    const rows = await this.#db
      .selectFrom("agent_tag_counts")
      .select(["name", "agents"])
      .where("tag_key", ">", tagKey(after))
      .orderBy("tag_key")
      .limit(limit + 1)
      .execute();
    const tags: TagCount[] = rows.slice(0, limit).map(({ name, agents }) => ({ name, count: Number(agents) }));
    return { tags, hasMore: rows.length > limit };
  }

  /** Agents of exactly this name, newest first; of one organization (null: of none), where one is given. */
  byName(
    name: string,
    { version, orgId, ...page }: ListPage & { version?: string | undefined; orgId?: string | null | undefined },
  ) {
    const ofVersion = version === undefined ? sql`true` : sql`version = ${version}`;
    // An organization has few agents, a name may have many: said so, the index of the organization's agents is used.
    const ofOrg =
      orgId === undefined
        ? sql`name = ${name}`
        : orgId === null
          ? sql`name = ${name} and org_id is null`
          : sql`org_id = ${orgId} and name || '' = ${name}`;
    return listAgents(this.#db, sql`${ofOrg} and ${ofVersion}`, page);
  }

  get #db() {
    return this.#storage.db;
  }

  /** A page of all agents, by walking along an index from the nearer end. */
  async #ofAll({ sort, limit, offset }: Page, all = 0): Promise<SearchRow[]> {
    const isInLaterHalf = offset > all / 2 && offset < all;
    const last = Math.min(offset + limit, all);
    const numbers = isInLaterHalf
      ? sql`select seq from agents order by ${ordersBackwards[sort]} limit ${last - offset} offset ${all - last}`
      : sql`select seq from agents order by ${orders[sort]} limit ${limit} offset ${offset}`;
    return (await sizedRows(numbers, sort).execute(this.#db)).rows;
  }

  async #countAll(): Promise<number> {
    const query = this.#db.selectFrom("totals").select("count").where("name", "=", "agents");
    return Number((await query.executeTakeFirstOrThrow()).count);
  }
}

function toFound(found: readonly SearchRow[], limit: number): Pick<Found, "found" | "hasMore"> {
  const { rows, hasMore } = pageOfRows(found, limit);
  return {
    hasMore,
    found: rows.map((row) => ({
      agent: fromRow(row),
      rating: { average: row.review_count === 0n ? null : row.rating, count: Number(row.review_count) },
    })),
  };
}
