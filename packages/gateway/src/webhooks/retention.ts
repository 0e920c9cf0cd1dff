import type { Hold, Leases } from "../leases/index.ts";
import type { Clock, Log } from "../runtime/index.ts";
import type { Storage } from "../storage/index.ts";
import { firstIdOf } from "./delivery-id.ts";

export interface RetentionOptions {
  storage: Storage;
  leases: Leases;
  clock: Clock;
  log: Log;
  /** How long deliveries are kept, milliseconds. */
  keptMs: number;
  pace?: { everyMs: number; restMs: number };
}

const LEASE = "webhook-retention";
const PACE = { everyMs: 900_000, restMs: 50 };
const PAGE = 500;
/** How far one walk may go beyond the one before. */
const STEP_MS = 24 * 3_600_000;

/**
 * Forgets deliveries when their time is over, on one node at a time, page by page, oldest first. How far it has come is kept with the
 * lease and moves a day with each walk at most, so that a clock which is wrong by years takes little. What still waits stays.
 */
export class Retention {
  readonly #options: RetentionOptions;
  readonly #pace: { everyMs: number; restMs: number };
  #hold: Hold | undefined;
  #walking: Promise<void> = Promise.resolve();
  /** What was written before this is forgotten, milliseconds since the epoch; undefined until the first walk. */
  #horizonMs: number | undefined;
  #shift = new AbortController();

  constructor(options: RetentionOptions) {
    this.#options = options;
    this.#pace = options.pace ?? PACE;
  }

  start(): void {
    this.#hold ??= this.#options.leases.hold(LEASE, {
      taken: (state) => {
        this.#horizonMs = state === "" ? undefined : Number(state);
        const shift = new AbortController();
        this.#shift = shift;
        this.#walking = this.#walking.then(() => this.#work(shift.signal));
      },
      lost: () => this.#shift.abort(),
      state: () => (this.#horizonMs === undefined ? "" : `${this.#horizonMs}`),
    });
  }

  async close(): Promise<void> {
    this.#shift.abort();
    await this.#hold?.release();
    await this.#walking;
  }

  async #work(over: AbortSignal): Promise<void> {
    for (;;) {
      await this.#pause(this.#pace.everyMs, over);
      if (over.aborted) return;
      await this.#walk(over).catch((error) =>
        this.#options.log.warn({ err: error }, "old webhook deliveries could not be forgotten"),
      );
    }
  }

  async #walk(over: AbortSignal): Promise<void> {
    const { clock, keptMs } = this.#options;
    const latestMs = clock.now() - keptMs;
    const from = this.#horizonMs ?? (await this.#oldestMs()) ?? latestMs;
    const horizonMs = Math.min(latestMs, from + STEP_MS);
    while (!over.aborted && (await this.#forget(firstIdOf(horizonMs)))) await this.#pause(this.#pace.restMs, over);
    if (!over.aborted) this.#horizonMs = horizonMs;
  }

  /** When the oldest was written. */
  async #oldestMs(): Promise<number | undefined> {
    const query = this.#options.storage.db.selectFrom("webhook_deliveries").select("created_at").orderBy("id").limit(1);
    const oldest = await query.executeTakeFirst();
    return oldest && Number(oldest.created_at / 1000n);
  }

  /** @returns whether there may be more */
  async #forget(before: string): Promise<boolean> {
    const { db } = this.#options.storage;
    // Their ids, and not how many: what waits among them is passed over, and does not stop the walk.
    const old = await db
      .selectFrom("webhook_deliveries")
      .select("id")
      .where("id", "<", before)
      .where("due_at", "is", null)
      .orderBy("id")
      .limit(PAGE)
      .execute();
    if (old.length === 0) return false;
    const ids = old.map(({ id }) => id);
    await db.deleteFrom("webhook_deliveries").where("id", "in", ids).where("due_at", "is", null).execute();
    return old.length === PAGE;
  }

  #pause(delayMs: number, over: AbortSignal): Promise<void> {
    if (over.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const end = () => {
        cancel();
        over.removeEventListener("abort", end);
        resolve();
      };
      const cancel = this.#options.clock.after(delayMs, end);
      over.addEventListener("abort", end);
    });
  }
}
