import { Problem } from "../http/index.ts";
import type { Amount, StockStore } from "../outbox/index.ts";
import { type Clock, createLruCache, type Log } from "../runtime/index.ts";

/** How much may wait to be told: bodies are small, but an owner's receiver may be away for days. */
export interface BacklogLimits {
  owner: Amount;
  all: Amount;
}

const MIB = 2 ** 20;
export const backlogLimits: BacklogLimits = {
  owner: { messages: 100_000, bytes: 128 * MIB },
  all: { messages: 2_000_000, bytes: 2_048 * MIB },
};

const REMEMBERED = 10_000;
/** Other nodes add and take away as well: what is remembered is asked for again. */
const TRUSTED_MS = 10_000;
const COUNT_EVERY_MS = 60_000;
const PAGE = 1_000;
/** What is left out is said at once, then no more often than this. */
const SAY_AGAIN_MS = 60_000;

interface Known extends Amount {
  at: number;
  isAsked: boolean;
}

/**
 * How much waits, so that nobody fills the database. It answers at once, for it is asked within payments: an owner is looked at for the
 * first time beside its first deliveries. What finds no room is not told, counted and said in the log.
 */
export class Backlog {
  readonly #store: StockStore;
  readonly #limits: BacklogLimits;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #known = createLruCache<string, Known>(REMEMBERED);
  readonly #all: Amount = { messages: 0, bytes: 0 };
  #left = 0;
  #saidAt = Number.NEGATIVE_INFINITY;
  #cancelCount = () => {};
  #closed = false;

  constructor(options: { store: StockStore; clock: Clock; log: Log; limits?: BacklogLimits }) {
    this.#store = options.store;
    this.#clock = options.clock;
    this.#log = options.log;
    this.#limits = options.limits ?? backlogLimits;
  }

  /** Deliveries that found no room since the start. */
  get leftOut(): number {
    return this.#left;
  }

  /** What waits, as it was counted last. */
  get waiting(): number {
    return this.#all.messages;
  }

  start(): void {
    void this.#count();
  }

  close(): void {
    this.#closed = true;
    this.#cancelCount();
  }

  /** Counts a delivery that is about to be written; false when there is no room for it. */
  take(owner: string, bytes: number): boolean {
    const known = this.#of(owner);
    if (!fits(known, bytes, this.#limits.owner) || !fits(this.#all, bytes, this.#limits.all)) {
      this.#leave(owner);
      return false;
    }
    for (const amount of [known, this.#all]) {
      amount.messages++;
      amount.bytes += bytes;
    }
    return true;
  }

  /** The same for what is asked for by hand. @throws Problem 429 when there is no room for it */
  demand(owner: string, bytes: number): void {
    if (this.take(owner, bytes)) return;
    throw new Problem(429, "Too many of your webhooks wait already; ask for more when some are delivered", {
      code: "too_many_waiting",
      headers: { "retry-after": "60" },
    });
  }

  /** One waits no more. */
  removed(owner: string, bytes: number): void {
    for (const amount of [this.#known.get(owner), this.#all]) {
      if (!amount) continue;
      amount.messages = Math.max(0, amount.messages - 1);
      amount.bytes = Math.max(0, amount.bytes - bytes);
    }
  }

  #of(owner: string): Known {
    const now = this.#clock.monotonic();
    let known = this.#known.get(owner);
    if (!known) {
      known = { messages: 0, bytes: 0, at: Number.NEGATIVE_INFINITY, isAsked: false };
      this.#known.set(owner, known);
    }
    if (now - known.at >= TRUSTED_MS && !known.isAsked) void this.#ask(owner, known);
    return known;
  }

  async #ask(owner: string, known: Known): Promise<void> {
    known.isAsked = true;
    try {
      Object.assign(known, await this.#store.amountOf("owner", owner, this.#limits.owner.messages));
    } catch (error) {
      if (!this.#closed) this.#log.warn({ err: error }, "cannot count an owner's webhooks");
    }
    known.at = this.#clock.monotonic();
    known.isAsked = false;
  }

  #leave(owner: string): void {
    this.#left++;
    const now = this.#clock.monotonic();
    if (now - this.#saidAt < SAY_AGAIN_MS) return;
    this.#saidAt = now;
    this.#log.warn({ owner, leftOut: this.#left }, "too many webhooks wait; some are not told");
  }

  /** Counts everything anew, page by page. */
  async #count(): Promise<void> {
    const sum: Amount = { messages: 0, bytes: 0 };
    try {
      for (let after: string | undefined = ""; after !== undefined && !this.#closed; ) {
        const page = await this.#store.amountAfter(after, PAGE);
        sum.messages += page.messages;
        sum.bytes += page.bytes;
        after = page.last;
      }
      Object.assign(this.#all, sum);
    } catch (error) {
      if (!this.#closed) this.#log.warn({ err: error }, "cannot count the webhooks that wait");
    }
    if (!this.#closed) this.#cancelCount = this.#clock.after(COUNT_EVERY_MS, () => void this.#count());
  }
}

const fits = (amount: Amount, bytes: number, limit: Amount): boolean =>
  amount.messages < limit.messages && amount.bytes + bytes <= limit.bytes;
