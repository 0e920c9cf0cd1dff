import fc from "fast-check";
import { expect, test } from "vitest";
import { ManualClock, networkOf } from "../runtime/index.ts";
import { MissLimits } from "./index.ts";

test("for any schedule, a client misses no more than its bucket has, and a second's worth more", () => {
  const steps = fc.array(fc.record({ waitMs: fc.nat(3_000), tries: fc.nat(30) }), { maxLength: 30 });
  fc.assert(
    fc.property(steps, fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 50 }), (schedule, rate, burst) => {
      const clock = new ManualClock();
      const limits = new MissLimits({ rate, burst, networkOf, clock });
      const startMs = clock.monotonic();
      let missed = 0;
      for (const { waitMs, tries } of schedule) {
        clock.advance(waitMs);
        for (let i = 0; i < tries; i++) {
          if (limits.waitOf("2001:db8::1") > 0) continue;
          // Other spellings and hosts of the network are the same client.
          limits.note(`2001:DB8::${i}`);
          missed++;
        }
        expect(missed).toBeLessThanOrEqual(burst + (rate * (clock.monotonic() - startMs)) / 1_000);
      }
      expect(limits.waitOf("2001:db8:0:1::1")).toBe(0);
    }),
  );
});

test("nobody waits while nobody misses, and who waited may ask again", () => {
  const clock = new ManualClock();
  const limits = new MissLimits({ rate: 1, burst: 2, networkOf, clock });
  expect(limits.any).toBe(false);
  limits.note("192.0.2.1");
  limits.note("192.0.2.1");
  expect([limits.any, limits.waitOf("192.0.2.1"), limits.waitOf("192.0.2.2")]).toEqual([true, 1, 0]);
  clock.advance(1_000);
  expect([limits.waitOf("192.0.2.1"), limits.any]).toEqual([0, false]);
});
