import fc from "fast-check";
import { expect, test } from "vitest";
import { parseExact } from "./exact-json.ts";
import { memberTexts } from "./member-texts.ts";

test("every member comes back as the bytes it was written in", () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.json()), (written) => {
      const text = ` { ${Object.entries(written)
        .map(([name, value]) => `${JSON.stringify(name)} :\t${value} `)
        .join(", ")} } `;
      expect(Object.fromEntries(memberTexts(text)!)).toEqual(
        Object.fromEntries(Object.entries(written).map(([name, value]) => [name, value.trim()])),
      );
    }),
  );
});

test.each(["[]", "1", '"{"', "null", ""])("%s is no object", (text) => {
  expect(memberTexts(text)).toBeUndefined();
});

test("the last of a repeated name counts", () => {
  expect(memberTexts('{"a":1,"a":{"b":"}\\""}}')!.get("a")).toBe('{"b":"}\\""}');
});

test("numbers that a double changes are written again as they were", () => {
  const text = '{"a":1e400,"b":12345678901234567890,"c":-0,"d":1.0,"e":42,"f":"1234567890123456"}';
  const value = parseExact(text) as Record<string, unknown>;
  expect(JSON.stringify(value)).toBe(text);
  expect(value.e).toBe(42);
});
