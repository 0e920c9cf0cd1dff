import { createPrivateKey, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { calculateJwkThumbprint, type JWK } from "jose";
import type { AuditLog, By } from "../audit/index.ts";
import type { Clock } from "../runtime/index.ts";
import type { KeySet, SigningKeyStore } from "./signing-key-store.ts";

/** A public key as profiles publish it. */
export type PublicKey = JWK & { kid: string; kty: string };

export interface Signer {
  kid: string;
  sign(text: string): Buffer;
}

interface Loaded {
  published: PublicKey[];
  kid: string;
  privateKey: KeyObject;
}

/** Another node's rotation is noticed within this. */
const FRESH_MS = 10_000;
const ATTEMPTS = 5;

/** The keys that sign answers and webhooks: P-256, the one algorithm that every platform has to know. */
export class SigningKeys {
  readonly #store: SigningKeyStore;
  readonly #auditLog: AuditLog;
  readonly #clock: Clock;
  #loaded: Loaded;
  #loadedAtMs: number;
  #loading: Promise<Loaded> | undefined;

  /** Opens the keys of all nodes; makes them when there are none yet. */
  static async open(store: SigningKeyStore, auditLog: AuditLog, clock: Clock): Promise<SigningKeys> {
    const keys = (await store.read()) ?? (await store.keep({ current: mint(), next: mint() }));
    return new SigningKeys(store, auditLog, clock, await load(keys));
  }

  constructor(store: SigningKeyStore, auditLog: AuditLog, clock: Clock, loaded: Loaded) {
    this.#store = store;
    this.#auditLog = auditLog;
    this.#clock = clock;
    this.#loaded = loaded;
    this.#loadedAtMs = clock.monotonic();
  }

  /** All that may have signed what platforms still hold, or will sign next. */
  async published(): Promise<PublicKey[]> {
    return (await this.#fresh()).published;
  }

  /** The key that signs now: ECDSA over SHA-256; a signature is r and s, one behind the other (RFC 9421, section 3.3.4). */
  async signer(): Promise<Signer> {
    const { kid, privateKey } = await this.#fresh();
    return { kid, sign: (text) => sign("sha256", Buffer.from(text), { key: privateKey, dsaEncoding: "ieee-p1363" }) };
  }

  /** Signs with the next key from now on, which everybody has seen, and makes one more. */
  async rotate(by: By): Promise<PublicKey[]> {
    const turn = ({ current, next }: KeySet): KeySet => ({ current: next, next: mint(), former: current });
    const along: Parameters<SigningKeyStore["change"]>[1] = async (trx, before, after) => {
      const [from, to] = await Promise.all([before, after].map(({ current }) => publicHalf(current)));
      await this.#auditLog.rowIn(trx, by, {
        action: "signing_key.rotated",
        orgId: null,
        target: { kind: "signing_key", id: to!.kid },
        changes: [{ field: "kid", before: from!.kid, after: to!.kid }],
      });
    };
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) if (await this.#store.change(turn, along)) break;
    this.#loadedAtMs = Number.NEGATIVE_INFINITY;
    return this.published();
  }

  async #fresh(): Promise<Loaded> {
    if (this.#clock.monotonic() - this.#loadedAtMs < FRESH_MS) return this.#loaded;
    this.#loading ??= this.#reload().finally(() => {
      this.#loading = undefined;
    });
    return this.#loading;
  }

  async #reload(): Promise<Loaded> {
    const keys = await this.#store.read();
    if (keys) this.#loaded = await load(keys);
    this.#loadedAtMs = this.#clock.monotonic();
    return this.#loaded;
  }
}

async function load({ current, next, former }: KeySet): Promise<Loaded> {
  const published = await Promise.all([current, next, ...(former ? [former] : [])].map(publicHalf));
  return { published, kid: published[0]!.kid, privateKey: createPrivateKey({ key: current, format: "jwk" }) };
}

async function publicHalf({ kty = "EC", crv = "", x = "", y = "" }: JWK): Promise<PublicKey> {
  const half = { kty, crv, x, y };
  return { kid: await calculateJwkThumbprint(half), ...half, use: "sig", alg: "ES256" };
}

const mint = (): JWK => generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({ format: "jwk" }) as JWK;
