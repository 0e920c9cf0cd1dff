import { type RawBuilder, type SqlBool, sql } from "kysely";
import type { Reach } from "../access/index.ts";
import type { Micros } from "../runtime/index.ts";

/**
 * The agents that a caller sees, as a condition on a table of agents. Who sees no other than the public ones is asked of the orders' own
 * indexes; of the hidden agents that a query comes by, each is judged by itself, so that it costs nothing how many there are that the
 * caller sees.
 */
export const isVisible = (
  reach: Reach,
  now: Micros,
  { mayCall = false, table = "agents" }: SightTerms = {},
): RawBuilder<SqlBool> => {
  const of = (column: string) => sql.ref(`${table}.${column}`);
  return whoeverSees(reach, sql`${of("hidden")} = 0`, () => isShown(reach, now, of, mayCall));
};

/** The same for a query that comes by many agents, of which many may be hidden: those that the caller sees are looked up once for all. */
export const isAmongVisible = (reach: Reach, now: Micros): RawBuilder<SqlBool> =>
  whoeverSees(reach, sql`hidden = 0`, () => sql`seq in (${hiddenAgents("seq", reach, now)})`);

/** The same, of a table with agents' ids that knows nothing else of them. */
export const isVisibleId = (id: RawBuilder<unknown>, reach: Reach, now: Micros): RawBuilder<SqlBool> =>
  noneHidden(sql`others.id = ${id}`, reach, now);

/** The same, of a row of SQLite's full-text table: the index of hidden agents alone is looked into, and of agents only those. */
export const isVisibleRow = (reach: Reach, now: Micros): RawBuilder<SqlBool> =>
  noneHidden(sql`others.seq = agents_fts.rowid`, reach, now, sql`indexed by agents_hidden_places`);

/** There is no agent of which this is so and that the caller does not see. */
function noneHidden(
  isIt: RawBuilder<unknown>,
  reach: Reach,
  now: Micros,
  by: RawBuilder<unknown> = sql``,
): RawBuilder<SqlBool> {
  const of = (column: string) => sql.ref(`others.${column}`);
  const none = (isHidden: RawBuilder<unknown>) =>
    sql<SqlBool>`not exists (select 1 from agents as others ${by} where ${isIt} and others.hidden = 1 and ${isHidden})`;
  if (reach.hidden === "all" && !reach.among) return sql`true`;
  return none(reach.hidden === "none" ? sql`true` : sql`not ${isShown(reach, now, of, false)}`);
}

function whoeverSees(
  { hidden, among }: Reach,
  isPublic: RawBuilder<SqlBool>,
  isShownToo: () => RawBuilder<SqlBool>,
): RawBuilder<SqlBool> {
  if (hidden === "none") return isPublic;
  if (hidden === "all" && !among) return sql`true`;
  return sql`(${isPublic} or ${isShownToo()})`;
}

/** What else must be so, and what the agents are called in the query. */
export interface SightTerms {
  /** It may be called, and is not only shown. */
  mayCall?: boolean;
  table?: string;
}

const lasts = (now: Micros) => sql`(expires_at is null or expires_at > ${now})`;

/** Whether the caller sees this hidden agent. */
function isShown(
  { hidden, orgId, among }: Reach,
  now: Micros,
  of: (column: string) => RawBuilder<unknown>,
  mayCall: boolean,
): RawBuilder<SqlBool> {
  const isAmong = among ? sql`${of("id")} in (${sql.join([...among])})` : sql`true`;
  const isServing = mayCall ? sql`${of("approval")} = 'approved'` : sql`true`;
  if (hidden === "all") return sql`(${isAmong} and ${isServing})`;
  return sql`(${isAmong} and ${isServing} and (
    coalesce(${of("org_id")} = ${orgId}, false)
    or ${of("granted")} = 1 and exists (
      select 1 from agent_grants
      where agent_grants.agent_id = ${of("id")} and agent_grants.org_id = ${orgId} and ${lasts(now)}
        and ${mayCall ? sql`may_call = 1` : sql`true`}
    )
  ))`;
}

/** The ids, or the numbers, of the hidden agents that a caller sees: of indexes alone. */
export function hiddenAgents(column: "id" | "seq", { hidden, orgId, among }: Reach, now: Micros): RawBuilder<unknown> {
  const wanted = sql.ref(column);
  if (hidden === "none") return sql`select ${wanted} from agents where false`;
  const isAmong = among ? sql`id in (${sql.join([...among])})` : sql`true`;
  const all = sql`select ${wanted} from agents where hidden = 1 and ${isAmong}`;
  if (hidden === "all") return all;
  return sql`
    ${all} and org_id = ${orgId}
    union
    select ${wanted} from agent_grants join agents on id = agent_id
    where agent_grants.org_id = ${orgId} and ${lasts(now)} and hidden = 1 and granted = 1 and ${isAmong}
  `;
}
