import { DatabaseSync } from "node:sqlite";
import pg from "pg";

interface Location {
  databaseUrl?: string | undefined;
  dataDirectory: string;
}

/** Every row of every table, by table, as JSON text. */
export async function dumpDatabase({ databaseUrl, dataDirectory }: Location): Promise<Record<string, string>> {
  return databaseUrl === undefined ? dumpSqlite(`${dataDirectory}/agentgate.db`) : dumpPostgres(databaseUrl);
}

function dumpSqlite(file: string): Record<string, string> {
  const database = new DatabaseSync(file, { readOnly: true, readBigInts: true });
  const tables = database.prepare("select name from sqlite_master where type = 'table'").all() as { name: string }[];
  const dump = tables.map(({ name }) => [name, toText(database.prepare(`select * from "${name}"`).all())] as const);
  database.close();
  return Object.fromEntries(dump);
}

async function dumpPostgres(url: string): Promise<Record<string, string>> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const tables = await client.query("select table_name from information_schema.tables where table_schema = 'public'");
  const dump: Record<string, string> = {};
  for (const { table_name: name } of tables.rows)
    dump[name] = toText((await client.query(`select * from "${name}"`)).rows);
  await client.end();
  return dump;
}

const toText = (rows: readonly unknown[]) =>
  JSON.stringify(rows, (_, value) => {
    if (typeof value === "bigint") return `${value}`;
    return value instanceof Uint8Array ? Buffer.from(value).toString("latin1") : value;
  });
