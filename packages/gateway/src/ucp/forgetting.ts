import type { Hold, Leases } from "../leases/index.ts";
import type { Clock, Log, Timestamps } from "../runtime/index.ts";
import type { Storage } from "../storage/index.ts";

export interface ForgettingOptions {
  storage: Storage;
  leases: Leases;
  clock: Clock;
  timestamps: Timestamps;
  log: Log;
}

const LEASE = "ucp-forgetting";
const EVERY_MS = 600_000;
const REST_MS = 20;
const PAGE = 100;

/** Forgets checkouts and orders when their time is over, on one node at a time, page by page. */
export class Forgetting {
  readonly #options: ForgettingOptions;
  #hold: Hold | undefined;
  #walking: Promise<void> = Promise.resolve();
  #shift = new AbortController();

  constructor(options: ForgettingOptions) {
    this.#options = options;
  }

  start(): void {
    this.#hold ??= this.#options.leases.hold(LEASE, {
      taken: () => {
        const shift = new AbortController();
        this.#shift = shift;
        this.#walking = this.#walking.then(() => this.#work(shift.signal));
      },
      lost: () => this.#shift.abort(),
      state: () => "",
    });
  }

  async close(): Promise<void> {
    this.#shift.abort();
    await this.#hold?.release();
    await this.#walking;
  }

  async #work(over: AbortSignal): Promise<void> {
    while (!over.aborted) {
      await this.#pause(EVERY_MS, over);
      for (let isMore = !over.aborted; isMore && !over.aborted; await this.#pause(REST_MS, over)) {
        isMore = await this.forgetSome().catch((error) => {
          this.#options.log.warn({ err: error }, "old checkouts could not be forgotten");
          return false;
        });
      }
    }
  }

  /** @returns whether there may be more */
  async forgetSome(): Promise<boolean> {
    const { storage, timestamps } = this.#options;
    const { db } = storage;
    const now = timestamps();
    const over = db
      .selectFrom("ucp_checkouts")
      .select("id")
      .where("forget_at", "<", now)
      .where("phase", "!=", "completing");
    const checkouts = await over.orderBy("forget_at").limit(PAGE).execute();
    const old = db.selectFrom("ucp_orders").select("id").where("forget_at", "<", now).where("done", "=", 1n);
    const orders = await old.orderBy("forget_at").limit(PAGE).execute();
    for (const { id } of checkouts) {
      await db.deleteFrom("ucp_checkouts").where("id", "=", id).where("forget_at", "<", now).execute();
    }
    for (const { id } of orders)
      await db.deleteFrom("ucp_orders").where("id", "=", id).where("done", "=", 1n).execute();
    return checkouts.length === PAGE || orders.length === PAGE;
  }

  #pause(ms: number, over: AbortSignal): Promise<void> {
    if (over.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const cancel = this.#options.clock.after(ms, resolve);
      over.addEventListener(
        "abort",
        () => {
          cancel();
          resolve();
        },
        { once: true },
      );
    });
  }
}
