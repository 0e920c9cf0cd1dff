import fc from "fast-check";
import { expect, test } from "vitest";
import { reserialize } from "./exact-json.ts";

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
