import fc from "fast-check";
import { parseSync } from "oxc-parser";
import { describe, expect, test } from "vitest";
import type { JsonSchema } from "./schema-reference.ts";
import { TypeWriter } from "./type-writer.ts";

const write = (schema: JsonSchema) => new TypeWriter().write(schema);

describe("a schema becomes the type it describes", () => {
  test.each<[JsonSchema | undefined, string]>([
    [undefined, "unknown"],
    [true, "unknown"],
    [{}, "unknown"],
    [false, "never"],
    [{ type: "string", format: "date-time" }, "string"],
    [{ type: "integer" }, "number"],
    [{ type: ["string", "null"] }, "string | null"],
    [{ type: "string", nullable: true }, "string | null"],
    [{ enum: ["a", 'b"', 1, null] }, '"a" | "b\\"" | 1 | null'],
    [{ const: "x" }, '"x"'],
    [{ type: "array", items: { type: "string" } }, "string[]"],
    [{ type: "array", items: { enum: ["a", "b"] } }, 'Array<"a" | "b">'],
    [
      { type: "array", prefixItems: [{ type: "string" }, { type: "number" }], minItems: 1, items: false },
      "[string, (number)?]",
    ],
    [{ type: "object" }, "Record<string, unknown>"],
    [{ type: "object", additionalProperties: { type: "number" } }, "Record<string, number>"],
    [{ type: "object", additionalProperties: false }, "Record<string, never>"],
    [{ anyOf: [{ type: "string" }, { type: "number" }] }, "string | number"],
    [{ anyOf: [{ type: "string" }, {}] }, "unknown"],
  ])("%j", (schema, type) => {
    expect(new TypeWriter().write(schema)).toBe(type);
  });

  test("an object keeps names, optionality and descriptions", () => {
    const type = write({
      type: "object",
      properties: { id: { type: "string", description: "The id" }, "max-results": { type: "integer" } },
      required: ["id"],
    });
    expect(type).toBe('{\n  /** The id */\n  id: string;\n  "max-results"?: number;\n}');
  });

  test("an intersection of unions keeps its grouping", () => {
    const type = write({ allOf: [{ enum: ["a", "b"] }, { anyOf: [{ const: "a" }, { const: "c" }] }] });
    expect(type).toBe('("a" | "b") & ("a" | "c")');
  });
});

describe("references", () => {
  test("definitions become named types, once", () => {
    const types = new TypeWriter(["Product"]);
    const product = { type: "object", properties: { id: { type: "string" } }, required: ["id"] };
    const list = types.write({ type: "array", items: { $ref: "#/$defs/product" }, $defs: { product } });
    const one = types.write({ $ref: "#/definitions/product", definitions: { product } });
    expect([list, one]).toEqual(["Product2[]", "Product2"]);
    expect(types.declarations()).toEqual(["export type Product2 = {\n  id: string;\n};"]);
  });

  test("two definitions of one name that differ get two types", () => {
    const types = new TypeWriter();
    const a = types.write({
      $ref: "#/$defs/P",
      $defs: { P: { type: "array", items: { $ref: "#/$defs/Q" } }, Q: { type: "string" } },
    });
    const b = types.write({
      $ref: "#/$defs/P",
      $defs: { P: { type: "array", items: { $ref: "#/$defs/Q" } }, Q: { type: "number" } },
    });
    expect([a, b]).toEqual(["P", "P2"]);
    expect(types.declarations().join("\n")).toContain("export type P2 = Q2[];");
  });

  test("recursion stays recursion", () => {
    const types = new TypeWriter();
    const tree = { type: "object", properties: { children: { type: "array", items: { $ref: "#/$defs/Tree" } } } };
    expect(types.write({ $ref: "#/$defs/Tree", $defs: { Tree: tree } })).toBe("Tree");
    expect(types.declarations()).toEqual(["export type Tree = {\n  children?: Tree[];\n};"]);
  });

  test("a definition left under a property is found all the same", () => {
    const types = new TypeWriter();
    const schema = {
      type: "object",
      properties: { items: { type: "array", items: { $ref: "#/$defs/Item" }, $defs: { Item: { type: "string" } } } },
    };
    expect(types.write(schema)).toBe("{\n  items?: Item[];\n}");
  });

  test("a dangling or foreign reference is unknown", () => {
    expect(write({ $ref: "#/$defs/Nowhere" })).toBe("unknown");
    expect(write({ $ref: "https://evil.test/schema.json" })).toBe("unknown");
    expect(write({ $ref: "#" })).toBe("Root");
  });
});

test("whatever the schema, what is written parses as types and nothing else", () => {
  const text = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.constantFrom("*/ evil() /*", "`", "\u2028", "__proto__", "#/$defs/a", "#"),
  );
  const schema = fc.letrec<{ schema: JsonSchema }>((tie) => ({
    schema: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      fc.boolean(),
      fc.record(
        {
          type: fc.oneof(
            fc.constantFrom("string", "object", "array", "null", "number"),
            fc.array(fc.constantFrom("string", "array")),
          ),
          description: text,
          properties: fc.dictionary(text, tie("schema"), { maxKeys: 3 }),
          required: fc.array(text, { maxLength: 2 }),
          items: tie("schema"),
          additionalProperties: tie("schema"),
          enum: fc.array(fc.jsonValue({ maxDepth: 1 }), { maxLength: 3 }),
          const: fc.jsonValue({ maxDepth: 1 }),
          anyOf: fc.array(tie("schema"), { maxLength: 3 }),
          allOf: fc.array(tie("schema"), { maxLength: 3 }),
          $ref: text,
          $defs: fc.dictionary(fc.constantFrom("a", "*/", "string"), tie("schema"), { maxKeys: 2 }),
          nullable: fc.boolean(),
        },
        { requiredKeys: [] },
      ),
    ),
  })).schema;
  fc.assert(
    fc.property(schema, (value) => {
      const types = new TypeWriter();
      const root = types.write(value);
      const source = [...types.declarations(), `export type Root0 = ${root};`].join("\n");
      const { program, errors } = parseSync("types.d.ts", source);
      expect(errors).toEqual([]);
      for (const statement of program.body)
        expect(statement).toMatchObject({ declaration: { type: "TSTypeAliasDeclaration" } });
    }),
    { numRuns: 300 },
  );
});
