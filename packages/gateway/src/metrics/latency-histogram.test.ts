import fc from "fast-check";
import { expect, test } from "vitest";
import { LatencyHistogram } from "./latency-histogram.ts";

const latencies = fc.array(
  fc.oneof(fc.double({ min: 0, max: 2, noNaN: true }), fc.double({ min: 0, max: 1e6, noNaN: true })),
  {
    minLength: 1,
    maxLength: 500,
  },
);

test("any percentile is within 1/32 of the recorded one, or half a microsecond", () => {
  fc.assert(
    fc.property(latencies, fc.double({ min: 0.001, max: 1, noNaN: true }), (values, fraction) => {
      const histogram = new LatencyHistogram();
      for (const value of values) histogram.record(value);
      const sorted = values.toSorted((a, b) => a - b);
      const exact = sorted[Math.ceil(fraction * sorted.length) - 1]!;
      expect(Math.abs(histogram.percentileMs(fraction) - exact)).toBeLessThanOrEqual(
        Math.max(exact / 32, 0.0005) + 1e-9,
      );
    }),
  );
});

test("sum, count and average are exact", () => {
  const histogram = new LatencyHistogram();
  expect(histogram).toMatchObject({ count: 0, sumMs: 0, averageMs: 0 });
  expect(histogram.percentileMs(0.99)).toBe(0);
  for (const value of [1, 2, 6]) histogram.record(value);
  expect(histogram).toMatchObject({ count: 3, sumMs: 9, averageMs: 3 });
});

test("the longest and the impossible are counted too", () => {
  const histogram = new LatencyHistogram();
  histogram.record(Number.POSITIVE_INFINITY);
  histogram.record(86_400_000);
  expect(histogram.percentileMs(0.01)).toBeGreaterThan(2_000_000);
  histogram.record(-1);
  expect(histogram.percentileMs(0.01)).toBeLessThan(0.001);
  expect(histogram.count).toBe(3);
});
