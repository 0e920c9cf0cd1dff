// Opens a storage as a starting node does, prints how many migrations it sees, and closes. Arguments: data directory, database URL.
import { sql } from "kysely";
import { silentLog, systemClock } from "../../runtime/index.ts";
import { openStorage } from "../storage.ts";

const [dataDirectory, databaseUrl] = process.argv.slice(2);
const storage = await openStorage({ dataDirectory: dataDirectory!, databaseUrl, clock: systemClock, log: silentLog });
const { rows } = await sql<{ count: bigint }>`select count(*) as count from kysely_migration`.execute(storage.db);
console.log(String(rows[0]?.count));
await storage.close();
