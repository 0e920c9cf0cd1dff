import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseSearch, stringifySearch } from "./plain-search.ts";
import { instantsOf, moved, rangeNames, rangeOf, searchOf, stepOf, type TimeRange } from "./time-range.ts";

describe("the query of a page", () => {
  test("comes back as it was, whatever it says", () => {
    const search = fc.dictionary(fc.string({ unit: "grapheme" }), fc.string({ unit: "grapheme", minLength: 1 }));
    fc.assert(
      fc.property(search, (given) => {
        const sound = Object.fromEntries(Object.entries(given).map(([k, v]) => [k.toWellFormed(), v.toWellFormed()]));
        expect(parseSearch(stringifySearch(sound))).toEqual({ ...sound });
      }),
    );
  });

  test("keeps texts that look like numbers, and drops what is empty", () => {
    expect(parseSearch("?id=662E41&n=007&t=true")).toEqual({ id: "662E41", n: "007", t: "true" });
    expect(stringifySearch({ b: "2", a: "1", c: "", d: undefined })).toBe("?a=1&b=2");
  });
});

describe("the range of time", () => {
  const now = Date.UTC(2026, 10, 30, 12);
  const fixed = fc
    .tuple(fc.integer({ min: 0, max: now }), fc.integer({ min: 1, max: 30 * 86_400_000 }))
    .map(([from, length]): TimeRange => ({ kind: "fixed", from, to: from + length }));
  const last = fc.constantFrom(...rangeNames).map((name): TimeRange => ({ kind: "last", name }));

  test("comes back from the address as it was", () => {
    fc.assert(
      fc.property(fc.oneof(fixed, last), (range) => {
        expect(rangeOf(searchOf(range))).toEqual(range);
      }),
    );
  });

  test("is the last day where the address says nothing that can be read", () => {
    for (const search of [
      {},
      { range: "forever" },
      { range: "constructor" },
      { from: "x", to: "y" },
      { from: "2026-11-30", to: "2026-11-29" },
    ]) {
      expect(searchOf(rangeOf(search))).toEqual({});
    }
  });

  test("moves by its own length, and never into the future", () => {
    fc.assert(
      fc.property(fc.oneof(fixed, last), fc.constantFrom(-1, 1), (range, by) => {
        const before = instantsOf(range, now);
        const after = instantsOf(moved(range, now, by), now);
        expect(after.to - after.from).toBe(before.to - before.from);
        expect(after.to).toBeLessThanOrEqual(Math.max(now, before.to));
      }),
    );
  });
});

test("a range is drawn in few enough spans to point at one, and in enough to see a course", () => {
  const HOUR = 3_600_000;
  const bars = [1, 6, 24, 7 * 24, 30 * 24, 90 * 24].map(
    (hours) => (hours * HOUR) / stepOf({ from: 0, to: hours * HOUR }) / 1_000,
  );
  expect(bars).toEqual([60, 72, 96, 56, 60, 90]);
});
