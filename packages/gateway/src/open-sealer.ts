import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Config } from "./config.ts";
import { createSealer, type Log, type Random, type Sealer } from "./runtime/index.ts";
import type { Storage } from "./storage/index.ts";

const SECRET_BYTES = 32;
const SETTING = "secret_key";

/**
 * The sealer under the configured secret, else under one minted at the first start: beside the embedded database, in a file that only
 * the server's user may read; or, where nodes share a database, in its settings, which protects backups of single tables alone.
 */
export async function openSealer(config: Config, storage: Storage, random: Random, log: Log): Promise<Sealer> {
  return createSealer(config.secretKey ?? (await mintedSecret(config, storage, random, log)), random);
}

async function mintedSecret(config: Config, storage: Storage, random: Random, log: Log): Promise<string> {
  const minted = random.bytes(SECRET_BYTES).toString("base64url");
  if (config.databaseUrl === undefined) return secretInFile(config.dataDirectory, minted);
  log.warn({}, "AGENTGATE_SECRET_KEY is not set; the key that seals credentials is kept in the database beside them");
  await storage.db
    .insertInto("settings")
    .values({ name: SETTING, value: minted })
    .onConflict((conflict) => conflict.column("name").doNothing())
    .execute();
  const stored = storage.db.selectFrom("settings").select("value").where("name", "=", SETTING);
  return (await stored.executeTakeFirstOrThrow()).value;
}

/** @param directory the database's, which is there */
function secretInFile(directory: string, minted: string): string {
  const path = join(directory, "secret.key");
  try {
    writeFileSync(path, minted, { mode: 0o600, flag: "wx" });
    return minted;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    return readFileSync(path, "utf8").trim();
  }
}
