import { expect, test } from "vitest";
import { argumentsLike } from "./schema-example.ts";

test("what a schema demands, by its own examples and defaults where it has some", () => {
  const schema = {
    type: "object",
    required: ["city", "days", "unit", "at", "places", "deep", "either"],
    properties: {
      city: { type: "string", examples: ["Lahore"] },
      days: { type: "integer", minimum: 3 },
      unit: { enum: ["metric", "imperial"] },
      at: { type: "string", format: "date" },
      places: { type: "array", minItems: 1, items: { type: "string" } },
      deep: { type: "object", required: ["isFast"], properties: { isFast: { type: "boolean" } } },
      either: { anyOf: [{ type: "null" }, { type: "string" }] },
      optional: { type: "string" },
    },
  };
  expect(argumentsLike(schema)).toEqual({
    ...{ city: "Lahore", days: 3, unit: "metric", at: "2026-11-30", places: ["…"] },
    ...{ deep: { isFast: true }, either: null },
  });
});

test("where nothing is demanded, some of what there is", () => {
  const properties = Object.fromEntries(["a", "b", "c", "d"].map((name) => [name, { type: "string" }]));
  expect(argumentsLike({ type: "object", properties })).toEqual({ a: "…", b: "…", c: "…" });
});

test("nothing of what is no schema of an object, however it goes on in itself", () => {
  const deep: Record<string, unknown> = { type: "object", required: ["self"] };
  deep.properties = { self: deep };
  expect(argumentsLike(deep)).toEqual({ self: { self: { self: { self: {} } } } });
  const long = { type: "object", required: ["text"], properties: { text: { default: "x".repeat(5_000) } } };
  expect(argumentsLike(long)).toEqual({});
  for (const wrong of [null, undefined, "object", 7, [], {}, { type: "string" }, { anyOf: [] }, { properties: 1 }])
    expect(argumentsLike(wrong)).toEqual({});
});
