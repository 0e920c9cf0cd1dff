import { type Kysely, sql } from "kysely";
import type { EngineName } from "../engine.ts";

/**
 * In which order calls were committed, for who follows the log. On PostgreSQL that is told by the transaction that wrote the row: once
 * none is under way that is older, nothing comes before it any more. Rows of earlier versions have no place and no entry in the index, and
 * need not be touched. SQLite, which has one writer, numbers its rows in this order anyway.
 */
export async function up(db: Kysely<unknown>, engine: EngineName): Promise<void> {
  if (engine === "sqlite") return;
  await sql`alter table call_log add column commit_order bigint`.execute(db);
  await sql`alter table call_log alter column commit_order set default pg_current_xact_id()::text::bigint`.execute(db);
  await sql`create index call_log_order on call_log (commit_order) where commit_order is not null`.execute(db);
}
