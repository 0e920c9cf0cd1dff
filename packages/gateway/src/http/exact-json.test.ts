import fc from "fast-check";
import { expect, test } from "vitest";
import { isExact, parseExact, reserialize } from "./exact-json.ts";

test("numbers keep their digits", () => {
  const text =
    '{"id":12345678901234567890,"x":1e400,"y":[-0,0.1234567890123456789],"s":"1e400 \\"9007199254740993\\""}';
  expect(reserialize(JSON.parse(text), text)).toBe(text);
});

test("decimals mean to the last digit what they meant", () => {
  const digits = fc.stringMatching(/^[1-9][0-9]{0,20}$/);
  fc.assert(
    fc.property(digits, digits, (whole, fraction) => {
      const text = `{"n": ${whole}.${fraction}}`;
      const [, kept] = /^\{"n":(.*)\}$/.exec(reserialize(JSON.parse(text), text))!;
      expect(kept!.replace(/0+$/, "")).toBe(`${whole}.${fraction}`.replace(/0+$/, ""));
    }),
    { examples: [["999999999", "99999999"]] },
  );
});

test("a member alone is serialised as exactly", () => {
  const text = '{"type":"task","task":{"n":9007199254740993}}';
  expect(reserialize(JSON.parse(text), text, "task")).toBe('{"n":9007199254740993}');
});

const fragile = fc.oneof(
  fc.stringMatching(/^-?[1-9][0-9]{15,30}$/),
  fc.stringMatching(/^-?(0|[1-9][0-9]{0,10})\.[0-9]{16,20}$/),
  fc.stringMatching(/^-?[1-9](\.[0-9]{1,3})?[eE][+-]?[0-9]{1,3}$/),
  fc.constant("-0"),
);
const places = ["$", " $", "[$]", "[1,$]", '["a", $ ]', '{"a":$}', '{"a" :\n\t$}', '{"a":1,"b":{"c":[[ $]]}}'];

test("a number that a double may change is found wherever it stands", () => {
  fc.assert(
    fc.property(fragile, fc.constantFrom(...places), (number, place) => {
      const text = place.replace("$", number);
      expect(isExact(text)).toBe(false);
      expect(JSON.stringify(parseExact(text))).toContain(number);
    }),
  );
});

test("ids and times are no numbers", () => {
  const text = '{"id":"3e7a9d52-6f0f-4c39-9d52-123456789012","at":"2026-11-21T12:00:00.000Z","n":[1,-2.5,12345]}';
  expect(isExact(text)).toBe(true);
});

test("any JSON means the same after it", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const text = JSON.stringify(value, null, 1);
      expect(JSON.parse(reserialize(JSON.parse(text), text))).toEqual(JSON.parse(text));
    }),
  );
});

test("a key named __proto__ is data like any other", () => {
  const text = '{"__proto__":{"x":1},"a":2}';
  expect(reserialize(JSON.parse(text), text)).toBe(text);
});
