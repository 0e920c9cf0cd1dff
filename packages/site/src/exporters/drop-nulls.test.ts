import type { JsonSchema } from "@agentgate/protocol/site";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { AgentApp, none } from "../index.ts";
import { dropNulls } from "./drop-nulls.ts";
import { callOpenAiTool } from "./openai.ts";

const text = { type: "string" };
const object = (properties: object, ...required: string[]): JsonSchema => ({ type: "object", properties, required });
const a = object({ x: text, y: text }, "x");

describe("a null that a model sends for what it leaves out", () => {
  it.each<[string, JsonSchema, unknown, unknown]>([
    ["in an object", a, { x: "1", y: null }, { x: "1" }],
    ["that is required stays", a, { x: null, y: "1" }, { x: null, y: "1" }],
    [
      "in a list",
      object({ l: { type: "array", items: a } }),
      { l: [{ x: "1", y: null }, null] },
      { l: [{ x: "1" }, null] },
    ],
    [
      "in a tuple",
      object({ l: { prefixItems: [text, a] } }),
      { l: ["1", { x: "1", y: null }] },
      { l: ["1", { x: "1" }] },
    ],
    [
      "behind a reference",
      { ...object({ a: { $ref: "#/$defs/A" } }), $defs: { A: a } },
      { a: { x: "1", y: null } },
      { a: { x: "1" } },
    ],
    [
      "behind a reference to itself",
      { ...object({ n: { $ref: "#/$defs/N" } }), $defs: { N: object({ v: text, next: { $ref: "#/$defs/N" } }, "v") } },
      { n: { v: "1", next: { v: "2", next: null } } },
      { n: { v: "1", next: { v: "2" } } },
    ],
    [
      "behind the root",
      object({ child: { $ref: "#" }, note: text }),
      { child: { child: null, note: "1" } },
      { child: { note: "1" } },
    ],
    [
      "in a union of one object and null",
      object({ a: { anyOf: [a, { type: "null" }] } }),
      { a: { x: "1", y: null } },
      { a: { x: "1" } },
    ],
    [
      "in the branch that its constant names",
      object({
        p: {
          oneOf: [
            object({ kind: { const: "card" }, n: text }, "kind", "n"),
            object({ kind: { const: "cash" }, n: text }, "kind"),
          ],
        },
      }),
      { p: { kind: "cash", n: null } },
      { p: { kind: "cash" } },
    ],
    [
      "in a map",
      object({ m: { type: "object", additionalProperties: a } }),
      { m: { k: { x: "1", y: null } } },
      { m: { k: { x: "1" } } },
    ],
    [
      "in all of several",
      object({ a: { allOf: [object({ x: text }, "x"), object({ y: text })] } }),
      { a: { x: null, y: null } },
      { a: { x: null } },
    ],
  ])("%s", (_name, schema, given, expected) => {
    expect(dropNulls(given as never, schema)).toEqual(expected);
  });
});

describe("arguments of a model", () => {
  const site = new AgentApp({ title: "Shop", auth: none(), baseUrl: "https://shop.test" }).intent("echo", {
    description: "Returns what it gets",
    input: z.looseObject({}),
    handler: (input) => input,
  });

  it.each(["", "  ", "null", "{}"])("that are none are none: %o", async (args) => {
    expect(await callOpenAiTool(site, "echo", args)).toEqual({ ok: true, body: {} });
  });

  it.each<[string, never]>([
    ["broken JSON", '{"a":' as never],
    ["a list", "[1]" as never],
    ["a text", '"a"' as never],
    ["a number", 1 as never],
    ["too deep", `{"a":${"[".repeat(50_000)}${"]".repeat(50_000)}}` as never],
  ])("that are %s come back as an error the model can read", async (_name, args) => {
    expect(await callOpenAiTool(site, "echo", args)).toMatchObject({
      ok: false,
      body: { error: "invalid_input", message: expect.stringContaining("arguments") },
    });
  });
});
