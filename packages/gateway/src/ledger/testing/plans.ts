import { DatabaseSync } from "node:sqlite";
import pg from "pg";
import { type EngineName, sqliteFile } from "../../storage/index.ts";
import type { Location } from "../../storage/testing/index.ts";

/**
 * How the engine runs a statement, a line each; on PostgreSQL as it plans it once for all parameters, and without reading a whole
 * table wherever there is any other way (`isForced`) or as it likes.
 */
export type Explain = (sql: string) => Promise<string[]>;

export async function openExplain(
  engine: EngineName,
  { dataDirectory, databaseUrl }: Location,
  { isForced }: { isForced: boolean },
): Promise<{ explain: Explain; close(): Promise<void> }> {
  if (engine === "sqlite") {
    const database = new DatabaseSync(sqliteFile(dataDirectory), { readOnly: true });
    return {
      explain: async (sql) =>
        database
          .prepare(`explain query plan ${sql}`)
          .all()
          .map(({ detail }) => String(detail)),
      close: async () => database.close(),
    };
  }
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  await client.query("set plan_cache_mode = force_generic_plan");
  if (isForced) await client.query("set enable_seqscan = off");
  return {
    async explain(sql) {
      await client.query(`prepare explained as ${sql}`);
      try {
        const parameters = Math.max(0, ...[...sql.matchAll(/\$(\d+)/g)].map(([, number]) => Number(number)));
        const given = parameters === 0 ? "" : `(${Array(parameters).fill("null").join(", ")})`;
        const { rows } = await client.query(`explain execute explained${given}`);
        return rows.map((row) => String(row["QUERY PLAN"]).trim());
      } finally {
        await client.query("deallocate explained");
      }
    },
    close: () => client.end(),
  };
}

/** The lines of a plan that read a table from its beginning to its end, in whatever order. */
export function wholeReads(plan: readonly string[]): string[] {
  const ofTheStatement = new Set(plan.flatMap((line) => /^(?:CO-ROUTINE|MATERIALIZE) (\S+)/.exec(line)?.[1] ?? []));
  return plan.filter((line) => {
    const [, scanned = ""] = /^SCAN (\S+)/.exec(line) ?? [];
    return /^(-> +)?Seq Scan/.test(line) || (scanned !== "" && !ofTheStatement.has(scanned) && !isGiven(line));
  });
}

/** A list that came with the statement. */
const isGiven = (line: string): boolean => /VIRTUAL TABLE|CONSTANT ROW/.test(line);
