import { type Selectable, type SqlBool, sql } from "kysely";
import { CachedLookup } from "../runtime/index.ts";
import type { AgentsTable, Storage } from "../storage/index.ts";
import type { Agent } from "./agent.ts";
import { contains, inFullText } from "./matching.ts";
import { type Part, partsOf } from "./search-text.ts";
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

export type Sort = "newest" | "name" | "version" | "rating";

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

/**
 * So many of the agents that match a filter are counted and shown. When there are more, walking through all agents in the order asked
 * for meets a page of them sooner than looking them all up would.
 */
const MATCHES_MAX = 1_000;
const TAGS_MAX = 10_000;
const BY_NAME_MAX = 1_000;

/**
 * Finds agents, newest first unless asked otherwise. What each way of looking costs at 100,000 agents: bench/README.md, `directory`.
 */
export class AgentSearch {
  readonly #storage: Storage;
  /** Kept until any agent changes. */
  readonly #all: CachedLookup<{ count: number }>;
  readonly #tags: CachedLookup<TagCount[]>;

  constructor(storage: Storage) {
    this.#storage = storage;
    this.#all = new CachedLookup(() => this.#countAll(), 1);
    this.#tags = new CachedLookup(() => this.#countTags(), 1);
    storage.changes.subscribe(AGENTS_TOPIC, () => {
      this.#all.clear();
      this.#tags.clear();
    });
  }

  async list({ skill, tag, limit, offset }: ListFilter): Promise<Agent[]> {
    const parts = partsOf({ skill, tags: tag === undefined ? [] : [tag] });
    return (await this.#walk({ parts, sort: "newest", limit, offset })).map(fromRow);
  }

  async search({ sort, limit, offset, ...filter }: SearchFilter): Promise<Found> {
    const parts = partsOf(filter);
    const page = { parts, sort, limit, offset };
    if (parts.length === 0) {
      const { count } = (await this.#all.get(""))!;
      return { total: count, totalIsExact: true, found: (await this.#walk(page)).map(toFound) };
    }
    const { count, rows } = await this.#lookUp(page);
    if (count <= MATCHES_MAX) return { total: count, totalIsExact: true, found: rows.map(toFound) };
    const reached =
      offset < MATCHES_MAX ? await this.#walk({ ...page, limit: Math.min(limit, MATCHES_MAX - offset) }) : [];
    return { total: MATCHES_MAX, totalIsExact: false, found: reached.map(toFound) };
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

  /** A page of agents, met by walking through all in its order, of which those before and after it are not read as a whole. */
  async #walk({ parts, sort, limit, offset }: Page): Promise<SearchRow[]> {
    const isInFullText = parts.length > 0 && sort === "newest" && this.#storage.engine === "sqlite";
    const numbers = isInFullText
      ? sql`${inFullText(parts)} order by rowid desc`
      : sql`select seq from agents where ${contains(parts)} order by ${orders[sort]}`;
    const page = sql<SqlBool>`seq in (${numbers} limit ${limit} offset ${offset})`;
    return this.#db.selectFrom("agents").select(searchColumns).where(page).orderBy(orders[sort]).execute();
  }

  /** Looks matching agents up by the index: how many there are and, unless there are too many, a page of them. */
  async #lookUp({ parts, sort, limit, offset }: Page): Promise<{ count: number; rows: SearchRow[] }> {
    const isSqlite = this.#storage.engine === "sqlite";
    const isInFullText = isSqlite && sort === "newest";
    const enough = sql.lit(MATCHES_MAX + 1);
    const numbers = sql`${inFullText(parts)} limit ${enough}`;
    const found = isInFullText
      ? numbers
      : sql`
          select seq, name, version_key, rating, created_at from agents
          where ${isSqlite ? sql`seq in (${numbers})` : contains(parts)} limit ${enough}
        `;
    const columns = sql.join(searchColumns.map((column) => sql.ref(column)));
    const { rows } = await sql<{ matching: bigint } & (SearchRow | Record<keyof SearchRow, null>)>`
      with found as materialized (${found}),
      page as (
        select seq as number from found order by ${isInFullText ? sql`seq desc` : orders[sort]} limit ${limit} offset ${offset}
      )
      select matching, ${columns} from (select count(*) as matching from found) as counted
      left join page on true left join agents on seq = number order by ${orders[sort]}
    `.execute(this.#db);
    return { count: Number(rows[0]!.matching), rows: rows.filter((row) => row.id !== null) };
  }

  async #countAll(): Promise<{ count: number }> {
    const counting = this.#db.selectFrom("agents").select((eb) => eb.fn.countAll<bigint>().as("count"));
    return { count: Number((await counting.executeTakeFirstOrThrow()).count) };
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

interface Page {
  parts: readonly Part[];
  sort: Sort;
  limit: number;
  offset: number;
}

const searchColumns = [...agentColumns, "review_count", "rating"] as const;
type SearchRow = Pick<Selectable<AgentsTable>, (typeof searchColumns)[number]>;

/** For each, `agents` has an index. */
const orders = {
  newest: sql`created_at desc, seq desc`,
  name: sql`name, created_at desc, seq desc`,
  version: sql`version_key desc, created_at desc, seq desc`,
  rating: sql`rating desc, created_at desc, seq desc`,
};

const toFound = (row: SearchRow) => ({
  agent: fromRow(row),
  rating: { average: row.review_count === 0n ? null : row.rating, count: Number(row.review_count) },
});
