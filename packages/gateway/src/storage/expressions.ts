import { type Expression, type RawBuilder, sql } from "kysely";

/** The sum of a bigint column as `bigint`, 0 for no rows. (PostgreSQL's own sum of int8 is numeric.) */
export function sumOf(column: Expression<bigint | null>): RawBuilder<bigint> {
  return sql<bigint>`cast(coalesce(sum(${column}), 0) as bigint)`;
}

/** How many rows, as `bigint`; with a condition, how many of them it holds for. */
export function countWhere(condition: Expression<unknown>): RawBuilder<bigint> {
  return sql<bigint>`cast(coalesce(sum(case when ${condition} then 1 else 0 end), 0) as bigint)`;
}
