import { type Clock, createLruCache, type LRUCache, type NetworkOf } from "../runtime/index.ts";
import type { RateLimit } from "./rate-limiter.ts";
import { TokenBucket } from "./token-bucket.ts";

export interface MissLimitsOptions extends RateLimit {
  networkOf: NetworkOf;
  clock: Clock;
}

/** Networks that are remembered: those that missed last. */
const NETWORKS_MAX = 10_000;

/**
 * How often a client may ask for what there is not: keys that nobody has, agents that do not exist. Each is looked for in the
 * database, so who goes on asking is not looked for any more until its bucket has filled again. Costs nothing while nobody does.
 */
export class MissLimits {
  readonly #options: MissLimitsOptions;
  readonly #buckets: LRUCache<string, TokenBucket> = createLruCache(NETWORKS_MAX);
  /** Until when, on the monotonic clock. */
  readonly #blocked: LRUCache<string, number> = createLruCache(NETWORKS_MAX);
  /** When the last of them may ask again. */
  #blockedUntilMs = 0;

  constructor(options: MissLimitsOptions) {
    this.#options = options;
  }

  /** The client at this address has asked for what there is not. */
  note(address: string): void {
    const { networkOf, clock } = this.#options;
    const network = networkOf(address);
    const nowMs = clock.monotonic();
    let bucket = this.#buckets.get(network);
    if (!bucket) {
      bucket = new TokenBucket(this.#options, nowMs);
      this.#buckets.set(network, bucket);
    }
    const { remaining, retryAfterSeconds } = bucket.take(this.#options, nowMs);
    if (remaining >= 1) return;
    const untilMs = nowMs + 1_000 * Math.max(1, retryAfterSeconds);
    this.#blocked.set(network, untilMs);
    this.#blockedUntilMs = Math.max(this.#blockedUntilMs, untilMs);
  }

  /** Whether there is anybody who has to wait. */
  get any(): boolean {
    return this.#blocked.size > 0 && this.#options.clock.monotonic() < this.#blockedUntilMs;
  }

  /** Seconds that the client at this address has to wait; 0 when it may ask. */
  waitOf(address: string): number {
    const network = this.#options.networkOf(address);
    const until = this.#blocked.get(network);
    if (until === undefined) return 0;
    const leftMs = until - this.#options.clock.monotonic();
    if (leftMs > 0) return Math.ceil(leftMs / 1_000);
    this.#blocked.delete(network);
    return 0;
  }
}
