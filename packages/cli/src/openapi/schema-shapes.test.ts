import { Validator } from "@cfworker/json-schema";
import fc from "fast-check";
import { parseSync } from "oxc-parser";
import { describe, expect, test } from "vitest";
import { importOpenApi, renderDraft } from "./index.ts";
import { documentOf, draftedSite, json } from "./testing/drafted-site.ts";

const text = { type: "string" };
const named = (name: string) => ({ $ref: `#/components/schemas/${name}` });
const taking = (schema: unknown, schemas: object = {}, more: object = {}) =>
  documentOf(
    {
      "/items": {
        post: { operationId: "add", requestBody: { required: true, ...json(schema) }, responses: { 200: json({}) } },
      },
    },
    { components: { schemas }, ...more },
  );
const field = (schema: unknown) => ({ type: "object", properties: { it: schema } });

/** What reaches the API for `input`, or the status of the refusal. */
async function sent(document: unknown, input: unknown) {
  await using site = await draftedSite(document);
  const { status, body, seen } = await site.call("add", input);
  return status === 200 ? JSON.parse(seen!.body || "null") : { status, body };
}

describe("circles", () => {
  const animals = {
    Animal: {
      type: "object",
      required: ["species"],
      properties: { species: text },
      oneOf: [named("Cat"), named("Dog")],
    },
    Cat: {
      allOf: [named("Animal"), { type: "object", required: ["lives"], properties: { lives: { type: "integer" } } }],
    },
    Dog: {
      allOf: [named("Animal"), { type: "object", required: ["tame"], properties: { tame: { type: "boolean" } } }],
    },
  };

  test("a parent whose alternatives are its children: each child has the parent's part", async () => {
    const cat = { species: "cat", lives: 9 };
    await using site = await draftedSite(
      documentOf(
        Object.fromEntries(
          ["Animal", "Cat", "Dog"].map((name) => [
            `/${name}`,
            {
              post: { operationId: name, requestBody: { required: true, ...json(field(named(name))) }, responses: {} },
            },
          ]),
        ),
        { components: { schemas: animals } },
      ),
    );
    const status = async (intent: string, it: unknown) => (await site.call(intent, { it })).status;
    expect(await status("animal", cat)).toBe(200);
    expect(await status("cat", cat)).toBe(200);
    expect(await status("cat", { lives: 9 })).toBe(422);
    expect(await status("animal", { lives: 9 })).toBe(422);
    expect(await status("dog", cat)).toBe(422);
  });

  test.each([
    ["itself", { A: named("A") }],
    ["itself behind another", { A: named("B"), B: named("A") }],
    ["itself in allOf", { A: { allOf: [named("A")] } }],
    ["one alternative", { A: { anyOf: [named("A"), { type: "integer" }] } }],
    ["a ring of alternatives", { A: { oneOf: [named("B"), text] }, B: { oneOf: [named("A"), { type: "integer" }] } }],
    ["not", { A: { not: named("A") } }],
    ["a condition", { A: JSON.parse(`{"if": {"$ref": "#/components/schemas/A"}, "then": {"type": "string"}}`) }],
    ["dependent schemas", { A: { dependentSchemas: { x: named("A") } } }],
    ["its own branch", { A: { allOf: [{ $ref: "#/components/schemas/A/allOf/0" }] } }],
  ])("a schema that is %s says nothing, with a line where something goes", async (_, schemas) => {
    expect(await sent(taking(field(named("A")), schemas), { it: 1 })).toEqual({ it: 1 });
  });

  const names = ["A", "B", "C", "D", "E"];
  const anyRef = fc.constantFrom(...names).map(named);
  const anySchema: fc.Arbitrary<object> = fc.letrec<{ schema: object }>((tie) => ({
    schema: fc.oneof(
      { maxDepth: 3, depthSize: "small" },
      anyRef,
      fc.constantFrom(text, { type: "integer" }, {}, { type: "object", required: ["a"] }),
      fc.record({ allOf: fc.array(tie("schema"), { minLength: 1, maxLength: 3 }) }),
      fc.record({ oneOf: fc.array(tie("schema"), { minLength: 1, maxLength: 3 }) }),
      fc.record({ anyOf: fc.array(tie("schema"), { minLength: 1, maxLength: 3 }) }),
      fc.record({ not: tie("schema") }),
      fc
        .tuple(tie("schema"), tie("schema"), tie("schema"))
        .map((all) => Object.fromEntries(["if", "then", "else"].map((key, at) => [key, all[at]]))),
      fc.record({ dependentSchemas: fc.record({ a: tie("schema") }) }),
      fc.record({
        type: fc.constant("object"),
        properties: fc.record({ a: tie("schema"), b: tie("schema").map((one) => ({ ...one, readOnly: true })) }),
        required: fc.subarray(["a", "b"]),
        allOf: fc.array(tie("schema"), { minLength: 1, maxLength: 2 }),
      }),
      fc.record({ type: fc.constant("array"), items: tie("schema") }),
    ),
  })).schema;

  test("whatever schemas refer to each other, the draft compiles and every check comes to an end", () => {
    const values = [null, 1, "x", [], [1], {}, { a: 1 }, { a: { a: "x" }, b: [] }];
    fc.assert(
      fc.property(fc.record(Object.fromEntries(names.map((name) => [name, anySchema]))), (schemas) => {
        const document = taking(field(named("A")), schemas);
        const api = importOpenApi({
          ...document,
          paths: {
            ...document.paths,
            "/out": { get: { operationId: "out", responses: { 200: json(named("B")) } } },
          },
        });
        expect(parseSync("draft.ts", renderDraft(api, "api.json")).errors).toEqual([]);
        for (const { schema, output } of api.operations) {
          for (const one of [schema, output]) {
            const whole = JSON.stringify(one);
            for (const [, name] of whole.matchAll(/"\$ref":"#\/\$defs\/([^"]+)"/g)) {
              expect(Object.keys((one as { $defs: object }).$defs)).toContain(name);
            }
            const validator = new Validator(one as object, "2020-12", true);
            for (const value of values) validator.validate(value as never);
          }
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe("growth", () => {
  const mesh = (size: number, refer: (ref: object) => object) =>
    Object.fromEntries(
      Array.from({ length: size }, (_, at) => [
        `S${at}`,
        refer({ of: Array.from({ length: size }, (_, to) => named(`S${to}`)) } as never),
      ]),
    );
  const each = (refs: { of: object[] }, wrap: (ref: object) => object) =>
    Object.fromEntries(refs.of.map((ref, at) => [`p${at}`, wrap(ref)]));
  const shapes: [string, (refs: any) => object][] = [
    ["properties in allOf", (refs) => ({ type: "object", properties: each(refs, (ref) => ({ allOf: [ref] })) })],
    ["allOf", (refs) => ({ allOf: [...refs.of, { type: "object", properties: { a: text } }] })],
    ["allOf of allOf", (refs) => ({ allOf: refs.of.map((ref: object) => ({ allOf: [ref, field(text)] })) })],
    ["oneOf", (refs) => ({ oneOf: refs.of, type: "object", properties: { a: text } })],
    ["anyOf in allOf", (refs) => ({ allOf: [{ anyOf: refs.of }, field(text)] })],
    ["properties with a choice", (refs) => ({ properties: each(refs, (ref) => ({ oneOf: [ref, text] })) })],
    [
      "marked properties",
      (refs) => ({ required: ["p0"], properties: each(refs, (ref) => ({ ...ref, readOnly: true })), allOf: refs.of }),
    ],
  ];

  test.each(shapes)("a mesh by %s costs no more than it says", (_, shape) => {
    const document = taking(named("S0"), mesh(24, shape));
    const got = { get: { operationId: "read", responses: { 200: json(named("S1")) } } };
    const started = performance.now();
    const api = importOpenApi({ ...document, paths: { ...document.paths, "/read": got } });
    const draft = renderDraft(api, "api.json");
    // A second of this machine's, where each further schema used to multiply the time.
    expect(performance.now() - started).toBeLessThan(10_000);
    expect(draft.length).toBeLessThan(20 * JSON.stringify(document).length);
    expect(JSON.stringify(api.operations.map(({ output }) => output)).length).toBeLessThan(40_000);
  });

  test("a chain of diamonds is not checked along each of its ways", async () => {
    const chain = Object.fromEntries(
      Array.from({ length: 30 }, (_, at) => [
        `S${at}`,
        at === 29 ? text : { anyOf: [named(`S${at + 1}`), { allOf: [named(`S${at + 1}`), { minLength: 1 }] }] },
      ]),
    );
    const started = performance.now();
    expect(await sent(taking(field(named("S0")), chain), { it: 1 })).toBeDefined();
    expect(performance.now() - started).toBeLessThan(10_000);
  });

  test("a schema that several intents speak of stands once in the draft", () => {
    const long = { type: "object", properties: { note: { type: "string", description: "unmistakable words" } } };
    const paths = Object.fromEntries(
      Array.from({ length: 20 }, (_, at) => [
        `/r${at}`,
        {
          post: {
            operationId: `op${at}`,
            requestBody: { required: true, ...json(field(named("Long"))) },
            responses: { 200: json({ type: "array", items: named("Long") }) },
          },
        },
      ]),
    );
    const draft = renderDraft(importOpenApi(documentOf(paths, { components: { schemas: { Long: long } } })), "x");
    expect(draft.split('description: "unmistakable words"').length - 1).toBe(1);
  });

  test("a reply of any size is cut, and an input's largest fields are; a manifest too large is told", () => {
    const wide = (depth: number): object =>
      depth === 0
        ? { type: "string", description: "d".repeat(60) }
        : {
            type: "object",
            properties: Object.fromEntries(["a", "b", "c", "d", "e"].map((name) => [name, wide(depth - 1)])),
          };
    const paths = Object.fromEntries(
      Array.from({ length: 40 }, (_, at) => [
        `/r${at}`,
        {
          post: {
            operationId: `op${at}`,
            requestBody: { required: true, ...json({ type: "object", properties: { small: text, large: wide(5) } }) },
            responses: { 200: json(wide(6)) },
          },
        },
      ]),
    );
    const api = importOpenApi(documentOf(paths), { operationsMax: 40 });
    const [operation] = api.operations;
    expect(JSON.stringify(operation!.output).length).toBeLessThan(13_000);
    expect(operation!.schema).toMatchObject({ properties: { small: text, large: { type: "object" } } });
    expect(JSON.stringify(operation!.schema).length).toBeLessThan(1000);
    const told = api.notes.map((note) => note.text).join("\n");
    expect(told).toContain("these inputs are described by their type alone: large");
    expect(told).toContain("the reply is described without");
    const fields = Object.fromEntries(
      Array.from({ length: 300 }, (_, at) => [`field${at}`, { ...text, description: "d".repeat(60) }]),
    );
    const many = Object.fromEntries(
      Array.from({ length: 60 }, (_, at) => [
        `/m${at}`,
        { post: { requestBody: { required: true, ...json({ type: "object", properties: fields }) }, responses: {} } },
      ]),
    );
    const large = importOpenApi(documentOf(many), { operationsMax: 60 });
    expect(large.notes.map((note) => note.text).join()).toMatch(/manifest would have about \d+ characters/);
  });
});

describe("readOnly", () => {
  const base = { type: "object", properties: { id: { ...text, readOnly: true }, kind: text } };
  test.each([
    [
      "in the branch beside",
      { Owner: { allOf: [named("Base"), { required: ["id", "name"], properties: { name: text } }] } },
    ],
    [
      "behind a reference of its own",
      {
        Owner: { allOf: [named("Base"), named("Needs")] },
        Needs: { required: ["id", "name"], properties: { name: text } },
      },
    ],
    ["at the root", { Owner: { required: ["id", "name"], properties: { name: text }, allOf: [named("Base")] } }],
    [
      "two levels up",
      {
        Owner: { allOf: [named("Middle"), { required: ["id"] }] },
        Middle: { allOf: [named("Base"), { properties: { name: text } }] },
      },
    ],
    [
      "behind a type",
      {
        Owner: { required: ["id"], properties: { id: named("Stamp"), name: text } },
        Stamp: { allOf: [{ ...text, readOnly: true }] },
      },
    ],
    [
      "described again without the mark",
      { Owner: { allOf: [named("Base"), { required: ["id"], properties: { id: text, name: text } }] } },
    ],
  ])("required %s is no input and not required", async (_, schemas) => {
    const document = taking(
      { type: "object", required: ["owner"], properties: { owner: named("Owner") } },
      { Base: base, ...schemas },
    );
    expect(await sent(document, { owner: { name: "n" } })).toEqual({ owner: { name: "n" } });
    const [operation] = importOpenApi(document).operations;
    const validator = new Validator(operation!.schema as object, "2020-12", true);
    expect(validator.validate({ owner: { name: "n", kind: "k" } }).valid).toBe(true);
  });
});

describe("what validators trip over", () => {
  test.each([
    ["^[\\w\\-\\.]+\\-[0-9]{2}\\!?$", "ab-12", "ab_12"],
    ["^\\_[\\w-.]+\\@x$", "_a-b.c@x", "a@x"],
    ["^a{,2}$", "a{,2}", "aa"],
    ["^[a-z\\d-_]+$", "a-b_1", "A"],
    ['^\\/v\\d+\\:\\"$', '/v1:"', "v1"],
    ["^\\d{3}]$", "123]", "123"],
    ["^(a)\\1$", "aa", "ab"],
  ])("the pattern %s holds for %s and not for %s", async (pattern, good, bad) => {
    const document = taking(field({ type: "string", pattern }));
    expect(await sent(document, { it: good })).toEqual({ it: good });
    expect(await sent(document, { it: bad })).toMatchObject({ status: 422 });
  });

  test.each(["^\\A[a-z]\\Z$", "(?i)abc", "[[:alpha:]]+", "a++", "(?P<n>x)", "("])(
    "the pattern %s is another dialect's: it goes, with a line",
    async (pattern) => {
      const document = taking({
        ...field({ type: "string", pattern }),
        patternProperties: { [pattern]: text },
        additionalProperties: false,
      });
      expect(
        importOpenApi(document)
          .notes.map((note) => note.text)
          .join(),
      ).toContain("is none of ECMA-262");
      expect(await sent(taking(field({ type: "string", pattern })), { it: "anything" })).toEqual({ it: "anything" });
    },
  );

  const part = fc.oneof(
    fc.constantFrom(..."abz09-_.:/@!{}[]()^$|*+?,=<>&~#%\" '".split("")),
    fc.constantFrom(
      ..."\\- \\_ \\. \\! \\@ \\/ \\d \\w \\s \\b \\[ \\] \\{ \\} \\( \\) \\: \\  [a-z] [\\w-.] [^\\d-] {2} {1,} {,2} \\x41 \\u0041 \\cA \\0".split(
        " ",
      ),
    ),
  );
  test("a pattern that was translated means what it meant", async () => {
    const { unicodePattern } = await import("./pattern.ts");
    const subject = fc
      .array(fc.constantFrom(..."aAbz09-_.:/@![]{}()2, \\".split("")), { maxLength: 8 })
      .map((all) => all.join(""));
    fc.assert(
      fc.property(
        fc.array(part, { maxLength: 8 }),
        fc.array(subject, { minLength: 20, maxLength: 20 }),
        (parts, subjects) => {
          const pattern = parts.join("");
          const translated = unicodePattern(pattern);
          if (translated === undefined) return;
          const modern = new RegExp(translated, "u");
          let plain: RegExp;
          try {
            plain = new RegExp(pattern);
          } catch {
            return;
          }
          for (const one of [...subjects, pattern])
            expect(modern.test(one), `${pattern} → ${translated}: ${one}`).toBe(plain.test(one));
        },
      ),
      { numRuns: 3000 },
    );
  });

  test.each([
    { type: "int" },
    { type: "string", required: true },
    { enum: null },
    { type: "string", maxLength: "10" },
    { type: "object", properties: [] },
    { type: "object", required: null },
    { oneOf: {} },
    { items: "string", type: "array" },
    { multipleOf: 0 },
    { $ref: 7 },
    { type: ["string", "any"] },
    { type: "string", minLength: null, format: 3, pattern: {} },
  ])("%j does not make the field dead", async (schema) => {
    await using site = await draftedSite(taking(field(schema)));
    const answers = await Promise.all(["x", 1, {}, []].map(async (it) => (await site.call("add", { it })).status));
    expect(answers).toContain(200);
    expect(answers).not.toContain(500);
  });

  test("HTML in descriptions becomes text, and what is said twice is said once", () => {
    const [operation] = importOpenApi(
      documentOf({
        "/pets/{id}": {
          delete: {
            operationId: "deletePet",
            summary: "Deletes a pet.",
            description: "<p>Delete a <b>pet</b>.</p><p>Needs <code>id &lt; 10</code>&nbsp;&amp; care.<br/></p>",
            parameters: [{ name: "id", in: "path", required: true, description: "<i>Its</i> id", schema: text }],
            responses: {},
          },
        },
      }),
    ).operations;
    expect(operation!.description).toBe("Delete a pet. Needs id < 10 & care.");
    expect(operation!.schema).toMatchObject({ properties: { id: { description: "Its id" } } });
  });
});

test("an operation whose input no value satisfies is left out with a line", async () => {
  const closed = (properties: object, more: object = {}) => ({
    type: "object",
    additionalProperties: false,
    properties,
    ...more,
  });
  const schemas = {
    Base: closed({ id: { type: "string" } }),
    Child: {
      allOf: [{ $ref: "#/components/schemas/Base" }],
      ...closed({ name: { type: "string" } }, { required: ["name"] }),
    },
    Optional: {
      allOf: [{ $ref: "#/components/schemas/Base" }],
      type: "object",
      properties: { name: { type: "string" } },
    },
    Known: { allOf: [{ $ref: "#/components/schemas/Base" }], type: "object", required: ["id"] },
    Loop: { type: "object", required: ["next"], properties: { next: { $ref: "#/components/schemas/Loop" } } },
  };
  const post = (name: string, required = true, wrap = false) => {
    const schema = { $ref: `#/components/schemas/${name}` };
    const body = wrap ? { type: "object", required: ["inner"], properties: { inner: schema } } : schema;
    return {
      post: { operationId: `${name}${wrap}${required}`, requestBody: { required, ...json(body) }, responses: {} },
    };
  };
  const api = importOpenApi(
    documentOf(
      {
        "/a": post("Child"),
        "/b": post("Child", true, true),
        "/c": post("Optional"),
        "/d": post("Known"),
        "/e": post("Child", false),
      },
      { components: { schemas } },
    ),
  );
  expect(api.leftOut).toEqual([
    { operation: "POST /a", text: 'its input contradicts itself: "body.name" is required, and not allowed' },
    { operation: "POST /b", text: 'its input contradicts itself: "inner.name" is required, and not allowed' },
  ]);
  expect(api.operations.map(({ path }) => path)).toEqual(["/c", "/d", "/e"]);
  expect(importOpenApi(documentOf({ "/l": post("Loop") }, { components: { schemas } })).operations).toHaveLength(1);
});
