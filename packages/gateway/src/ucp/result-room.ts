import { sql } from "kysely";
import type { Micros, Timestamps } from "../runtime/index.ts";
import type { Storage } from "../storage/index.ts";
import { refusal } from "./refusal.ts";

export interface ResultRoomOptions {
  storage: Storage;
  timestamps: Timestamps;
  bytesMax?: number;
}

/** What an owner's orders may keep of their agents' answers, in bytes. */
const BYTES_MAX = 1_073_741_824;
/** So many of its largest orders are counted. */
const COUNTED = 10_000;
/** Answers are kept so long in any case: whoever paid for one has had time to fetch it. */
const KEPT: Micros = 24n * 3_600_000_000n;
const DROPPED_AT_ONCE = 100;

/** The room that answers of orders take in the database: each owner's own. */
export class ResultRoom {
  readonly #options: ResultRoomOptions;

  constructor(options: ResultRoomOptions) {
    this.#options = options;
  }

  /** Forgets an owner's oldest answers where it has too many, though not those of the last day. @throws Problem 429 when that is not enough */
  async demand(owner: string): Promise<void> {
    const { bytesMax = BYTES_MAX } = this.#options;
    let over = (await this.#used(owner)) - bytesMax;
    while (over > 0) {
      const freed = await this.#dropOldest(owner);
      if (freed === 0) {
        const content =
          "The answers of your orders take all the room that you may have; they make some when they are a day old";
        throw refusal(429, "rate_limited", content, { "retry-after": "3600" });
      }
      over -= freed;
    }
  }

  async #used(owner: string): Promise<number> {
    const largest = sql<{ bytes: bigint }>`
      select cast(coalesce(sum(bytes), 0) as bigint) as bytes from (
        select bytes from ucp_orders where owner = ${owner} and bytes > 0 order by bytes desc limit ${COUNTED}
      ) as largest`;
    return Number((await largest.execute(this.#options.storage.db)).rows[0]!.bytes);
  }

  /** @returns how many bytes are free now that were not */
  async #dropOldest(owner: string): Promise<number> {
    const { storage, timestamps } = this.#options;
    const { db } = storage;
    const counted = db.selectFrom("ucp_orders").select(["id", "bytes", "created_at"]).where("owner", "=", owner);
    const largest = counted.where("bytes", ">", 0n).orderBy("bytes", "desc").limit(COUNTED).as("largest");
    const oldest = await db
      .selectFrom(largest)
      .select(["id", "bytes"])
      .where("created_at", "<", timestamps() - KEPT)
      .orderBy("created_at")
      .limit(DROPPED_AT_ONCE)
      .execute();
    let freed = 0;
    for (const { id, bytes } of oldest) {
      const order = db.updateTable("ucp_orders").set({ bytes: 0n }).where("id", "=", id).where("done", "=", 1n);
      const runs = db.updateTable("ucp_runs").set({ result: null, result_bytes: 0n }).where("order_id", "=", id);
      const [taken] = await storage.batch([order.compile(), runs.where("state", "=", "done").compile()]);
      if (taken!.affected > 0n) freed += Number(bytes);
    }
    return freed;
  }
}
