import type { Sealer } from "../runtime/index.ts";
import type { Storage } from "../storage/index.ts";
import { type SealedPlace, type SealedText, textsOf } from "./sealed-place.ts";

const SETTING = "secret_check";
const PURPOSE = "secret check";

/** A secret that does not fit the database, or one that is missing. The message says what to do. */
export class SecretKeyError extends Error {
  override readonly name = "SecretKeyError";
}

/** What tells whether a secret is the one under which the texts of a database are sealed. */
export class SecretCheck {
  readonly #storage: Storage;
  readonly #places: readonly SealedPlace[];

  constructor(storage: Storage, places: readonly SealedPlace[]) {
    this.#storage = storage;
    this.#places = places;
  }

  /** Whether this database has sealed texts already. */
  async isNeeded(): Promise<boolean> {
    return (await this.#samples()).length > 0;
  }

  /** Whether a sealer opens what is sealed here; true when nothing is. */
  async fits(sealer: Sealer): Promise<boolean> {
    const row = await this.#mark();
    if (row && opens(sealer, row.value, PURPOSE)) return true;
    // Of a database from before there were marks, one text of each kind has to do.
    const samples = await this.#samples();
    return samples.every(({ sealed, purpose }) => !row && opens(sealer, sealed, purpose));
  }

  /** Leaves the mark that later starts are checked by, in place of an earlier one. */
  async leave(sealer: Sealer): Promise<void> {
    const row = await this.#mark();
    if (row && opens(sealer, row.value, PURPOSE)) return;
    const value = sealer.seal("", PURPOSE);
    const insert = this.#storage.db.insertInto("settings").values({ name: SETTING, value });
    await insert.onConflict((conflict) => conflict.column("name").doUpdateSet({ value })).execute();
  }

  #mark(): Promise<{ value: string } | undefined> {
    return this.#storage.db.selectFrom("settings").select("value").where("name", "=", SETTING).executeTakeFirst();
  }

  async #samples(): Promise<SealedText[]> {
    const samples = [];
    for (const place of this.#places) {
      for await (const text of textsOf(place, this.#storage)) {
        samples.push(text);
        break;
      }
    }
    return samples;
  }
}

export function opens(sealer: Sealer, sealed: string, purpose: string): boolean {
  try {
    sealer.open(sealed, purpose);
    return true;
  } catch {
    return false;
  }
}
