import { type RawBuilder, type SqlBool, sql } from "kysely";
import { type Filters, hasFilters, passes } from "./filters.ts";
import type { Page } from "./page.ts";
import type { Part } from "./search-text.ts";
import { isVisible, isVisibleRow } from "./visible.ts";

/** What is looked for, among what the caller sees. */
export type Wanted = Pick<Page, "parts" | "filters" | "reach" | "now">;

/** By looking at the agents' texts, and at who sees them. */
export const isWanted = ({ parts, filters = {}, reach, now }: Wanted): RawBuilder<SqlBool> =>
  sql`(${contains(parts)} and ${isVisible(reach, now)} and ${passes(filters)})`;

/** By looking at the agent's texts; on PostgreSQL, the trigram index says at which agents. */
export const contains = (parts: readonly Part[]): RawBuilder<SqlBool> =>
  sql`(${sql.join([sql`true`, ...parts.map(containsPart)], sql` and `)})`;

const containsPart = ({ column, text }: Part) =>
  sql`${sql.ref(column)} like ${`%${text.replace(/[\\%_]/g, "\\$&")}%`} escape '\\'`;

/** The numbers of the agents that contain every part, and that the caller sees, from SQLite's full-text table. */
export const inFullText = ({ parts, filters = {}, reach, now }: Wanted): RawBuilder<unknown> => sql`
  select rowid as seq from agents_fts
  where agents_fts match ${parts.map(toPhrase).join(" AND ")} and ${isVisibleRow(reach, now)} and ${passesRow(filters)}
`;

/** Of a row of the full-text table. */
const passesRow = (filters: Filters): RawBuilder<unknown> =>
  hasFilters(filters)
    ? sql`exists (select 1 from agents as filtered where filtered.seq = agents_fts.rowid and ${passes(filters)})`
    : sql`true`;

/** Quoted, nothing in the text means anything to the full-text query (sqlite.org/fts5.html, section 3). */
const toPhrase = ({ column, text }: Part) => `${column} : "${text.replaceAll('"', '""')}"`;
