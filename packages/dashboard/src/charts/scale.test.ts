import fc from "fast-check";
import { expect, test } from "vitest";
import { roundMarks, scaleLinear } from "./scale.ts";

test("marks begin at nothing, reach the largest, are few, and are round", () => {
  fc.assert(
    fc.property(fc.double({ min: 1e-6, max: 1e12, noNaN: true }), fc.integer({ min: 2, max: 8 }), (largest, count) => {
      const marks = roundMarks(largest, count);
      expect(marks[0]).toBe(0);
      expect(marks.at(-1)!).toBeGreaterThanOrEqual(largest * (1 - 1e-6));
      expect(marks.length).toBeGreaterThanOrEqual(2);
      expect(marks.length).toBeLessThanOrEqual(count + 2);
    }),
  );
  expect(roundMarks(48, 4)).toEqual([0, 20, 40, 60]);
});

test("a scale maps its ends to its ends", () => {
  const scale = scaleLinear([10, 20], [0, 100]);
  expect([scale(10), scale(15), scale(20)]).toEqual([0, 50, 100]);
});
