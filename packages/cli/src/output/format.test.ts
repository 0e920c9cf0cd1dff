import { expect, test } from "vitest";
import { formatDollars, formatShare, formatTime } from "./format.ts";

test.each([
  [0, "$0.00"],
  [1.5, "$1.50"],
  [0.0025, "$0.0025"],
  [0.000001, "$0.000001"],
  [1234567.89, "$1,234,567.89"],
  [-2.5, "-$2.50"],
  [4e9, "$4,000,000,000.00"],
])("%s reads %s", (dollars, text) => {
  expect(formatDollars(dollars)).toBe(text);
});

test("times and shares", () => {
  expect(formatTime("2026-11-21T20:00:00.123456Z")).toBe("2026-11-21 20:00:00");
  expect(formatTime(null)).toBe("");
  expect([0.03, 0.025, 0.02].map(formatShare)).toEqual(["3%", "2.5%", "2%"]);
});
