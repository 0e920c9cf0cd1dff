import { type Clock, createLruCache, type Log } from "../runtime/index.ts";
import type { Lane } from "./lane.ts";
import type { Amount, StockStore } from "./lane-store.ts";

/** How much may wait. */
export interface StockLimits {
  lane: Amount;
  owner: Amount;
  source: Amount;
  all: Amount;
}

const REMEMBERED = 10_000;
/** Other nodes add and take away as well: what is remembered is asked for again. */
const TRUSTED_MS = 2_000;
const PAGE = 500;

/**
 * How much waits, so that no owner and no source fills the database. The lanes know; here is remembered for a moment what they said, so
 * that a bound may be exceeded by what several nodes take in within that moment.
 */
export class Stock {
  readonly #store: StockStore;
  readonly #limits: StockLimits;
  readonly #clock: Clock;
  readonly #known = createLruCache<string, Amount & { at: number }>(REMEMBERED);
  readonly #all: Amount = { messages: 0, bytes: 0 };

  constructor(store: StockStore, limits: StockLimits, clock: Clock) {
    this.#store = store;
    this.#limits = limits;
    this.#clock = clock;
  }

  /** Whether there is room for one more message of so many bytes. */
  async hasRoom({ owner, source }: Lane, bytes: number): Promise<boolean> {
    const { owner: ofOwner, source: ofSource, all } = this.#limits;
    if (!fits(this.#all, bytes, all)) return false;
    return (
      fits(await this.#amount("owner", owner, ofOwner), bytes, ofOwner) &&
      fits(await this.#amount("source", source, ofSource), bytes, ofSource)
    );
  }

  added({ owner, source }: Lane, bytes: number): void {
    this.#move(owner, source, 1, bytes);
  }

  removed({ owner, source }: Lane, bytes: number): void {
    this.#move(owner, source, -1, -bytes);
  }

  /** Counts everything anew, page by page. */
  async count(log: Log): Promise<void> {
    const sum: Amount = { messages: 0, bytes: 0 };
    try {
      for (let after: string | undefined = ""; after !== undefined; ) {
        const page = await this.#store.amountAfter(after, PAGE);
        sum.messages += page.messages;
        sum.bytes += page.bytes;
        after = page.last;
      }
      Object.assign(this.#all, sum);
    } catch (error) {
      log.warn({ err: error }, "cannot count what waits in the outbox");
    }
  }

  async #amount(column: "owner" | "source", name: string, limit: Amount): Promise<Amount> {
    const key = `${column}\0${name}`;
    const now = this.#clock.monotonic();
    const known = this.#known.get(key);
    if (known && now - known.at < TRUSTED_MS) return known;
    // In each lane waits one at least.
    const amount = { ...(await this.#store.amountOf(column, name, limit.messages)), at: now };
    this.#known.set(key, amount);
    return amount;
  }

  #move(owner: string, source: string, messages: number, bytes: number): void {
    const known = [this.#known.get(`owner\0${owner}`), this.#known.get(`source\0${source}`), this.#all];
    for (const amount of known) {
      if (!amount) continue;
      amount.messages = Math.max(0, amount.messages + messages);
      amount.bytes = Math.max(0, amount.bytes + bytes);
    }
  }
}

const fits = (amount: Amount, bytes: number, limit: Amount): boolean =>
  amount.messages < limit.messages && amount.bytes + bytes <= limit.bytes;
