import { existsSync } from "node:fs";
import type { Config } from "./config.ts";
import { silentLog, systemClock, systemRandom } from "./runtime/index.ts";
import { sealedPlaces } from "./sealed-places.ts";
import { rotateSecrets, type SecretsReport } from "./secrets/index.ts";
import { openStorage, sqliteFile } from "./storage/index.ts";

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
    return await rotateSecrets(options, { forgetting });
  } finally {
    await storage.close();
  }
}
