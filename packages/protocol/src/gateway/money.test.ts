import fc from "fast-check";
import { expect, test } from "vitest";
import {
  formatMicroDollars,
  MICRO_DOLLARS_MAX,
  microDollarsFromNumber,
  microDollarsToJson,
  microDollarsToNumber,
} from "./money.ts";

test("every amount survives the way to JSON and back", () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -MICRO_DOLLARS_MAX, max: MICRO_DOLLARS_MAX }), (micros) => {
      expect(microDollarsFromNumber(JSON.parse(JSON.stringify(microDollarsToNumber(micros))))).toBe(micros);
    }),
    { numRuns: 2000 },
  );
});

test("a sum of any size is written to its last digit", () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(10n ** 24n), max: 10n ** 24n }), (micros) => {
      const text = JSON.stringify(microDollarsToJson(micros));
      const [, sign, whole, fraction = ""] = /^(-?)(\d+)(?:\.(\d{1,6}))?$/.exec(
        text.includes("e") ? formatMicroDollars(micros) : text,
      )!;
      expect(BigInt(`${sign}${whole}${fraction.padEnd(6, "0")}`)).toBe(micros);
    }),
  );
});

test("a number is printed with the amount's own digits", () => {
  expect(JSON.stringify(microDollarsToNumber(3_999_999_999_123_457n))).toBe("3999999999.123457");
  expect(JSON.stringify(microDollarsToNumber(1n))).toBe("0.000001");
});

test("sums of doubles mean what their author meant", () => {
  expect(microDollarsFromNumber(0.1 + 0.2)).toBe(300_000n);
});

test.each([Number.NaN, Number.POSITIVE_INFINITY, 4e9 + 1])("%s is not an amount", (value) => {
  expect(() => microDollarsFromNumber(value)).toThrow(RangeError);
});

test.each([
  [50_000n, "0.0500"],
  [1_000_001n, "1.000001"],
  [-2_500_000n, "-2.5000"],
  [120n, "0.00012"],
])("%s micro-dollars read %s", (micros, text) => {
  expect(formatMicroDollars(micros)).toBe(text);
});
