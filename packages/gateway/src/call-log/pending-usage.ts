import type { Clock, Log } from "../runtime/index.ts";
import type { CallLogStore } from "./store.ts";

export interface PendingUsageOptions {
  store: CallLogStore;
  clock: Clock;
  log: Log;
}

/** How long calls may gather, so that many are counted at once. */
const GATHER_MS = 250;
/** How often a node looks for what one that died, or a payment that took long, has left. */
const LOOK_MS = 10_000;
const RETRY_MS_MAX = 10_000;

/** Adds the calls that were logged with their payments to the totals, soon after. What is not counted yet is in the database. */
export class PendingUsage {
  readonly #options: PendingUsageOptions;
  #cancel: (() => void) | undefined;
  #isSoon = false;
  #retryMs = 0;
  #closed = false;

  constructor(options: PendingUsageOptions) {
    this.#options = options;
    options.store.onPending(() => this.#touch());
    this.#schedule(LOOK_MS);
  }

  close(): void {
    this.#closed = true;
    this.#cancel?.();
  }

  #touch(): void {
    if (this.#isSoon || this.#retryMs > 0) return;
    this.#isSoon = true;
    this.#cancel?.();
    this.#schedule(GATHER_MS);
  }

  #schedule(delayMs: number): void {
    if (!this.#closed) this.#cancel = this.#options.clock.after(delayMs, () => void this.#count());
  }

  async #count(): Promise<void> {
    const { store, log } = this.#options;
    this.#isSoon = false;
    try {
      while (!this.#closed && (await store.countPending()));
      this.#retryMs = 0;
    } catch (error) {
      if (this.#closed) return;
      this.#retryMs = Math.min(RETRY_MS_MAX, (this.#retryMs || GATHER_MS) * 2);
      log.warn({ err: error, retryAfterMs: this.#retryMs }, "paid calls are not counted yet");
    }
    if (!this.#isSoon) this.#schedule(this.#retryMs || LOOK_MS);
  }
}
