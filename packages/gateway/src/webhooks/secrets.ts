import type { Random, Sealer } from "../runtime/index.ts";
import type { SealedPlace } from "../secrets/index.ts";
import type { EndpointSecret } from "./endpoint.ts";
import { WEBHOOKS_TOPIC } from "./topic.ts";

/** Within the 24 to 64 bytes of Standard Webhooks. */
const SECRET_BYTES = 32;
/** How long a secret goes on signing beside the one that took its place. */
const OVERLAP_MS = 24 * 3_600_000;
/** Rotations within that time; an older one than these signs no more. */
const SIGNING_MAX = 3;

/** A new secret, in the form of Standard Webhooks. */
export const mintSecret = (random: Random): string => `whsec_${random.bytes(SECRET_BYTES).toString("base64")}`;

/** The secrets when a new one takes the place of the newest. */
export function rotated(secrets: readonly EndpointSecret[], secret: string, now: number): EndpointSecret[] {
  const earlier = signing(secrets, now).map((one) => ({ ...one, until: one.until ?? now + OVERLAP_MS }));
  return [{ secret, until: null }, ...earlier].slice(0, SIGNING_MAX);
}

/** Those that sign now. A time further ahead than any secret is given was written by a clock that was wrong. */
export const signing = (secrets: readonly EndpointSecret[], now: number): EndpointSecret[] =>
  secrets.filter(({ until }) => until === null || (until > now && until <= now + OVERLAP_MS));

const purposeOf = (endpointId: string) => `webhook secret ${endpointId}`;

export const sealSecrets = (sealer: Sealer, endpointId: string, secrets: readonly EndpointSecret[]): string =>
  sealer.seal(JSON.stringify(secrets), purposeOf(endpointId));

export const openSecrets = (sealer: Sealer, endpointId: string, sealed: string | null): EndpointSecret[] =>
  sealed === null ? [] : JSON.parse(sealer.open(sealed, purposeOf(endpointId)));

/** The secrets, for whoever has to seal them anew. */
export const sealedWebhookSecrets: SealedPlace = {
  what: "webhook secrets",
  async page({ db }, after, limit) {
    const query = db.selectFrom("webhook_endpoints").select(["id", "sealed"]).where("sealed", "is not", null);
    const rows = await query.where("id", ">", after).orderBy("id").limit(limit).execute();
    return rows.map(({ id, sealed }) => ({ key: id, sealed: sealed!, purpose: purposeOf(id) }));
  },
  async replace({ changes }, { key, sealed: before }, sealed) {
    await changes.change(
      WEBHOOKS_TOPIC,
      (trx) =>
        trx
          .updateTable("webhook_endpoints")
          .set({ sealed })
          .where("id", "=", key)
          .where("sealed", "=", before)
          .execute(),
      [key],
    );
  },
  /** It signs nothing then, until it is given a new one. */
  async forget({ changes }, { key, sealed }) {
    await changes.change(
      WEBHOOKS_TOPIC,
      (trx) =>
        trx
          .updateTable("webhook_endpoints")
          .set({ sealed: null })
          .where("id", "=", key)
          .where("sealed", "=", sealed)
          .execute(),
      [key],
    );
  },
};
