import { type Clock, createLruCache, type LRUCache } from "../runtime/index.ts";
import type { LimitDecision, RateLimit, RateLimiter } from "./rate-limiter.ts";

const MINUTE_MS = 60_000;
const MINUTES = 60;
/** Of which refusals are remembered: those that were refused last. */
const SUBJECTS_MAX = 10_000;

/** Refusals of the last hour, by minute. */
interface Refused {
  minutes: Uint32Array;
  /** Whole minutes of the monotonic clock: the last one that counts. */
  last: number;
}

/** A limiter that knows how often it has refused whom in the last hour, on this node. What is granted costs it nothing. */
export class CountedLimiter implements RateLimiter {
  readonly #limiter: RateLimiter;
  readonly #clock: Clock;
  readonly #refused: LRUCache<string, Refused> = createLruCache(SUBJECTS_MAX);

  constructor(limiter: RateLimiter, clock: Clock) {
    this.#limiter = limiter;
    this.#clock = clock;
  }

  get shared(): boolean | undefined {
    return this.#limiter.shared;
  }

  take(key: string, limit: RateLimit): LimitDecision | Promise<LimitDecision> {
    const taken = this.#limiter.take(key, limit);
    if (taken instanceof Promise) {
      return taken.then((decision) => {
        if (!decision.allowed) this.#note(key);
        return decision;
      });
    }
    if (!taken.allowed) this.#note(key);
    return taken;
  }

  level(key: string, limit: RateLimit): number | Promise<number> {
    return this.#limiter.level(key, limit);
  }

  /** Refusals of this subject in the last hour, of whichever bucket of its: `org:` and an id, `payer:` and an id, `key:` and an id. */
  refusedOf(subject: string): number {
    const refused = this.#refused.get(subject);
    if (!refused) return 0;
    this.#moveOn(refused);
    return refused.minutes.reduce((sum, count) => sum + count, 0);
  }

  close(): Promise<void> {
    return this.#limiter.close();
  }

  #note(key: string): void {
    const [kind = "", id = ""] = key.split(":", 2);
    const subject = `${kind}:${id}`;
    let refused = this.#refused.get(subject);
    if (!refused) {
      refused = { minutes: new Uint32Array(MINUTES), last: this.#minute() };
      this.#refused.set(subject, refused);
    }
    this.#moveOn(refused);
    refused.minutes[refused.last % MINUTES]!++;
  }

  #moveOn(refused: Refused): void {
    const now = this.#minute();
    if (now - refused.last >= MINUTES) refused.minutes.fill(0);
    else for (let minute = refused.last + 1; minute <= now; minute++) refused.minutes[minute % MINUTES] = 0;
    refused.last = now;
  }

  #minute(): number {
    return Math.floor(this.#clock.monotonic() / MINUTE_MS);
  }
}
