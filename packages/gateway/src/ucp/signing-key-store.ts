import type { JWK } from "jose";
import type { Transaction } from "kysely";
import type { Sealer } from "../runtime/index.ts";
import { SealedSetting, sealedSettingPlace } from "../secrets/index.ts";
import type { Database, Storage } from "../storage/index.ts";

const SETTING = { name: "ucp_signing_keys", purpose: "UCP signing keys" };

/** Private keys as JWKs. The next one is published before it signs, the former one after it did. */
export interface KeySet {
  current: JWK;
  next: JWK;
  former?: JWK;
}

/** Where the keys are kept: one set for all nodes on the database. */
export class SigningKeyStore {
  readonly #kept: SealedSetting;

  constructor(storage: Storage, sealer: Sealer) {
    this.#kept = new SealedSetting(storage, sealer, SETTING);
  }

  /** @throws when they were sealed with another secret */
  async read(): Promise<KeySet | undefined> {
    const text = await this.#kept.read();
    return text === undefined ? undefined : JSON.parse(text);
  }

  /** Keeps a first set, unless another node was sooner. Answers the one that is kept. */
  async keep(keys: KeySet): Promise<KeySet> {
    return JSON.parse(await this.#kept.keep(JSON.stringify(keys)));
  }

  /**
   * Puts another set in the place of the one that is kept, and does `along` with it.
   * @returns false when that was changed meanwhile
   */
  change(
    change: (keys: KeySet) => KeySet,
    along: (trx: Transaction<Database>, before: KeySet, after: KeySet) => Promise<void>,
  ): Promise<boolean> {
    return this.#kept.change(
      (before) => JSON.stringify(change(JSON.parse(before))),
      (trx, before, after) => along(trx, JSON.parse(before), JSON.parse(after)),
    );
  }
}

/** The keys, for whoever has to seal them anew. */
export const sealedUcpKeys = sealedSettingPlace("the keys that sign UCP answers and webhooks", SETTING);
