import { readFileSync } from "node:fs";
import type { Manifest } from "@agentgate/protocol/site";
import fc from "fast-check";
import { parseSync } from "oxc-parser";
import { expect, test } from "vitest";
import { goldenShop } from "../testing/golden-shop.ts";
import { renderManifestTypes } from "./manifest-types.ts";

test("the README's shop as a contract", () => {
  const types = renderManifestTypes(goldenShop().manifest, "https://myshop.com");
  expect(types).toBe(readFileSync(new URL("./fixtures/myshop.d.ts", import.meta.url), "utf8"));
});

test("names that are no identifiers, and a site called like nothing", () => {
  const { manifest } = goldenShop();
  const [intent] = manifest.intents;
  const types = renderManifestTypes(
    { ...manifest, name: "24/7 Shop */", intents: [{ ...intent!, name: "find-it" }], flows: [] },
    "x\nimport evil",
  );
  expect(types).toContain("export interface T247Shop {");
  expect(types).toContain('    "find-it": {');
  expect(types.split("\n").filter((line) => line.startsWith("import"))).toEqual([]);
});

/** Texts that try to leave what they stand in. */
const hostile = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        ..."\u2028 \u2029 \u0085 \u202e \u2066 \ufeff */ /* // ` $\u007bx} \" ' \\ \\u \n \r \t \0 ]; }; ); < > </script> \ud800 日本 🛒".split(
          " ",
        ),
      ),
      fc.constantFrom("__proto__", "constructor", "any", "class", "Record", "await", "2fa", "", " ", "@ts-ignore"),
      fc.constantFrom("declare global {}", "export const evil = 1;", "import evil", "}\nexport type Evil = 1;"),
      fc.string({ unit: "binary", maxLength: 8 }),
    ),
    { maxLength: 6 },
  )
  .map((parts) => parts.join(""));

const schema = fc.letrec((tie) => ({
  schema: fc.oneof(
    { maxDepth: 3 },
    fc.record({ type: fc.constantFrom("string", "integer", "array", "object"), description: hostile }),
    fc.record({ const: hostile }),
    fc.record({ enum: fc.array(fc.oneof(hostile, fc.double(), fc.constant(null)), { minLength: 1 }) }),
    fc.record({ $ref: hostile.map((name) => `#/$defs/${name}`), $defs: fc.dictionary(hostile, tie("schema")) }),
    fc.record({
      type: fc.constant("object"),
      properties: fc.dictionary(hostile, tie("schema")),
      required: fc.array(hostile),
    }),
    fc.record({ anyOf: fc.array(tie("schema")), title: hostile }),
    fc.record({ type: fc.constant("array"), items: tie("schema") }),
  ),
})).schema as fc.Arbitrary<Record<string, unknown>>;

const operation = fc.record({ name: hostile, description: hostile, input_schema: schema, output_schema: schema });
const operations = fc.uniqueArray(operation, { maxLength: 3, selector: ({ name }) => name });
const manifests = fc.record({
  name: hostile,
  description: hostile,
  base_url: hostile,
  intents: operations,
  flows: fc.uniqueArray(fc.record({ name: hostile, description: hostile, orchestration: hostile, steps: operations }), {
    maxLength: 2,
    selector: ({ name }) => name,
  }),
});

test("whatever a manifest says, it declares the contract and its types, and nothing else", () => {
  fc.assert(
    fc.property(manifests, hostile, (manifest, source) => {
      const code = renderManifestTypes(manifest as unknown as Manifest, source);
      const { program, errors, comments } = parseSync("shop.d.ts", code);
      expect(errors).toEqual([]);
      expect(code.replace(/[\n -~\p{L}\p{N}\p{S}\p{P}\p{M}\p{Zs}\p{Co}\p{Cn}\p{Cf}]/gu, "")).toBe("");
      expect(code).not.toMatch(/[\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\p{Cs}]/u);
      expect(comments.filter(({ type }) => type === "Line")).toHaveLength(2);
      const [contract, ...types] = program.body.map((one) => {
        if (one.type !== "ExportNamedDeclaration" || !one.declaration) throw new Error(`${one.type} in ${code}`);
        return one.declaration;
      });
      if (contract?.type !== "TSInterfaceDeclaration") throw new Error(`${contract?.type} in ${code}`);
      expect(types.every(({ type }) => type === "TSTypeAliasDeclaration")).toBe(true);
      const [intents, flows] = contract.body.body.map(membersOf);
      expect(contract.body.body.map(keyOf)).toEqual(["intents", "flows"]);
      expect(intents!.map(keyOf)).toEqual(manifest.intents.map(({ name }) => name));
      expect(flows!.map(keyOf)).toEqual(manifest.flows.map(({ name }) => name));
      for (const one of intents!) expect(membersOf(one).map(keyOf)).toEqual(["input", "output"]);
      const names = program.body.map((one) => /^export (?:interface|type) (\w+)/.exec(code.slice(one.start))?.[1]);
      expect(new Set(names).size).toBe(program.body.length);
    }),
    { numRuns: 500 },
  );
});

const membersOf = (member: any): any[] => member.typeAnnotation.typeAnnotation.members;
const keyOf = ({ key }: any): string => key.name ?? key.value;

test("a manifest of many references takes no longer than it has to", () => {
  const names = Array.from({ length: 3000 }, (_, i) => `D${i}`);
  const $defs = Object.fromEntries(
    names.map((name, i) => [name, { type: "object", properties: { next: { $ref: `#/$defs/D${i + 1}` } } }]),
  );
  const properties = Object.fromEntries(
    Array.from({ length: 20_000 }, (_, i) => [`p${i}`, { $ref: `#/$defs/D${i % 5000}` }]),
  );
  const { manifest } = goldenShop();
  const [intent] = manifest.intents;
  const input_schema = { type: "object", properties, $defs };
  const started = performance.now();
  const code = renderManifestTypes({ ...manifest, intents: [{ ...intent!, input_schema }] }, "x");
  expect(parseSync("shop.d.ts", code).errors).toEqual([]);
  expect(performance.now() - started).toBeLessThan(20_000);
});
