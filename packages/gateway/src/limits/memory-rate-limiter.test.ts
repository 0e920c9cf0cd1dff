import fc from "fast-check";
import { expect, test } from "vitest";
import { ManualClock } from "../runtime/index.ts";
import { MemoryRateLimiter } from "./memory-rate-limiter.ts";
import { rateLimiterSuite } from "./rate-limiter.suite.ts";

rateLimiterSuite("memory rate limiter", async () => {
  const clock = new ManualClock();
  return { limiter: new MemoryRateLimiter({ clock }), pass: async (ms) => clock.advance(ms) };
});

const limits = fc.record({ rate: fc.integer({ min: 1, max: 2_000 }), burst: fc.integer({ min: 1, max: 200 }) });
/** Milliseconds to wait before each request: bursts, trickles and long rests. */
const schedules = fc.array(
  fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 10_000 })),
  { maxLength: 300 },
);

test("any schedule is admitted exactly as far as the bucket reaches", () => {
  fc.assert(
    fc.property(limits, schedules, (limit, waits) => {
      const clock = new ManualClock();
      const limiter = new MemoryRateLimiter({ clock });
      // In thousandths of a token everything is an integer, so the model has no rounding to forgive.
      let milliTokens = limit.burst * 1_000;
      for (const wait of waits) {
        clock.advance(wait);
        milliTokens = Math.min(limit.burst * 1_000, milliTokens + wait * limit.rate);
        const allowed = milliTokens >= 1_000;
        if (allowed) milliTokens -= 1_000;
        expect(limiter.take("key", limit)).toEqual({
          allowed,
          limit: limit.burst,
          remaining: Math.floor(milliTokens / 1_000),
          resetSeconds: Math.ceil((limit.burst * 1_000 - milliTokens) / (limit.rate * 1_000)),
          retryAfterSeconds: allowed ? 0 : Math.max(1, Math.ceil((1_000 - milliTokens) / (limit.rate * 1_000))),
        });
      }
    }),
  );
});

test("a token comes back at its instant, not before", () => {
  const clock = new ManualClock();
  const limiter = new MemoryRateLimiter({ clock });
  const take = () => limiter.take("key", { rate: 1, burst: 1 }).allowed;
  expect(take()).toBe(true);
  clock.advance(999);
  expect(take()).toBe(false);
  clock.advance(1);
  expect(take()).toBe(true);
});

test("within any window, a fractional rate admits at most burst + rate * t", () => {
  const rates = fc.double({ min: 0.01, max: 5_000, noNaN: true });
  fc.assert(
    fc.property(rates, fc.integer({ min: 1, max: 50 }), schedules, (rate, burst, waits) => {
      const clock = new ManualClock();
      const limiter = new MemoryRateLimiter({ clock });
      const admittedAt: number[] = [];
      for (const wait of waits) {
        clock.advance(wait);
        if (limiter.take("key", { rate, burst }).allowed) admittedAt.push(clock.monotonic());
      }
      for (const [first, from] of admittedAt.entries()) {
        for (const [last, to] of admittedAt.entries()) {
          const window = burst + (rate * (to - from)) / 1_000;
          if (last >= first) expect(last - first + 1).toBeLessThanOrEqual(window * (1 + 1e-12));
        }
      }
    }),
    { numRuns: 50 },
  );
});

test("who keeps to the rate is never refused", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1_000 }), fc.integer({ min: 1, max: 10 }), (periodMs, burst) => {
      const clock = new ManualClock();
      const limiter = new MemoryRateLimiter({ clock });
      const limit = { rate: 1_000 / periodMs, burst };
      for (let request = 0; request < 200; request += 1) {
        expect(limiter.take("key", limit).allowed).toBe(true);
        clock.advance(periodMs + 1e-6);
      }
    }),
  );
});

test("memory is bounded: the key used longest ago starts again with one burst", () => {
  const limiter = new MemoryRateLimiter({ clock: new ManualClock(), maxKeys: 2 });
  const limit = { rate: 1, burst: 1 };
  const take = (key: string) => limiter.take(key, limit).allowed;
  expect([take("a"), take("b"), take("a")]).toEqual([true, true, false]);
  expect(take("c")).toBe(true);
  expect(take("a")).toBe(false);
  expect([take("b"), take("b")]).toEqual([true, false]);
});

test("a token given back can be taken again, once", () => {
  const limiter = new MemoryRateLimiter({ clock: new ManualClock() });
  const limit = { rate: 1, burst: 1 };
  limiter.take("key", limit);
  limiter.giveBack("key");
  expect(limiter.take("key", limit).allowed).toBe(true);
  expect(limiter.take("key", limit).allowed).toBe(false);
  limiter.giveBack("unknown");
});
