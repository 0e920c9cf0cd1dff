import type { Storage } from "../storage/index.ts";

/** Whose lease it is. */
interface Holder {
  name: string;
  holder: string;
}

/** Of leases, which the code names, there are some dozens. */
const LEASES_MAX = 500;

interface LeaseRow {
  holder: string;
  beat: bigint;
  state: string;
}

/** Leases in the database. A row without a holder is free, and keeps its state. */
export class LeaseStore {
  readonly #storage: Storage;

  constructor(storage: Storage) {
    this.#storage = storage;
  }

  async read(names: readonly string[]): Promise<Map<string, LeaseRow>> {
    if (names.length === 0) return new Map();
    const query = this.#db
      .selectFrom("leases")
      .selectAll()
      .where("name", "in", [...names]);
    return new Map((await query.execute()).map(({ name, ...row }) => [name, row]));
  }

  /** All that are somebody's. */
  async held(): Promise<Holder[]> {
    const query = this.#db.selectFrom("leases").select(["name", "holder"]).where("holder", "!=", "");
    return query.orderBy("name").limit(LEASES_MAX).execute();
  }

  /** False when somebody was quicker. */
  async insert({ name, holder }: Holder): Promise<boolean> {
    const { numInsertedOrUpdatedRows } = await this.#db
      .insertInto("leases")
      .values({ name, holder, beat: 1n, state: "" })
      .onConflict((conflict) => conflict.doNothing())
      .executeTakeFirstOrThrow();
    return numInsertedOrUpdatedRows === 1n;
  }

  /** Takes the place of a holder that has not moved since it was seen. False when it has. */
  async replace({ name, holder }: Holder, seen: LeaseRow): Promise<boolean> {
    const { numUpdatedRows } = await this.#db
      .updateTable("leases")
      .set({ holder, beat: seen.beat + 1n })
      .where("name", "=", name)
      .where("holder", "=", seen.holder)
      .where("beat", "=", seen.beat)
      .executeTakeFirstOrThrow();
    return numUpdatedRows === 1n;
  }

  /** A sign of life. False when the lease is somebody else's. */
  async renew({ name, holder }: Holder, state: string): Promise<boolean> {
    const { numUpdatedRows } = await this.#db
      .updateTable("leases")
      .set((eb) => ({ beat: eb("beat", "+", 1n), state }))
      .where("name", "=", name)
      .where("holder", "=", holder)
      .executeTakeFirstOrThrow();
    return numUpdatedRows === 1n;
  }

  async release({ name, holder }: Holder, state: string): Promise<void> {
    await this.#db
      .updateTable("leases")
      .set((eb) => ({ holder: "", beat: eb("beat", "+", 1n), state }))
      .where("name", "=", name)
      .where("holder", "=", holder)
      .execute();
  }

  get #db() {
    return this.#storage.db;
  }
}
