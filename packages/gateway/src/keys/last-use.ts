import type { Clock, Log } from "../runtime/index.ts";
import type { Storage } from "../storage/index.ts";

const WRITE_EVERY_MS = 30_000;
/** Keys whose use is not written yet: beyond, one is noted when it is used again. */
const NOTED_MAX = 50_000;
/** Written in one transaction. */
const BATCH = 250;

export interface LastUseOptions {
  storage: Storage;
  clock: Clock;
  log: Log;
}

type Table = "org_keys" | "api_keys";

/** When keys were last used: noted in memory by each call, and written twice a minute for all that were used meanwhile. */
export class LastUse {
  readonly #options: LastUseOptions;
  readonly #own = new Map<string, number>();
  readonly #further = new Map<string, number>();
  #cancel: () => void;
  #closed = false;

  constructor(options: LastUseOptions) {
    this.#options = options;
    this.#cancel = options.clock.after(WRITE_EVERY_MS, () => void this.#writeSoon());
  }

  /** The key with this hash is shown. On the way of every call, so it does nothing but note it. */
  note(table: Table, hash: string): void {
    const used = this.#usedOf(table);
    if (used.size < NOTED_MAX || used.has(hash)) used.set(hash, this.#options.clock.now());
  }

  #usedOf(table: Table): Map<string, number> {
    return table === "org_keys" ? this.#own : this.#further;
  }

  /** Writes what is noted. */
  async write(): Promise<void> {
    for (const table of ["org_keys", "api_keys"] as const) {
      const used = this.#usedOf(table);
      const noted = [...used];
      used.clear();
      for (let at = 0; at < noted.length; at += BATCH) await this.#writeBatch(table, noted.slice(at, at + BATCH));
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#cancel();
    await this.write().catch((error) => this.#options.log.warn({ err: error }, "the last use of keys is not written"));
  }

  async #writeSoon(): Promise<void> {
    const { clock, log } = this.#options;
    await this.write().catch((error) => log.warn({ err: error }, "the last use of keys is not written"));
    if (!this.#closed) this.#cancel = clock.after(WRITE_EVERY_MS, () => void this.#writeSoon());
  }

  /** In the order of the hashes, so that nodes which write the same keys wait for each other in no circle. */
  #writeBatch(table: Table, noted: readonly (readonly [string, number])[]): Promise<unknown> {
    const { storage } = this.#options;
    const statements = noted
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([hash, ms]) => [hash, BigInt(Math.floor(ms)) * 1000n] as const)
      .map(([hash, at]) =>
        storage.db
          .updateTable(table)
          .set({ last_used_at: at })
          .where("hash", "=", hash)
          .where((eb) => eb.or([eb("last_used_at", "is", null), eb("last_used_at", "<", at)]))
          .compile(),
      );
    return storage.batch(statements);
  }
}
