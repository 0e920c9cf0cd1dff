import { expect, test } from "vitest";
import { evaluate } from "./arithmetic.ts";

test.each([
  ["5 + 3", 8],
  ["2 + 3 * 4 - 1", 13],
  ["(2 + 3) * -4", -20],
  ["2 ^ 3 ^ 2", 512],
  ["-2 ^ 2", -4],
  ["10 / 4 / .5", 5],
])("%s is %d", (expression, value) => {
  expect(evaluate(expression)).toBe(value);
});

test.each([
  ["", "ends too early"],
  ["2 +", "ends too early"],
  ["2 3", 'unexpected "3"'],
  ["process.exit()", 'unexpected "p"'],
  ["1 / 0", "no finite value"],
  ["(1", "ends too early"],
])("%s is refused: %s", (expression, message) => {
  expect(() => evaluate(expression)).toThrow(message);
});
