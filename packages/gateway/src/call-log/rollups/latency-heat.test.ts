import fc from "fast-check";
import { expect, test } from "vitest";
import { heatOf } from "./latency-heat.ts";
import { countTime, type Histogram } from "./latency-histogram.ts";

const histogramOf = (times: readonly number[]): Histogram => {
  const histogram: Histogram = new Map();
  for (const micros of times) countTime(histogram, micros);
  return histogram;
};

test("each call is in the row of its time, and rows have no gap", () => {
  const { bounds_ms, counts } = heatOf([histogramOf([1_200, 1_250, 4_200]), histogramOf([]), histogramOf([60_000])]);
  expect(bounds_ms).toEqual([1.5, 2, 3, 5, 7, 10, 15, 20, 30, 50, 70]);
  expect(counts).toEqual([
    [2, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0],
    [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
  ]);
  expect(heatOf([histogramOf([]), histogramOf([])])).toEqual({ bounds_ms: [], counts: [[], []] });
});

test("no call is lost or told further from its time than its bin is wide", () => {
  const times = fc.array(fc.integer({ min: 0, max: 10_000_000_000 }), { maxLength: 20 });
  fc.assert(
    fc.property(fc.array(times, { maxLength: 5 }), (spans) => {
      const { bounds_ms, counts } = heatOf(spans.map(histogramOf));
      expect(counts.map((rows) => rows.reduce((sum, count) => sum + count, 0))).toEqual(
        spans.map((some) => some.length),
      );
      for (const [at, some] of spans.entries()) {
        for (const micros of some) {
          const row = bounds_ms.findIndex((bound) => micros / 1000 <= bound);
          const near = counts[at]!.slice(Math.max(0, row - 1), row === -1 ? undefined : row + 2);
          expect(near.some((count) => count > 0)).toBe(true);
        }
      }
    }),
  );
});
