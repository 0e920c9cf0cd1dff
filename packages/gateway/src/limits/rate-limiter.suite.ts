import { randomUUID } from "node:crypto";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { LimitDecision, RateLimit, RateLimiter } from "./rate-limiter.ts";

export interface LimiterUnderTest {
  limiter: RateLimiter;
  /** Lets at least `ms` pass on the limiter's clock. */
  pass(ms: number): Promise<void>;
}

/** A bucket that does not refill noticeably while a test runs. */
const still = (burst: number): RateLimit => ({ rate: 0.001, burst });

/** What every rate limiter does, whatever keeps its buckets. */
export function rateLimiterSuite(name: string, start: () => Promise<LimiterUnderTest>): void {
  describe(name, () => {
    let limiter: RateLimiter;
    let pass: LimiterUnderTest["pass"];
    const key = () => `suite:${randomUUID()}`;
    const takeAll = async (of: string, limit: RateLimit, count: number): Promise<LimitDecision[]> =>
      Promise.all(Array.from({ length: count }, async () => limiter.take(of, limit)));
    const admitted = (decisions: LimitDecision[]) => decisions.filter(({ allowed }) => allowed).length;

    beforeEach(async () => ({ limiter, pass } = await start()));
    afterEach(() => limiter.close());

    test("a new key has one burst, then waits", async () => {
      const decisions = await takeAll(key(), still(3), 5);
      expect(decisions.map(({ allowed }) => allowed)).toEqual([true, true, true, false, false]);
      expect(decisions.map(({ remaining }) => remaining)).toEqual([2, 1, 0, 0, 0]);
    });

    test("a decision carries the headers' integers", async () => {
      const own = key();
      const limit = { rate: 0.01, burst: 2 };
      expect(await limiter.take(own, limit)).toMatchObject({ limit: 2, remaining: 1, retryAfterSeconds: 0 });
      await limiter.take(own, limit);
      const refused = await limiter.take(own, limit);
      expect(refused).toMatchObject({ allowed: false, limit: 2, remaining: 0 });
      expect(refused.resetSeconds).toBeGreaterThan(100);
      expect(refused.resetSeconds).toBeLessThanOrEqual(200);
      expect(refused.retryAfterSeconds).toBeGreaterThan(10);
      expect(refused.retryAfterSeconds).toBeLessThanOrEqual(100);
      for (const value of Object.values(refused)) expect(Number.isInteger(Number(value))).toBe(true);
    });

    test("a bucket that hardly ever refills says to come back within a day", async () => {
      const own = key();
      const limit = { rate: Number.MIN_VALUE, burst: 1 };
      expect(await limiter.take(own, limit)).toMatchObject({ allowed: true, resetSeconds: 86_400 });
      expect(await limiter.take(own, limit)).toMatchObject({ allowed: false, retryAfterSeconds: 86_400 });
    });

    test("a refusal never says to retry after less than a second", async () => {
      const own = key();
      const refused = (await takeAll(own, { rate: 50, burst: 1 }, 20)).filter(({ allowed }) => !allowed);
      expect(refused.length).toBeGreaterThan(0);
      for (const decision of refused) expect(decision).toMatchObject({ retryAfterSeconds: 1 });
    });

    test("tokens come back with time, up to the burst", async () => {
      const own = key();
      const limit = { rate: 100, burst: 5 };
      await takeAll(own, limit, 5);
      await pass(30);
      expect(await limiter.take(own, limit)).toMatchObject({ allowed: true });
      await pass(1_000);
      expect(await limiter.take(own, limit)).toMatchObject({ allowed: true, remaining: 4 });
    });

    test("keys do not share tokens", async () => {
      expect(admitted(await takeAll(key(), still(1), 2))).toBe(1);
      expect(admitted(await takeAll(key(), still(1), 2))).toBe(1);
    });

    test("a raised limit grants no fresh burst, a cut one takes effect at once", async () => {
      const own = key();
      expect(admitted(await takeAll(own, still(4), 3))).toBe(3);
      expect(admitted(await takeAll(own, still(100), 5))).toBe(1);
      const other = key();
      await limiter.take(other, still(100));
      expect(admitted(await takeAll(other, still(2), 5))).toBe(2);
    });

    test("a raised rate is not granted for the time before it", async () => {
      const own = key();
      await takeAll(own, still(1_000), 1_000);
      await pass(50);
      expect(await limiter.take(own, { rate: 1_000_000, burst: 1_000 })).toMatchObject({ allowed: false });
    });

    test.each([
      ["no rate", { rate: 0, burst: 5 }],
      ["a negative rate", { rate: -1, burst: 5 }],
      ["no room for a token", { rate: 5, burst: 0.5 }],
      ["a burst that is not a number", { rate: 5, burst: Number.NaN }],
      ["an endless rate", { rate: Number.POSITIVE_INFINITY, burst: 5 }],
      ["an endless burst", { rate: 5, burst: Number.POSITIVE_INFINITY }],
    ])("%s refuses everything", async (_, limit) => {
      const decision = await limiter.take(key(), limit);
      expect(decision).toMatchObject({ allowed: false, remaining: 0 });
      for (const value of Object.values(decision)) expect(Number.isSafeInteger(Number(value))).toBe(true);
    });

    test("any text is a key", async () => {
      for (const own of ["", " ", "__proto__", "a\r\nb", "ключ", `${"x".repeat(5_000)}`]) {
        const unique = `${key()}${own}`;
        expect(admitted(await takeAll(unique, still(1), 2))).toBe(1);
      }
    });
  });
}
