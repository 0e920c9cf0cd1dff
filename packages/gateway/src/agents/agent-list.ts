import { type Kysely, type RawBuilder, type SqlBool, sql } from "kysely";
import { afterParameter } from "../http/index.ts";
import type { Database } from "../storage/index.ts";
import type { Agent } from "./agent.ts";
import { isBehind, orders, type Place, type SearchRow, sizedRows } from "./page.ts";
import { fromRow } from "./store.ts";

/** A page of a list of agents, newest first. */
export interface AgentPage {
  agents: Agent[];
  /** Where the list goes on; undefined at its end. */
  next: string | undefined;
}

/** Which page is wanted. */
export interface ListPage {
  limit: number;
  offset?: number | undefined;
  /** `next` of the page before. */
  after?: string | undefined;
}

/** `next` as a query parameter. */
export const agentAfter = afterParameter(/^\d{1,18}-\d{1,18}$/);

export function placeOf(after: string | undefined): Place | undefined {
  if (after === undefined) return undefined;
  const [createdAt, seq] = after.split("-") as [string, string];
  return { createdAt: BigInt(createdAt), seq: BigInt(seq) };
}

/** One more than the page holds: whether there is one tells whether the list goes on. */
export const withOneMore = <P extends { limit: number }>(page: P): P => ({ ...page, limit: page.limit + 1 });

/** The rows that are on a page, of those that were asked for with one more. */
export function pageOfRows<Row extends SearchRow>(
  rows: readonly Row[],
  limit: number,
): { rows: Row[]; hasMore: boolean } {
  const shown = rows.slice(0, limit);
  return { rows: shown, hasMore: Number(rows[0]?.listed ?? 0n) > shown.length };
}

export function toAgentPage(found: readonly SearchRow[], limit: number): AgentPage {
  const { rows, hasMore } = pageOfRows(found, limit);
  const last = rows.at(-1);
  return {
    agents: rows.map(fromRow),
    next: hasMore && last ? `${last.created_at}-${last.seq}` : undefined,
  };
}

/** A page of the agents for which a condition holds, one that an index answers in the order of the list. */
export async function listAgents(
  db: Kysely<Database>,
  condition: RawBuilder<SqlBool>,
  { limit, offset = 0, after }: ListPage,
): Promise<AgentPage> {
  const place = placeOf(after);
  const numbers = sql`
    select seq from agents where ${condition} and ${place ? isBehind(place) : sql`true`}
    order by ${orders.newest} limit ${limit + 1} offset ${offset}
  `;
  return toAgentPage((await sizedRows(numbers, "newest").execute(db)).rows, limit);
}

/** Of an organization's agents so many are looked through for a part of their names, the newest. */
const NAMES_MAX = 10_000;

/** Whether a part of the name of an organization's agent is this, in any case. */
export const isNamed = (orgId: string, part: string): RawBuilder<SqlBool> => sql`
  seq in (
    select seq from (select seq, name from agents where org_id = ${orgId} order by ${orders.newest} limit ${NAMES_MAX}) as newest
    where lower(name) like ${`%${part.toLowerCase().replace(/[\\%_]/g, "\\$&")}%`} escape ${"\\"}
  )`;
