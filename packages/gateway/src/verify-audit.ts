import { createReadStream, existsSync } from "node:fs";
import { createInterface } from "node:readline";
import type { AuditReport } from "@agentgate/protocol";
import { AuditVerification, type NotedHead, verifyAuditLines } from "./audit/index.ts";
import { silentLog, systemClock } from "./runtime/index.ts";
import { openStorage, sqliteFile } from "./storage/index.ts";

/** Where an audit log is: in a database, or written out as `format=ndjson`. */
export type AuditPlace =
  | { dataDirectory: string }
  | { databaseUrl: string }
  | { file: string; isPart?: boolean }
  | { lines: AsyncIterable<string>; isPart?: boolean };

/**
 * Verifies an audit log without a running gateway.
 *
 * @param noted heads of the chain that were kept elsewhere, which a database's chain has to have come by
 * @throws when there is nothing to read; with code `ENOENT` when there is no such file, or its directory holds no database
 */
export async function verifyAudit(place: AuditPlace, noted: readonly NotedHead[] = []): Promise<AuditReport> {
  if ("lines" in place) return verifyAuditLines(place.lines, place);
  if ("file" in place) {
    const stream = createReadStream(place.file);
    await new Promise((resolve, reject) => stream.once("open", resolve).once("error", reject));
    return verifyAuditLines(createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY }), place);
  }
  const dataDirectory = "dataDirectory" in place ? place.dataDirectory : "";
  if (dataDirectory && !existsSync(sqliteFile(dataDirectory)))
    throw Object.assign(new Error(`There is no database in ${dataDirectory}`), { code: "ENOENT" });
  const databaseUrl = "databaseUrl" in place ? place.databaseUrl : undefined;
  const storage = await openStorage({ dataDirectory, databaseUrl, clock: systemClock, log: silentLog });
  try {
    return await new AuditVerification(storage, noted).run();
  } finally {
    await storage.close();
  }
}
