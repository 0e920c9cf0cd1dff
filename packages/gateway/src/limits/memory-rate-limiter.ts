import { type Clock, createLruCache, type LRUCache } from "../runtime/index.ts";
import { canAdmit, refuseAlways } from "./decide.ts";
import type { LimitDecision, RateLimit, RateLimiter } from "./rate-limiter.ts";
import { TokenBucket } from "./token-bucket.ts";

/** Buckets of this process. Holds the `maxKeys` used last; a key that was pushed out starts again with one burst. */
export class MemoryRateLimiter implements RateLimiter {
  readonly #clock: Clock;
  readonly #buckets: LRUCache<string, TokenBucket>;

  constructor({ clock, maxKeys = 100_000 }: { clock: Clock; maxKeys?: number }) {
    this.#clock = clock;
    this.#buckets = createLruCache(maxKeys);
  }

  take(key: string, limit: RateLimit): LimitDecision {
    if (!canAdmit(limit)) return refuseAlways(limit);
    const nowMs = this.#clock.monotonic();
    let bucket = this.#buckets.get(key);
    if (!bucket) {
      bucket = new TokenBucket(limit, nowMs);
      this.#buckets.set(key, bucket);
    }
    return bucket.take(limit, nowMs);
  }

  level(key: string, limit: RateLimit): number {
    return this.#buckets.get(key)?.levelWith(limit, this.#clock.monotonic()) ?? limit.burst;
  }

  /** Undoes one admitted `take` of `key`. */
  giveBack(key: string): void {
    this.#buckets.get(key)?.giveBack();
  }

  async close(): Promise<void> {
    this.#buckets.clear();
  }
}
