import { expect, test } from "vitest";
import { growthPerSample, quantile, summarize } from "./statistics.ts";

test("a summary keeps the extremes and names the middle", () => {
  expect(summarize([5, 1, 100, 3])).toEqual({ median: 4, min: 1, max: 100 });
});

test.each([
  [0, 10],
  [0.5, 20],
  [0.75, 25],
  [1, 30],
])("the quantile %d lies between its neighbours", (fraction, value) => {
  expect(quantile([30, 10, 20], fraction)).toBe(value);
});

test("nothing has no quantile", () => {
  expect(quantile([], 0.5)).toBeNaN();
});

test("growth is the slope of the line that fits best", () => {
  expect(growthPerSample([7, 7, 7])).toBe(0);
  expect(growthPerSample([1, 3, 5, 7])).toBe(2);
  expect(growthPerSample([0, 1, 0, 1])).toBeCloseTo(0.2);
});
