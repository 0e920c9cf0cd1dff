import { type RawBuilder, type SqlBool, sql } from "kysely";
import type { Part } from "./search-text.ts";

/** By looking at the agent's texts; on PostgreSQL, the trigram index says at which agents. */
export const contains = (parts: readonly Part[]): RawBuilder<SqlBool> =>
  sql`(${sql.join([sql`true`, ...parts.map(containsPart)], sql` and `)})`;

const containsPart = ({ column, text }: Part) =>
  sql`${sql.ref(column)} like ${`%${text.replace(/[\\%_]/g, "\\$&")}%`} escape '\\'`;

/** The numbers of the agents that contain every part, from SQLite's full-text table. */
export const inFullText = (parts: readonly Part[]): RawBuilder<unknown> =>
  sql`select rowid as seq from agents_fts where agents_fts match ${parts.map(toPhrase).join(" AND ")}`;

/** Quoted, nothing in the text means anything to the full-text query (sqlite.org/fts5.html, section 3). */
const toPhrase = ({ column, text }: Part) => `${column} : "${text.replaceAll('"', '""')}"`;
