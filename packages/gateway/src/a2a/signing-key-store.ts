import type { Sealer } from "../runtime/index.ts";
import type { SealedPlace } from "../secrets/index.ts";
import type { Storage } from "../storage/index.ts";

const SETTING = "card_signing_key";
const PURPOSE = "card signing key";

/** Where the key that signs cards is kept, sealed: one for all nodes on the database. */
export class SigningKeyStore {
  readonly #storage: Storage;
  readonly #sealer: Sealer;

  constructor(storage: Storage, sealer: Sealer) {
    this.#storage = storage;
    this.#sealer = sealer;
  }

  /** The key as a JWK; undefined before the first. @throws when it was sealed with another secret. */
  async read(): Promise<string | undefined> {
    const query = this.#storage.db.selectFrom("settings").select("value").where("name", "=", SETTING);
    const stored = await query.executeTakeFirst();
    return stored && this.#sealer.open(stored.value, PURPOSE);
  }

  /** Keeps a new key, unless another node was first. Answers the one that is kept. */
  async keep(jwk: string): Promise<string> {
    await this.#storage.db
      .insertInto("settings")
      .values({ name: SETTING, value: this.#sealer.seal(jwk, PURPOSE) })
      .onConflict((conflict) => conflict.column("name").doNothing())
      .execute();
    return (await this.read()) ?? jwk;
  }
}

/** The key, for whoever has to seal it anew. Forgotten, another is made at the next start, and cards are signed with that one. */
export const sealedSigningKey: SealedPlace = {
  what: "the key that signs cards",
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
