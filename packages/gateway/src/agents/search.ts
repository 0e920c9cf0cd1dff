import { type SqlBool, sql } from "kysely";
import { type Reach, reachOf } from "../access/index.ts";
import type { Principal } from "../http/index.ts";
import { type Clock, microsNow } from "../runtime/index.ts";
import type { Storage } from "../storage/index.ts";
import type { Agent } from "./agent.ts";
import { AgentCount } from "./agent-count.ts";
import { type AgentPage, type ListPage, listAgents, pageOfRows, placeOf, toAgentPage } from "./agent-list.ts";
import { type Facets, facetsOf } from "./facets.ts";
import { type Filters, hasFilters } from "./filters.ts";
import type { Grants } from "./grants.ts";
import { compareBytes, HiddenCounts, mergeTags, type TagRow } from "./hidden-counts.ts";
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
import { pricedFor } from "./sight.ts";
import { SqliteFinder } from "./sqlite-finder.ts";
import { fromRow } from "./store.ts";
import { type TrackRecord, trackRecords } from "./track-record.ts";
import { isAmongVisible, isVisible } from "./visible.ts";

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
  filters?: Filters | undefined;
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

/** Who asks; whoever it is sees public agents, and those that it may see beside them. */
type Caller = Principal | undefined;

/**
 * Finds agents that the caller sees, newest first unless asked otherwise. What each way of looking costs at 100,000 agents:
 * bench/README.md, `directory`.
 */
export class AgentSearch {
  readonly #storage: Storage;
  readonly #clock: Clock;
  readonly #grants: Pick<Grants, "pricesOf">;
  readonly #finder: Finder;
  readonly #all: AgentCount;
  readonly #hidden: HiddenCounts;

  constructor(storage: Storage, clock: Clock, grants: Pick<Grants, "pricesOf">) {
    this.#storage = storage;
    this.#clock = clock;
    this.#grants = grants;
    this.#finder = storage.engine === "sqlite" ? new SqliteFinder(storage.db) : new PostgresFinder(storage);
    this.#hidden = new HiddenCounts(storage, clock);
    this.#all = new AgentCount(async () => (await this.#counts()).all, clock);
  }

  async list({ skill, tag, limit, offset, after }: ListFilter, caller?: Caller): Promise<AgentPage> {
    const reach = reachOf(caller);
    const parts = partsOf({ skill, tags: tag === undefined ? [] : [tag] });
    const page: Page = {
      parts,
      reach,
      now: this.#now,
      sort: "newest",
      limit: limit + 1,
      offset,
      after: placeOf(after),
    };
    if (parts.length > 0)
      return this.#priced(toAgentPage(await this.#finder.list(page, await this.#all.roughly()), limit), reach);
    if (page.after || offset <= NEAR) {
      return this.#priced(await listAgents(this.#db, isVisible(reach, page.now), { limit, offset, after }), reach);
    }
    return this.#priced(toAgentPage(await this.#ofAll(page, await this.#count(page)), limit), reach);
  }

  async search({ sort, limit, offset, ...filter }: SearchFilter, caller?: Caller): Promise<Found> {
    const { filters = {} } = filter;
    const wanted = { parts: partsOf(filter), filters, reach: reachOf(caller), now: this.#now, sort };
    if (wanted.parts.length === 0 && !hasFilters(filters)) {
      const total = await this.#count(wanted);
      const rows = await this.#ofAll({ ...wanted, limit: limit + 1, offset }, total);
      return { total, totalIsExact: true, ...(await this.#found(rows, limit, wanted.reach)) };
    }
    const isInReach = offset < MATCHES_MAX;
    const page = isInReach ? { offset, limit: Math.min(limit + 1, MATCHES_MAX - offset) } : { offset: 0, limit: 0 };
    const asked = { ...wanted, ...page };
    const { count, rows } =
      wanted.parts.length === 0
        ? await this.#finder.filter(asked)
        : await this.#finder.search(asked, await this.#all.roughly());
    const totalIsExact = count <= MATCHES_MAX;
    const total = totalIsExact ? count : MATCHES_MAX;
    return { total, totalIsExact, ...(await this.#found(rows, limit, wanted.reach)) };
  }

  /** What the agents are like that match, of the newest thousand of them. */
  async facets(
    { filters, ...texts }: Omit<SearchFilter, "sort" | "limit" | "offset">,
    caller?: Caller,
  ): Promise<Facets> {
    const wanted = { parts: partsOf(texts), filters, reach: reachOf(caller), now: this.#now };
    const page: Page = { ...wanted, sort: "newest", limit: MATCHES_MAX, offset: 0 };
    return facetsOf(this.#db, await this.#finder.numbers(page));
  }

  /** Agents that everybody sees, whose ids begin with these hexadecimal digits; by id. */
  async publicNames(prefix: string, limit: number): Promise<{ id: string; name: string; updatedAt: bigint }[]> {
    const rows = await this.#db
      .selectFrom("agents")
      .select(["id", "name", "updated_at"])
      .where("id", ">=", prefix)
      .where("id", "<", behindHex(prefix))
      .where(isVisible(reachOf(undefined), this.#now))
      .orderBy("id")
      .limit(limit)
      .execute();
    return rows.map(({ id, name, updated_at }) => ({ id, name, updatedAt: updated_at }));
  }

  /** How these agents do, by id. */
  records(ids: readonly string[]): Promise<Map<string, TrackRecord>> {
    return trackRecords(this.#db, ids);
  }

  /**
   * Tags with the number of agents that carry each, by name. Spellings that differ in case only count as one.
   *
   * @param after the tag before the page's first
   */
  async tags({ limit, after = "" }: { limit: number; after?: string | undefined }, caller?: Caller) {
    const rows = await this.#tagRows(reachOf(caller), tagKey(after), limit + 1);
    const tags: TagCount[] = rows.slice(0, limit).map(({ name, agents }) => ({ name, count: Number(agents) }));
    return { tags, hasMore: rows.length > limit };
  }

  /** Agents of exactly this name, newest first; of one organization (null: of none), where one is given. */
  async byName(
    name: string,
    { version, orgId, ...page }: ListPage & { version?: string | undefined; orgId?: string | null | undefined },
    caller?: Caller,
  ): Promise<AgentPage> {
    const reach = reachOf(caller);
    const ofVersion = version === undefined ? sql`true` : sql`version = ${version}`;
    // An organization has few agents, a name may have many: said so, the index of the organization's agents is used.
    const ofOrg =
      orgId === undefined
        ? sql`name = ${name}`
        : orgId === null
          ? sql`name = ${name} and org_id is null`
          : sql`org_id = ${orgId} and name || '' = ${name}`;
    const condition = sql<SqlBool>`${ofOrg} and ${ofVersion} and ${isVisible(reach, this.#now)}`;
    return this.#priced(await listAgents(this.#db, condition, page), reach);
  }

  get #db() {
    return this.#storage.db;
  }

  /** A page of all that the caller sees, by walking along an index from the nearer end. */
  async #ofAll({ reach, now, sort, limit, offset }: Page, all: number): Promise<SearchRow[]> {
    const isInLaterHalf = offset > all / 2 && offset < all;
    const last = Math.min(offset + limit, all);
    const isSeen = Math.min(offset, all - offset) > NEAR ? isAmongVisible(reach, now) : isVisible(reach, now);
    const ofSeen = sql`select seq from agents where ${isSeen}`;
    const numbers = isInLaterHalf
      ? sql`${ofSeen} order by ${ordersBackwards[sort]} limit ${last - offset} offset ${all - last}`
      : sql`${ofSeen} order by ${orders[sort]} limit ${limit} offset ${offset}`;
    return (await sizedRows(numbers, sort).execute(this.#db)).rows;
  }

  /** How many agents the caller sees: by the counts that the database keeps, and those few that it sees beside the public ones. */
  async #count({ reach }: Pick<Page, "reach">): Promise<number> {
    const { all, hidden } = await this.#counts();
    if (hidden === 0 || reach.hidden === "none") return all - hidden;
    if (reach.hidden === "all" && !reach.among) return all;
    return all - hidden + (await this.#hidden.agents(reach));
  }

  async #counts(): Promise<{ all: number; hidden: number }> {
    const rows = await this.#db.selectFrom("totals").selectAll().execute();
    const of = (wanted: string) => Number(rows.find(({ name }) => name === wanted)!.count);
    return { all: of("agents"), hidden: of("hidden_agents") };
  }

  /** The first tags behind this one. */
  async #tagRows(reach: Reach, behind: string, limit: number): Promise<TagRow[]> {
    const counted = async (hidden: 0n | 1n) => {
      const rows = this.#db.selectFrom("agent_tag_counts").select(["tag_key", "name", "agents"]);
      return rows.where("hidden", "=", hidden).where("tag_key", ">", behind).orderBy("tag_key").limit(limit).execute();
    };
    if (reach.hidden === "none") return counted(0n);
    const isAll = reach.hidden === "all" && !reach.among;
    const [shownToAll, beside] = await Promise.all([counted(0n), isAll ? counted(1n) : this.#hidden.tags(reach)]);
    const seen = isAll ? beside : beside.filter(({ tag_key }) => compareBytes(tag_key, behind) > 0);
    return mergeTags(shownToAll, seen).slice(0, limit);
  }

  async #priced(page: AgentPage, reach: Reach): Promise<AgentPage> {
    return { ...page, agents: await pricedFor(page.agents, reach, this.#grants) };
  }

  async #found(found: readonly SearchRow[], limit: number, reach: Reach): Promise<Pick<Found, "found" | "hasMore">> {
    const { rows, hasMore } = pageOfRows(found, limit);
    const agents = await pricedFor(rows.map(fromRow), reach, this.#grants);
    return { hasMore, found: rows.map((row, index) => ({ agent: agents[index]!, rating: ratingOf(row) })) };
  }

  get #now() {
    return microsNow(this.#clock);
  }
}

/** The least text behind all that begin with these digits, in every order of letters and digits. */
function behindHex(prefix: string): string {
  const last = "0123456789abcdef".indexOf(prefix.at(-1) ?? "f");
  return prefix.slice(0, -1) + "123456789abcdefg"[last];
}

export const ratingOf = ({ review_count, rating }: SearchRow): Rating => ({
  average: review_count === 0n ? null : rating,
  count: Number(review_count),
});
