import { expect, test } from "vitest";
import { SeededRandom } from "../../runtime/index.ts";
import { addText, countTime, type Histogram, percentiles, toText } from "./latency-histogram.ts";

const SHARES = [0.01, 0.5, 0.95, 0.99, 1];
const exact = (times: readonly number[], share: number) =>
  times.toSorted((a, b) => a - b)[Math.max(1, Math.ceil(share * times.length)) - 1]!;

test("percentiles are within five percent of the exact ones, however the times are split and merged", () => {
  const random = new SeededRandom(7);
  for (let round = 0; round < 40; round++) {
    const spread = 10 ** (random.fraction() * 9);
    const times = Array.from({ length: 1 + Math.floor(random.fraction() * 500) }, () =>
      Math.round(random.fraction() ** 4 * spread),
    );
    const parts: Histogram[] = Array.from({ length: 5 }, () => new Map());
    for (const time of times) countTime(parts[Math.floor(random.fraction() * 5)]!, time);
    const merged: Histogram = new Map();
    for (const part of parts) addText(merged, toText(part));
    for (const [index, told] of percentiles(merged, SHARES).entries()) {
      const real = Math.max(1, exact(times, SHARES[index]!));
      expect(Math.abs(told! - real) / real).toBeLessThan(0.048);
    }
  }
});

test("without times there are no percentiles", () => {
  expect(percentiles(new Map(), [0.5])).toEqual([null]);
  expect(toText(new Map())).toBe("{}");
});
