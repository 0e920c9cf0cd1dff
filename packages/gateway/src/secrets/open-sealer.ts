import { createSealer, type Log, type Random, type Sealer } from "../runtime/index.ts";
import type { Storage } from "../storage/index.ts";
import { type MintedSecrets, secretsInDatabase, secretsInFile } from "./minted-secrets.ts";
import type { SealedPlace } from "./sealed-place.ts";
import { SecretCheck, SecretKeyError } from "./secret-check.ts";

export interface SecretsOptions {
  storage: Storage;
  /** Unset with the embedded database. */
  databaseUrl: string | undefined;
  dataDirectory: string;
  /** The configured secret; minted and kept when there is none. */
  secretKey: string | undefined;
  /** One that it has taken the place of. */
  previousSecretKey: string | undefined;
  /** Everything that is sealed. */
  places: readonly SealedPlace[];
  random: Random;
  log: Log;
}

const SECRET_BYTES = 32;

export const mintSecret = (random: Random): string => random.bytes(SECRET_BYTES).toString("base64url");

export const mintedSecretsOf = ({ databaseUrl, dataDirectory, storage }: SecretsOptions): MintedSecrets =>
  databaseUrl === undefined ? secretsInFile(dataDirectory) : secretsInDatabase(storage);

/**
 * The sealer under the configured secret, else under one minted at the first start. What was sealed under an earlier secret that is
 * still known opens as well: the previous one as configured, and a minted one that a configured one has taken the place of.
 *
 * @throws SecretKeyError when the texts of this database are sealed under none of them. Nothing is changed then.
 */
export async function openSealer(options: SecretsOptions): Promise<Sealer> {
  const { storage, secretKey, previousSecretKey, places, random, log, databaseUrl } = options;
  const check = new SecretCheck(storage, places);
  const minted = mintedSecretsOf(options);
  let kept = await minted.read();
  if (secretKey === undefined && kept.length === 0) {
    if (await check.isNeeded()) throw new SecretKeyError(missing(minted, databaseUrl));
    kept = await minted.begin(mintSecret(random));
  }
  if (secretKey === undefined && databaseUrl !== undefined)
    log.warn({}, "AGENTGATE_SECRET_KEY is not set; the key that seals credentials is kept in the database beside them");
  const [current, ...earlier] = [secretKey, ...kept, previousSecretKey].filter((secret) => secret !== undefined);
  const sealer = createSealer(current!, random, earlier);
  if (!(await check.fits(sealer))) throw new SecretKeyError(unfit(secretKey, minted));
  if (!(await check.fits(createSealer(current!, random))))
    log.warn({}, "what is sealed in the database is sealed under an earlier secret key; run: agentgate secrets rotate");
  else await check.leave(sealer);
  return sealer;
}

const way =
  "Or give it as AGENTGATE_SECRET_KEY_PREVIOUS beside the new one. If it is lost, agentgate secrets forget removes what nobody can open any more.";

function missing({ where }: MintedSecrets, databaseUrl: string | undefined): string {
  const back =
    databaseUrl === undefined ? `Put back ${where}, or set AGENTGATE_SECRET_KEY` : "Set AGENTGATE_SECRET_KEY as it was";
  return `The secret key of this database is missing: credentials and other secrets in it are sealed. ${back}. ${way}`;
}

function unfit(secretKey: string | undefined, { where }: MintedSecrets): string {
  const which = secretKey === undefined ? where : "AGENTGATE_SECRET_KEY";
  return `The secret key (${which}) does not fit this database: what is sealed in it was sealed under another. Put the other one back. ${way}`;
}
