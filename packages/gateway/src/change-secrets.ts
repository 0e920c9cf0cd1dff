import { existsSync } from "node:fs";
import { AuditLog, byGateway } from "./audit/index.ts";
import type { Config } from "./config/index.ts";
import { createTimestamps, silentLog, systemClock, systemRandom } from "./runtime/index.ts";
import { sealedPlaces } from "./sealed-places.ts";
import { rotateSecrets, type SecretsReport } from "./secrets/index.ts";
import { openStorage, type Storage, sqliteFile } from "./storage/index.ts";

/**
 * Seals what is sealed in a gateway's database anew, under the configured secret key or one that is minted now. A gateway may run
 * meanwhile; it has to know both keys, or be started anew afterwards.
 *
 * @param forgetting removes what opens under no known key
 * @throws when there is no database to read; with code `ENOENT` when its directory holds none
 */
export async function changeSecrets(
  config: Pick<Config, "databaseUrl" | "dataDirectory" | "secretKey" | "previousSecretKey">,
  { forgetting = false } = {},
): Promise<SecretsReport> {
  const { databaseUrl, dataDirectory } = config;
  if (databaseUrl === undefined && !existsSync(sqliteFile(dataDirectory)))
    throw Object.assign(new Error(`There is no database in ${dataDirectory}`), { code: "ENOENT" });
  const storage = await openStorage({ dataDirectory, databaseUrl, clock: systemClock, log: silentLog });
  try {
    const options = { ...config, storage, places: sealedPlaces, random: systemRandom, log: silentLog };
    const report = await rotateSecrets(options, { forgetting });
    await writeDown(storage, report, forgetting);
    return report;
  } finally {
    await storage.close();
  }
}

/** In the audit log, once it is done: what is sealed was changed one by one. */
async function writeDown(storage: Storage, { sealed, unreadable }: SecretsReport, forgetting: boolean): Promise<void> {
  const timestamps = createTimestamps(systemClock);
  const auditLog = new AuditLog({ storage, random: systemRandom, timestamps, wake() {} });
  const told = (counts: Record<string, number>) => Object.entries(counts).filter(([, count]) => count > 0);
  const changes = [
    ...told(sealed).map(([what, after]) => ({ field: `sealed anew: ${what}`, before: null, after })),
    ...(forgetting ? told(unreadable) : []).map(([what, before]) => ({
      field: `forgotten: ${what}`,
      before,
      after: null,
    })),
  ];
  const target = { kind: "secret_key", id: null };
  await storage.db
    .transaction()
    .execute((trx) => auditLog.rowIn(trx, byGateway, { action: "secrets.resealed", orgId: null, target, changes }));
}
