import { expect, test } from "vitest";
import { daysOf } from "./metered-days.ts";

test("days without a call are there, and the meter is exact at the end of each", () => {
  const breakdown = [
    { period: "2026-11-28", invocations: 3, errors: 1, cost: 0.3 },
    { period: "2026-11-30", invocations: 1, errors: 0, cost: 0.1 },
  ];
  const days = daysOf({ breakdown }, 0.7, Date.parse("2026-11-30T12:00:00Z"));
  expect(days).toHaveLength(30);
  expect(new Date(days[0]!.time).toISOString()).toBe("2026-11-01T00:00:00.000Z");
  // 0.7 − 0.1 is 0.6 here, which it is not in floating point.
  expect(days.slice(-4).map(({ soFar }) => soFar)).toEqual([0.3, 0.6, 0.6, 0.7]);
  expect(days.at(-3)).toMatchObject({ ok: 2, errors: 1 });
  expect(days.at(-2)).toMatchObject({ ok: 0, errors: 0 });
});
