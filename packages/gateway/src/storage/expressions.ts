import { type Expression, type RawBuilder, type SelectQueryBuilder, sql } from "kysely";
import { type Clock, microsNow } from "../runtime/index.ts";
import type { EngineName } from "./engine.ts";

/** The sum of a bigint column as `bigint`, 0 for no rows. (PostgreSQL's own sum of int8 is numeric.) */
export function sumOf(column: Expression<bigint | null>): RawBuilder<bigint> {
  return sql<bigint>`cast(coalesce(sum(${column}), 0) as bigint)`;
}

/** How many rows, as `bigint`; with a condition, how many of them it holds for. */
export function countWhere(condition: Expression<unknown>): RawBuilder<bigint> {
  return sql<bigint>`cast(coalesce(sum(case when ${condition} then 1 else 0 end), 0) as bigint)`;
}

/**
 * The query, locking the rows it finds until the transaction's end. (On SQLite the transaction has locked everything.) An update that
 * changes nothing would lock a row as well; but of a row that its own transaction has changed already, PostgreSQL checks every
 * foreign key anew, and waits with this lock for whoever deletes what the key points to, and who may wait for this row.
 */
export function lockingRow<DB, Tables extends keyof DB, Row>(
  { engine }: { engine: EngineName },
  query: SelectQueryBuilder<DB, Tables, Row>,
): SelectQueryBuilder<DB, Tables, Row> {
  return engine === "postgres" ? query.forNoKeyUpdate() : query;
}

/**
 * The time in microseconds that all nodes of a database share: PostgreSQL's own, so that no node's clock decides about another's
 * lease. SQLite has one process, and its clock is that one's. The same within a statement, so that indexes are of use.
 */
export const sharedNow = (engine: EngineName, clock: Clock): RawBuilder<bigint> =>
  engine === "postgres"
    ? sql<bigint>`cast(extract(epoch from statement_timestamp()) * 1000000 as bigint)`
    : sql<bigint>`${microsNow(clock)}`;
