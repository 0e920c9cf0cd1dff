import { describe, expect, test } from "vitest";
import { placeOf, rowsAxis, shadeOf } from "./heat.ts";

const bounds = [10, 15, 20, 30, 50, 70, 100, 150];

describe("a map of how many had which value", () => {
  test("a value stands in the row of its bound, and further up the more it is", () => {
    expect(placeOf(bounds, 15)).toBe(2);
    expect(placeOf(bounds, 10)).toBe(1);
    expect(placeOf(bounds, 70)).toBe(6);
    const places = [0, 1, 9, 10, 12, 15, 16, 99, 100, 149, 150, 1e9].map((value) => placeOf(bounds, value));
    expect(places).toEqual(places.toSorted((a, b) => a - b));
    expect([places[0], places.at(-1)]).toEqual([0, bounds.length]);
  });

  test("rows fill the height, and marks are bounds", () => {
    const { y, marks } = rowsAxis({ bounds })(136, 8);
    expect([y(0), y(150)]).toEqual([136, 8]);
    expect(marks).toEqual([10, 100]);
    expect(rowsAxis({ bounds: [20, 30, 50] })(100, 0).marks).toEqual([20, 30, 50]);
    expect(rowsAxis({ bounds: [] })(100, 0).y(7)).toBe(100);
  });

  test("one among thousands can be seen, and none cannot", () => {
    expect(shadeOf(0, 5_000)).toBe(0);
    expect(shadeOf(1, 5_000)).toBeGreaterThan(0.1);
    expect(shadeOf(5_000, 5_000)).toBe(1);
  });
});
