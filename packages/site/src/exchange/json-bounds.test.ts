import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { exceededBound, exceededBy } from "./json-bounds.ts";

const levels = (count: number, open = "[", close = "]", inside = "") =>
  open.repeat(count) + inside + close.repeat(count);

describe("the bounds of a body", () => {
  it("are found in a text, whatever its strings hold", () => {
    expect(exceededBound(levels(64))).toBeUndefined();
    expect(exceededBound(levels(65))).toBe("depth");
    expect(exceededBound(levels(65, '{"a":', "}", "1"))).toBe("depth");
    expect(exceededBound(`["${"[".repeat(1000)}"]`)).toBeUndefined();
    expect(exceededBound(`["\\"${"[".repeat(1000)}"]`)).toBeUndefined();
    expect(exceededBound(`["\\\\",${levels(70)},"]`)).toBe("depth");
    expect(exceededBound(`["${"\\\\".repeat(50_000)}",${levels(70)}]`)).toBe("depth");
    expect(exceededBound(`[${levels(63)},${levels(63)}]`)).toBeUndefined();
    expect(exceededBound(`[${"1,".repeat(100_001)}1]`)).toBe("elements");
    expect(exceededBound(`[${"{},".repeat(50_001)}1]`)).toBe("elements");
    expect(exceededBound(`["${",[".repeat(100_001)}"]`)).toBeUndefined();
    expect(exceededBound('["')).toBeUndefined();
  });

  it("are found in a value", () => {
    const circular: unknown[] = [];
    circular.push(circular);
    expect(exceededBy(JSON.parse(levels(64)))).toBeUndefined();
    expect(exceededBy(JSON.parse(levels(65)))).toBe("depth");
    expect(exceededBy(circular)).toBe("depth");
    expect(exceededBy(Array.from({ length: 100_001 }))).toBe("elements");
    expect(exceededBy(Array.from({ length: 60_000 }, () => ({})))).toBe("elements");
    expect(exceededBy("[[[")).toBeUndefined();
  });

  it("are the same for a text and its value, where the depth is meant", () => {
    const value = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 80, depthSize: 60 },
        fc.constant(1),
        fc.tuple(tie("value")),
        fc.record({ a: tie("value") }),
      ),
    })).value;
    fc.assert(
      fc.property(value, fc.nat(90), (inner, around) => {
        let whole: unknown = inner;
        for (let i = 0; i < around; i++) whole = i % 2 ? [whole] : { '"[\\': whole };
        expect(exceededBound(JSON.stringify(whole))).toBe(exceededBy(whole));
      }),
    );
  });
});
