import type { ClickHouseClient } from "@clickhouse/client";
import { columns } from "./columns.ts";
import type { ClickHouseTarget } from "./targets.ts";

type Place = Pick<ClickHouseTarget, "database" | "table">;

/** As it stands in a statement; `parseTarget` has let nothing pass that would have to be escaped. */
export const tableName = ({ database, table }: Place): string => `\`${database}\`.\`${table}\``;

/**
 * One row for each call once its parts are merged, and at once with `FINAL`: agent and time belong to the key, and are the same in all rows of a call.
 */
export const createTable = (place: Place): string => `CREATE TABLE IF NOT EXISTS ${tableName(place)} (
  ${columns.map(({ name, clickhouse }) => `\`${name}\` ${clickhouse}`).join(",\n  ")}
)
ENGINE = ReplacingMergeTree(exported_at)
PARTITION BY toDate(created_at)
ORDER BY (agent_id, created_at, id)
COMMENT 'Calls to agents, written by AgentGate'`;

export const insertInto = (place: Place): string => `INSERT INTO ${tableName(place)} FORMAT JSONEachRow`;

/**
 * Makes the table, or adds to one that is there the columns that it lacks: one that an earlier version made, or the operator, who may
 * have chosen another engine, order or partitions. Nothing else of it is touched.
 */
export async function bringUpToDate(client: ClickHouseClient, place: Place, over: AbortSignal): Promise<void> {
  const there = await columnsThere(client, place, over);
  if (there.size === 0) await client.command({ query: createTable(place), abort_signal: over });
  const lacking = columns.filter(({ name }) => there.size > 0 && !there.has(name));
  if (lacking.length === 0) return;
  const added = lacking.map(({ name, clickhouse }) => `ADD COLUMN IF NOT EXISTS \`${name}\` ${clickhouse}`);
  await client.command({ query: `ALTER TABLE ${tableName(place)} ${added.join(", ")}`, abort_signal: over });
}

async function columnsThere(
  client: ClickHouseClient,
  { database, table }: Place,
  over: AbortSignal,
): Promise<ReadonlySet<string>> {
  const found = await client.query({
    query: "SELECT name FROM system.columns WHERE database = {database:String} AND table = {table:String} LIMIT 1000",
    query_params: { database, table },
    format: "JSONEachRow",
    abort_signal: over,
  });
  return new Set((await found.json<{ name: string }>()).map(({ name }) => name));
}
