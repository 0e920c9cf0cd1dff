import { expect, test } from "vitest";
import { reached } from "./key-budgets.ts";

test.each([
  // Beyond what a double tells apart: one micro-dollar short of the half is not the half.
  [9_007_199_254_740_994n, [0.5], 0n, 4_503_599_627_370_496n, []],
  [9_007_199_254_740_994n, [0.5], 0n, 4_503_599_627_370_497n, [0.5]],
  [3n, [0.5, 1], 0n, 1n, []],
  [3n, [0.5, 1], 1n, 2n, [0.5]],
  [3n, [0.5, 1], 0n, 3n, [0.5, 1]],
  // As doubles, 100 * 0.55 is more than 55.
  [100n, [0.55], 54n, 55n, [0.55]],
  [10n, [0.7], 6n, 7n, [0.7]],
  [10n, [0.7], 7n, 8n, []],
])("of %d with alerts at %j, %d to %d reaches %j", (amount, alerts, before, after, expected) => {
  expect(reached({ amount, alerts }, before, after)).toEqual(expected);
});
