import { decide } from "./decide.ts";
import type { LimitDecision, RateLimit } from "./rate-limiter.ts";

/**
 * One key's bucket. It remembers when it was last full and how much was taken since, so the level is always a single
 * expression: a running level would collect a rounding error with every request.
 */
export class TokenBucket {
  #rate: number;
  #burst: number;
  #fullAtMs: number;
  #taken = 0;

  constructor({ rate, burst }: RateLimit, nowMs: number) {
    this.#rate = rate;
    this.#burst = burst;
    this.#fullAtMs = nowMs;
  }

  /** @param nowMs of a clock that never runs backwards */
  take(limit: RateLimit, nowMs: number): LimitDecision {
    if (limit.rate !== this.#rate || limit.burst !== this.#burst) this.#adopt(limit, nowMs);
    let level = this.#level(nowMs);
    if (level >= this.#burst) {
      this.#fullAtMs = nowMs;
      this.#taken = 0;
      level = this.#burst;
    }
    if (level < 1) return decide(false, level, limit);
    this.#taken += 1;
    return decide(true, level - 1, limit);
  }

  /** Tokens that are there, with this limit. */
  levelWith({ burst }: RateLimit, nowMs: number): number {
    return Math.min(this.#burst, burst, this.#level(nowMs));
  }

  /** Undoes one admitted `take`. */
  giveBack(): void {
    this.#taken -= 1;
  }

  #level(nowMs: number): number {
    return this.#burst + (this.#rate * (nowMs - this.#fullAtMs)) / 1000 - this.#taken;
  }

  /** A changed limit keeps the tokens that are there: a raise grants no fresh burst, a cut takes effect at once. */
  #adopt({ rate, burst }: RateLimit, nowMs: number): void {
    const level = Math.min(this.#burst, burst, this.#level(nowMs));
    this.#rate = rate;
    this.#burst = burst;
    this.#fullAtMs = nowMs;
    this.#taken = burst - level;
  }
}
