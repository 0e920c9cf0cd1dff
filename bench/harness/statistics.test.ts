import { expect, test } from "vitest";
import { quantile, summarize } from "./statistics.ts";

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
