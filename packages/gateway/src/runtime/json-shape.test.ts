import fc from "fast-check";
import { expect, test } from "vitest";
import { exceededBound } from "./index.ts";

/** Counted from the built value. */
function shapeOf(value: unknown): { depth: number; elements: number } {
  if (typeof value !== "object" || value === null) return { depth: 0, elements: 0 };
  const inner = Object.values(value).map(shapeOf);
  return {
    depth: 1 + Math.max(0, ...inner.map(({ depth }) => depth)),
    elements: 1 + Math.max(0, inner.length - 1) + inner.reduce((sum, { elements }) => sum + elements, 0),
  };
}

test("a text is measured as the value that it builds, whatever stands in its strings", () => {
  const value = fc.jsonValue({ maxDepth: 5 });
  const marks = fc.string({ unit: fc.constantFrom("{", "[", ",", '"', "\\", "]", "a") });
  fc.assert(
    fc.property(value, marks, fc.boolean(), (inner, text, wide) => {
      const whole = { [text]: [text, inner] };
      const { depth, elements } = shapeOf(whole);
      const json = JSON.stringify(whole, null, wide ? 1 : 0);
      expect(exceededBound(json, { depth, elements })).toBeUndefined();
      expect(exceededBound(json, { depth: depth - 1, elements })).toBe("depth");
      expect(exceededBound(json, { depth, elements: elements - 1 })).toBe("elements");
    }),
  );
});

test("what is no JSON is measured as well", () => {
  expect(exceededBound("[".repeat(5), { depth: 4, elements: 100 })).toBe("depth");
  expect(exceededBound(",".repeat(5), { depth: 4, elements: 4 })).toBe("elements");
  expect(exceededBound('"[[[[[', { depth: 4, elements: 4 })).toBeUndefined();
  expect(exceededBound("", { depth: 0, elements: 0 })).toBeUndefined();
});
