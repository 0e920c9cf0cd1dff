import { createSealer } from "../runtime/index.ts";
import { mintedSecretsOf, mintSecret, type SecretsOptions } from "./open-sealer.ts";
import { textsOf } from "./sealed-place.ts";
import { opens, SecretCheck } from "./secret-check.ts";

/** What became of the sealed texts, by what they are. */
export interface SecretsReport {
  /** Sealed under the current secret now. */
  sealed: Record<string, number>;
  /** Open under no secret that is known: left as they are, or forgotten where that was asked for. */
  unreadable: Record<string, number>;
  /** Where a newly minted secret is kept; null when one is configured. */
  minted: string | null;
}

/**
 * Seals everything anew under the current secret: the configured one, else one that is minted now. Gateways that know both go on
 * meanwhile; broken off, it can be run again.
 *
 * @param forgetting removes what opens under no known secret, instead of leaving it
 */
export async function rotateSecrets(options: SecretsOptions, { forgetting = false } = {}): Promise<SecretsReport> {
  const { storage, secretKey, previousSecretKey, places, random } = options;
  const minted = mintedSecretsOf(options);
  const kept = await minted.read();
  let current = secretKey;
  if (current === undefined) {
    current = mintSecret(random);
    // Both are kept before the first text is sealed under the new one.
    if (kept.length === 0) await minted.begin(current);
    else await minted.replace([current, ...kept]);
  }
  const earlier = [...kept, previousSecretKey].filter((secret) => secret !== undefined);
  const sealer = createSealer(current, random, earlier);
  const alone = createSealer(current, random);
  const report: SecretsReport = { sealed: {}, unreadable: {}, minted: secretKey === undefined ? minted.where : null };
  for (const place of places) {
    report.sealed[place.what] = 0;
    report.unreadable[place.what] = 0;
    for await (const text of textsOf(place, storage)) {
      const { sealed, purpose } = text;
      if (!opens(sealer, sealed, purpose)) {
        report.unreadable[place.what]!++;
        if (forgetting) await place.forget(storage, text);
        continue;
      }
      report.sealed[place.what]!++;
      if (!opens(alone, sealed, purpose))
        await place.replace(storage, text, alone.seal(sealer.open(sealed, purpose), purpose));
    }
  }
  const allRead = Object.values(report.unreadable).every((count) => count === 0);
  if (!allRead && !forgetting) return report;
  await new SecretCheck(storage, places).leave(alone);
  await minted.replace(secretKey === undefined ? [current] : []);
  return report;
}
