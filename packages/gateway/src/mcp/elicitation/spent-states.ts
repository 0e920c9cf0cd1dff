import { createHash } from "node:crypto";
import type { Clock } from "../../runtime/index.ts";
import type { Storage } from "../../storage/index.ts";

/** Longer than any state is good for. */
const KEPT_MS = 30 * 60_000;

/** Which questions were answered: of two that answer the same one, on whatever nodes, one alone is heard. */
export class SpentStates {
  readonly #storage: Storage;
  readonly #clock: Clock;

  constructor({ storage, clock }: { storage: Storage; clock: Clock }) {
    this.#storage = storage;
    this.#clock = clock;
  }

  /** Answers whether it was unspent. */
  async spend(state: string): Promise<boolean> {
    const ends_at = BigInt(this.#clock.now() + KEPT_MS) * 1000n;
    const insert = this.#storage.db.insertInto("mcp_spent_states").values({ hash: hashOf(state), ends_at });
    const { numInsertedOrUpdatedRows } = await insert
      .onConflict((conflict) => conflict.doNothing())
      .executeTakeFirstOrThrow();
    return (numInsertedOrUpdatedRows ?? 0n) > 0n;
  }

  /** The agent was not told after all. */
  async giveBack(state: string): Promise<void> {
    await this.#storage.db.deleteFrom("mcp_spent_states").where("hash", "=", hashOf(state)).execute();
  }
}

const hashOf = (state: string): string => createHash("sha256").update(state).digest("base64url");
