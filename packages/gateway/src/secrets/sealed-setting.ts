import type { Transaction } from "kysely";
import type { Sealer } from "../runtime/index.ts";
import type { Database, Storage } from "../storage/index.ts";
import type { SealedPlace } from "./sealed-place.ts";

/** A secret that is kept among the settings, sealed: one for all nodes on the database. */
export interface SealedSettingName {
  /** Of the row in `settings`. */
  name: string;
  /** What it is sealed for. */
  purpose: string;
}

export class SealedSetting {
  readonly #storage: Storage;
  readonly #sealer: Sealer;
  readonly #of: SealedSettingName;

  constructor(storage: Storage, sealer: Sealer, of: SealedSettingName) {
    this.#storage = storage;
    this.#sealer = sealer;
    this.#of = of;
  }

  /** Undefined before the first. @throws when it was sealed with another secret */
  async read(): Promise<string | undefined> {
    const sealed = await this.#sealed();
    return sealed === undefined ? undefined : this.#sealer.open(sealed, this.#of.purpose);
  }

  /** Keeps a first one, unless another node was sooner. Answers the one that is kept. */
  async keep(text: string): Promise<string> {
    await this.#storage.db
      .insertInto("settings")
      .values({ name: this.#of.name, value: this.#sealer.seal(text, this.#of.purpose) })
      .onConflict((conflict) => conflict.column("name").doNothing())
      .execute();
    return (await this.read()) ?? text;
  }

  /**
   * Puts another in the place of the one that is kept, and does `along` with it.
   *
   * @returns false when that was changed meanwhile
   */
  async change(
    change: (before: string) => string,
    along: (trx: Transaction<Database>, before: string, after: string) => Promise<void>,
  ): Promise<boolean> {
    const { name, purpose } = this.#of;
    const sealed = await this.#sealed();
    if (sealed === undefined) return false;
    const before = this.#sealer.open(sealed, purpose);
    const after = change(before);
    const value = this.#sealer.seal(after, purpose);
    return this.#storage.db.transaction().execute(async (trx) => {
      const update = trx.updateTable("settings").set({ value }).where("name", "=", name);
      const { numUpdatedRows } = await update.where("value", "=", sealed).executeTakeFirst();
      if (numUpdatedRows === 0n) return false;
      await along(trx, before, after);
      return true;
    });
  }

  async #sealed(): Promise<string | undefined> {
    const query = this.#storage.db.selectFrom("settings").select("value").where("name", "=", this.#of.name);
    return (await query.executeTakeFirst())?.value;
  }
}

/** The setting, for whoever has to seal it anew. Forgotten, another is made at the next start. @param what in words */
export const sealedSettingPlace = (what: string, { name, purpose }: SealedSettingName): SealedPlace => ({
  what,
  async page({ db }, after) {
    if (after !== "") return [];
    const rows = await db.selectFrom("settings").select("value").where("name", "=", name).execute();
    return rows.map(({ value }) => ({ key: name, sealed: value, purpose }));
  },
  async replace({ db }, { sealed: before }, sealed) {
    const update = db.updateTable("settings").set({ value: sealed });
    await update.where("name", "=", name).where("value", "=", before).execute();
  },
  async forget({ db }, { sealed }) {
    await db.deleteFrom("settings").where("name", "=", name).where("value", "=", sealed).execute();
  },
});
