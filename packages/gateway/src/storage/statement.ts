/** A value that both engines store alike: text, bigint (money, counts, times, 0/1), double (never money) or null. */
export type SqlValue = string | bigint | number | null;

/** A compiled query: what Kysely's `.compile()` returns is one. */
export interface Statement {
  readonly sql: string;
  readonly parameters: readonly unknown[];
  /** On SQLite: run so many times, each with its share of the parameters, which stand one behind the other. Answers no rows. */
  readonly runs?: number;
  /** One of so many texts that none is worth keeping prepared. */
  readonly isRare?: boolean;
}

export interface StatementResult {
  // biome-ignore lint/suspicious/noExplicitAny: the caller that wrote the statement knows its rows
  readonly rows: any[];
  /** Rows inserted, updated or deleted; for a statement that returns rows, how many. */
  readonly affected: bigint;
}

/** @throws TypeError when a parameter is of a type that the engines would store differently. */
export function assertPortable(statement: Statement): void {
  for (const value of statement.parameters) {
    if (typeof value === "string" || typeof value === "bigint" || value === null) continue;
    if (typeof value === "number" && Number.isFinite(value)) continue;
    throw new TypeError(
      `a ${value === undefined ? "missing" : typeof value} parameter (${String(value)}) in: ${statement.sql.slice(0, 200)}`,
    );
  }
}
