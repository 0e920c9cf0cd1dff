import { type RawBuilder, type SqlBool, sql } from "kysely";
import type { Reach } from "../access/index.ts";
import type { Micros } from "../runtime/index.ts";

/**
 * The agents that a caller sees, as a condition on `agents`. Who sees no other than the public ones is asked of the orders' own indexes;
 * the few that others see beside them are looked up once for a whole query, and only when it comes by a hidden one.
 */
export const isVisible = (reach: Reach, now: Micros, terms?: SightTerms): RawBuilder<SqlBool> =>
  whoeverSees(reach, sql`hidden = 0`, () => sql`seq in (${hiddenAgents("seq", reach, now, terms)})`);

/** The same, of a table with agents' ids that knows nothing else of them. */
export const isVisibleId = (id: RawBuilder<unknown>, reach: Reach, now: Micros): RawBuilder<SqlBool> =>
  whoeverSees(
    reach,
    sql`not exists (select 1 from agents as others where others.id = ${id} and others.hidden = 1)`,
    () => sql`${id} in (${hiddenAgents("id", reach, now)})`,
  );

/** The same, of a row of SQLite's full-text table: the index of hidden agents alone is looked into, not the agents. */
export const isVisibleRow = (reach: Reach, now: Micros): RawBuilder<SqlBool> =>
  whoeverSees(
    reach,
    sql`
      not exists (
        select 1 from agents as others indexed by agents_hidden_places
        where others.seq = agents_fts.rowid and others.hidden = 1
      )`,
    () => sql`rowid in (${hiddenAgents("seq", reach, now)})`,
  );

function whoeverSees(
  { hidden, among }: Reach,
  isPublic: RawBuilder<SqlBool>,
  isShown: () => RawBuilder<SqlBool>,
): RawBuilder<SqlBool> {
  if (hidden === "none") return isPublic;
  if (hidden === "all" && !among) return sql`true`;
  return sql`(${isPublic} or ${isShown()})`;
}

/** What else must be so. */
export interface SightTerms {
  /** It may be called, and is not only shown. */
  mayCall: boolean;
}

/** The ids, or the numbers, of the hidden agents that a caller sees: of indexes alone, but for what may be called. */
export function hiddenAgents(
  column: "id" | "seq",
  { hidden, orgId, among }: Reach,
  now: Micros,
  { mayCall }: SightTerms = { mayCall: false },
): RawBuilder<unknown> {
  const wanted = sql.ref(column);
  if (hidden === "none") return sql`select ${wanted} from agents where false`;
  const isAmong = among ? sql`id in (${sql.join([...among])})` : sql`true`;
  const isServing = mayCall ? sql`approval = 'approved'` : sql`true`;
  const all = sql`select ${wanted} from agents where hidden = 1 and ${isAmong} and ${isServing}`;
  if (hidden === "all") return all;
  return sql`
    ${all} and org_id = ${orgId}
    union
    select ${wanted} from agent_grants join agents on id = agent_id
    where agent_grants.org_id = ${orgId} and (expires_at is null or expires_at > ${now})
      and hidden = 1 and granted = 1 and ${isAmong} and ${mayCall ? sql`may_call = 1` : sql`true`}
  `;
}
