import { MICRO_DOLLARS_MAX } from "@agentgate/protocol";
import fc from "fast-check";
import { expect, test } from "vitest";
import { z } from "zod";
import { money, numeric } from "./index.ts";

const number = numeric(z.number());

test.each([
  ["5", 5],
  ["-5", -5],
  ["0.25", 0.25],
  ["007", 7],
  [".5", 0.5],
  ["5.", 5],
])("the text %j is a number", (text, value) => {
  expect(number.parse(text)).toBe(value);
});

test.each([
  ...["0x10", "0X10", "0b11", "0o17", "1e3", "1E3", "1e-3", "5_0", "1,000", "1.2.3", "+5", "--5", "- 5", "$5", "5f"],
  ...[
    "Infinity",
    "-Infinity",
    "NaN",
    "inf",
    "null",
    "true",
    "",
    " ",
    ".",
    "-",
    " 5 ",
    "5 ",
    "\t5",
    "5\n",
    "５",
    "٥",
    "1٫5",
  ],
  "9".repeat(10_000),
])("the text %j is none", (text) => {
  expect(number.safeParse(text).success).toBe(false);
  expect(money().safeParse(text).success).toBe(false);
});

test("every amount is taken as the digits say, and is the same as number and as text", () => {
  const max = Number(MICRO_DOLLARS_MAX / 1_000_000n) - 1;
  fc.assert(
    fc.property(fc.nat(max), fc.integer({ min: 1, max: 999_999 }), (dollars, micros) => {
      const text = `${dollars}.${`${micros}`.padStart(6, "0")}`;
      expect(money().parse(text)).toBe(money().parse(Number(text)));
      if (dollars < 1e9) expect(money().parse(text)).toBe(BigInt(dollars) * 1_000_000n + BigInt(micros));
    }),
  );
});

test("no text is a number unless it is all digits, with a point and a sign at most", () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[-+0-9a-fx._eE ]{1,12}$/)), (text) => {
      if (number.safeParse(text).success) expect(text).toMatch(/^-?[0-9]*\.?[0-9]*$/);
    }),
    { numRuns: 2_000 },
  );
});
