import { type RawBuilder, type Selectable, type SqlBool, sql } from "kysely";
import type { Reach } from "../access/index.ts";
import type { Micros } from "../runtime/index.ts";
import type { AgentsTable } from "../storage/index.ts";
import type { Filters } from "./filters.ts";
import type { Part } from "./search-text.ts";
import { agentColumns } from "./store.ts";

/** Which of the agents that match are wanted. */
export interface Page {
  /** An agent must contain them all; none stands for every agent. */
  parts: readonly Part[];
  /** What they must be like; nothing by default. */
  filters?: Filters | undefined;
  /** Of these alone: what the caller sees. */
  reach: Reach;
  /** When a grant must last. */
  now: Micros;
  sort: Sort;
  limit: number;
  offset: number;
  /** Only what comes behind this agent, newest first. */
  after?: Place | undefined;
}

/** An agent's place among all, newest first; it stays when the agent goes. */
export interface Place {
  createdAt: bigint;
  seq: bigint;
}

export const sorts = ["newest", "name", "version", "rating", "price", "calls"] as const;
export type Sort = (typeof sorts)[number];

/** How agents that match are found, in one kind of database. */
export interface Finder {
  /**
   * The page of a list, newest first, however deep it lies.
   *
   * @param all how many agents there are, more or less
   */
  list(page: Page, all: number): Promise<SearchRow[]>;
  /**
   * The page of a search, and how many match: exactly up to `MATCHES_MAX`, and above, any number that is larger. The page lies within the
   * first `MATCHES_MAX` matches.
   */
  search(page: Page, all: number): Promise<{ count: number; rows: SearchRow[] }>;
  /** The numbers of the first agents of the page's order that match; those of a page near its beginning. */
  numbers(page: Page): Promise<bigint[]>;
  /** The same as `search`, of a search by filters alone, without a part. */
  filter(page: Page): Promise<{ count: number; rows: SearchRow[] }>;
}

/** So many of the agents that match a search are counted and shown. */
export const MATCHES_MAX = 1_000;

const searchColumns = [...agentColumns, "seq", "version_key", "review_count", "rating", "recent_calls"] as const;
/** As `sizedRows` names them. */
export const columns = sql.join([...searchColumns, "listed"].map((column) => sql.ref(column)));
/** An agent of a page. */
export type SearchRow = Pick<Selectable<AgentsTable>, (typeof searchColumns)[number]> & {
  /** How many agents the page would have if their bytes did not count. */
  listed: bigint;
};

/** Bytes of texts that a page may hold; an agent larger than that has a page of its own. */
const PAGE_BYTES = 2 * 1024 * 1024;
const bytesOfAgent = sql`octet_length(skills) + octet_length(description) + octet_length(tags) + octet_length(url) + 1000`;

/**
 * The agents of these numbers, in this order, as far as their bytes go. What they take is known to both databases without reading it.
 *
 * @param numbers a query of `seq`
 */
export const sizedRows = (numbers: RawBuilder<unknown>, sort: Sort): RawBuilder<SearchRow> => sql`
  select ${sql.join(searchColumns.map((column) => sql.ref(column)))}, listed from (
    select seq as number, count(*) over () as listed,
      row_number() over (order by ${orders[sort]}) as place,
      sum(${bytesOfAgent}) over (order by ${orders[sort]} rows unbounded preceding) as bytes
    from agents where seq in (${numbers})
  ) as sized join agents on seq = number where bytes <= ${sql.lit(PAGE_BYTES)} or place = 1 order by ${orders[sort]}
`;

export const isBehind = ({ createdAt, seq }: Place): RawBuilder<SqlBool> =>
  sql`(created_at, seq) < (${createdAt}, ${seq})`;

/** For each, `agents` has an index. */
export const orders: Record<Sort, RawBuilder<unknown>> = {
  newest: sql`created_at desc, seq desc`,
  name: sql`name, created_at desc, seq desc`,
  version: sql`version_key desc, created_at desc, seq desc`,
  rating: sql`rating desc, created_at desc, seq desc`,
  price: sql`price_per_task, created_at desc, seq desc`,
  calls: sql`recent_calls desc, created_at desc, seq desc`,
};

/** The same, from the other end. */
export const ordersBackwards: Record<Sort, RawBuilder<unknown>> = {
  newest: sql`created_at, seq`,
  name: sql`name desc, created_at, seq`,
  version: sql`version_key, created_at, seq`,
  rating: sql`rating, created_at, seq`,
  price: sql`price_per_task desc, created_at, seq`,
  calls: sql`recent_calls, created_at, seq`,
};

/**
 * The number of matches up to which it is sooner to look all of them up by the index and sort them than to walk through the agents in
 * the order asked for until the page is full: the one takes time for each match, the other for each agent on the way, and the fewer
 * match, the longer is the way.
 *
 * @param stepCost what passing by one agent takes, in terms of what a match takes
 */
export const lookedUpMax = ({ limit, offset }: Page, all: number, stepCost: number): number =>
  Math.max(MATCHES_MAX, Math.ceil(Math.sqrt(stepCost * (offset + limit) * all)));

/** A row of a page, or, when that is empty, one without an agent; each tells how many match. */
export type Finding = { matching: bigint } & (SearchRow | Record<keyof SearchRow, null>);

export function toFindings(rows: readonly Finding[]): { count: number; rows: SearchRow[] } {
  return { count: Number(rows[0]!.matching), rows: rows.filter((row) => row.id !== null) };
}
