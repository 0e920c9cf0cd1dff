import { existsSync } from "node:fs";
import type { LedgerReport } from "@agentgate/protocol";
import { toWireReport } from "./billing/index.ts";
import { usageAudit } from "./call-log/index.ts";
import { Ledger } from "./ledger/index.ts";
import { silentLog, systemClock } from "./runtime/index.ts";
import { openStorage, sqliteFile } from "./storage/index.ts";

/**
 * Verifies a ledger without a running gateway: of a data directory, or of a PostgreSQL database.
 * @throws when there is no database to read; with code `ENOENT` when its directory holds none
 */
export async function verifyLedger(where: { dataDirectory: string } | { databaseUrl: string }): Promise<LedgerReport> {
  const dataDirectory = "dataDirectory" in where ? where.dataDirectory : "";
  if (dataDirectory && !existsSync(sqliteFile(dataDirectory)))
    throw Object.assign(new Error(`There is no database in ${dataDirectory}`), { code: "ENOENT" });
  const databaseUrl = "databaseUrl" in where ? where.databaseUrl : undefined;
  const storage = await openStorage({ dataDirectory, databaseUrl, clock: systemClock, log: silentLog });
  try {
    return toWireReport(await Ledger.verify(storage, [usageAudit(storage)]));
  } finally {
    await storage.close();
  }
}
