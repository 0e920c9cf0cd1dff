import type { JWK } from "jose";
import type { Transaction } from "kysely";
import type { Sealer } from "../runtime/index.ts";
import type { SealedPlace } from "../secrets/index.ts";
import type { Database, Storage } from "../storage/index.ts";

const SETTING = "ucp_signing_keys";
const PURPOSE = "UCP signing keys";

/** Private keys as JWKs. The next one is published before it signs, the former one after it did. */
export interface KeySet {
  current: JWK;
  next: JWK;
  former?: JWK;
}

/** Where the keys are kept, sealed: one set for all nodes on the database. */
export class SigningKeyStore {
  readonly #storage: Storage;
  readonly #sealer: Sealer;

  constructor(storage: Storage, sealer: Sealer) {
    this.#storage = storage;
    this.#sealer = sealer;
  }

  /** @throws when they were sealed with another secret */
  async read(): Promise<KeySet | undefined> {
    const sealed = await this.#sealed();
    return sealed === undefined ? undefined : JSON.parse(this.#sealer.open(sealed, PURPOSE));
  }

  /** Keeps a first set, unless another node was sooner. Answers the one that is kept. */
  async keep(keys: KeySet): Promise<KeySet> {
    await this.#storage.db
      .insertInto("settings")
      .values({ name: SETTING, value: this.#seal(keys) })
      .onConflict((conflict) => conflict.column("name").doNothing())
      .execute();
    return (await this.read()) ?? keys;
  }

  /**
   * Puts another set in the place of the one that is kept, and does `along` with it.
   * @returns false when that was changed meanwhile
   */
  async change(
    change: (keys: KeySet) => KeySet,
    along: (trx: Transaction<Database>, before: KeySet, after: KeySet) => Promise<void>,
  ): Promise<boolean> {
    const sealed = await this.#sealed();
    if (sealed === undefined) return false;
    const before: KeySet = JSON.parse(this.#sealer.open(sealed, PURPOSE));
    const after = change(before);
    const changed = this.#seal(after);
    return this.#storage.db.transaction().execute(async (trx) => {
      const update = trx.updateTable("settings").set({ value: changed }).where("name", "=", SETTING);
      const { numUpdatedRows } = await update.where("value", "=", sealed).executeTakeFirst();
      if (numUpdatedRows === 0n) return false;
      await along(trx, before, after);
      return true;
    });
  }

  #seal = (keys: KeySet): string => this.#sealer.seal(JSON.stringify(keys), PURPOSE);

  async #sealed(): Promise<string | undefined> {
    const query = this.#storage.db.selectFrom("settings").select("value").where("name", "=", SETTING);
    return (await query.executeTakeFirst())?.value;
  }
}

/** The keys, for whoever has to seal them anew. Forgotten, others are made at the next start. */
export const sealedUcpKeys: SealedPlace = {
  what: "the keys that sign UCP answers and webhooks",
  async page({ db }, after) {
    if (after !== "") return [];
    const rows = await db.selectFrom("settings").select("value").where("name", "=", SETTING).execute();
    return rows.map(({ value }) => ({ key: SETTING, sealed: value, purpose: PURPOSE }));
  },
  async replace({ db }, { sealed: before }, sealed) {
    const update = db.updateTable("settings").set({ value: sealed });
    await update.where("name", "=", SETTING).where("value", "=", before).execute();
  },
  async forget({ db }, { sealed }) {
    await db.deleteFrom("settings").where("name", "=", SETTING).where("value", "=", sealed).execute();
  },
};
