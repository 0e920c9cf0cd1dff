import { toStandardJsonSchema } from "@valibot/to-json-schema";
import { type } from "arktype";
import { Schema as Effect } from "effect";
import * as v from "valibot";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import * as zMini from "zod/mini";
import { AgentApp, none, RegistrationError, type Schema, withJsonSchema } from "../index.ts";
import { agentOf } from "../testing/agent-calls.ts";
import { fromJsonSchema } from "./from-json-schema.ts";

const json = {
  type: "object",
  properties: { query: { type: "string" }, limit: { type: "integer", minimum: 1 } },
  required: ["query"],
};
const effect = Effect.Struct({
  query: Effect.String,
  limit: Effect.optional(Effect.Int.check(Effect.isGreaterThanOrEqualTo(1))),
});

const libraries: Record<string, Schema> = {
  zod: z.object({ query: z.string(), limit: z.int().min(1).optional() }),
  arktype: type({ query: "string", "limit?": "number.integer >= 1" }),
  valibot: toStandardJsonSchema(
    v.object({ query: v.string(), limit: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1))) }),
  ),
  effect: withJsonSchema(Effect.toStandardSchemaV1(effect), Effect.toStandardJSONSchemaV1(effect) as never),
  "JSON Schema": fromJsonSchema(json),
  "zod/mini with its JSON Schema": withJsonSchema(
    zMini.object({ query: zMini.string(), limit: zMini.optional(zMini.int().check(zMini.minimum(1))) }),
    json,
  ),
};

const site = (input: Schema) =>
  new AgentApp({ title: "Shop", auth: none() }).intent("search", {
    description: "Search the shop",
    input,
    output: input,
    handler: (value) => value,
  });

describe.each(Object.entries(libraries))("%s", (_name, schema) => {
  it("describes itself in the manifest", () => {
    const { input_schema } = site(schema).manifest.intents[0]!;
    expect(input_schema).toMatchObject({
      type: "object",
      properties: { query: { type: "string" } },
      required: ["query"],
    });
    expect(input_schema).not.toHaveProperty("$schema");
  });

  it("checks what comes in and points at what is wrong", async () => {
    const agent = agentOf(site(schema));
    expect((await agent.intent("search", { query: "tea", limit: 3 })).body).toEqual({ query: "tea", limit: 3 });
    const { status, body } = await agent.intent("search", { query: "tea", limit: 0 });
    expect([status, body.error, body.issues[0].path]).toEqual([422, "invalid_input", "/limit"]);
    expect((await agent.intent("search", {})).body.error).toBe("invalid_input");
  });
});

describe("conversion", () => {
  it("says how to fix a library that cannot describe itself", () => {
    expect(() => site(v.object({ query: v.string() })).manifest).toThrow(/toStandardJsonSchema/);
    expect(() => site(Effect.toStandardSchemaV1(effect)).manifest).toThrow(RegistrationError);
    expect(() => site(zMini.object({ query: zMini.string() })).manifest).toThrow(/zod 4.2 or later/);
  });

  it("keeps definitions at the root of each schema", () => {
    const node: z.ZodType = z.lazy(() => z.object({ name: z.string(), children: z.array(node) })).meta({ id: "Node" });
    const { input_schema } = site(z.object({ tree: node })).manifest.intents[0]!;
    expect(JSON.stringify(input_schema)).toContain('"$ref":"#/$defs/Node"');
    expect(input_schema.$defs).toHaveProperty("Node");
  });

  it("leaves out the bounds that zod gives every integer, and checks them", async () => {
    const count = z.int().describe("How many");
    const given = { maximum: Number.MAX_SAFE_INTEGER, type: "integer" };
    const shop = site(
      z.object({
        counts: z.array(count),
        maximum: z.int().max(9).optional(),
        like: z.literal("x").meta({ examples: [given] }),
      }),
    );
    const { input_schema } = shop.manifest.intents[0]!;
    expect(input_schema.properties).toEqual({
      counts: { type: "array", items: { type: "integer", description: "How many" } },
      maximum: { type: "integer", maximum: 9 },
      like: { type: "string", const: "x", examples: [given] },
    });
    const { status } = await agentOf(shop).intent("search", { counts: [2 ** 53], like: "x" });
    expect(status).toBe(422);
    const asGiven = { type: "object", properties: { count: { type: "integer", maximum: Number.MAX_SAFE_INTEGER } } };
    expect(site(fromJsonSchema(asGiven)).manifest.intents[0]!.input_schema).toEqual(asGiven);
  });

  it("publishes what callers send and what they get", () => {
    const schema = z.object({
      limit: z.int().default(10),
      at: z
        .codec(z.iso.datetime(), z.date(), { decode: (text) => new Date(text), encode: (date) => date.toISOString() })
        .optional(),
    });
    expect(() => site(schema).manifest).toThrow(/cannot express/);
    const input = z.object({ limit: z.int().default(10) });
    const { input_schema, output_schema } = site(input).manifest.intents[0]!;
    expect([input_schema.required, output_schema.required]).toEqual([undefined, ["limit"]]);
  });

  it("happens once", async () => {
    let conversions = 0;
    const convert = () => {
      conversions++;
      return structuredClone(json);
    };
    const counted = withJsonSchema(z.object({ query: z.string() }), {
      "~standard": {
        version: 1,
        vendor: "test",
        jsonSchema: {
          input: convert,
          output: convert,
        },
      },
    });
    const agent = agentOf(site(counted));
    for (let i = 0; i < 3; i++) await agent.intent("search", { query: "x" });
    await agent.manifest();
    expect(conversions).toBe(2);
  });

  it("keeps hostile keys out of prototypes", async () => {
    const app = new AgentApp({ title: "Shop", auth: none() }).intent("echo", {
      description: "Returns what it gets",
      input: z.object({ a: z.looseObject({}) }),
      handler: (input) => ({ input, polluted: ({} as { hacked?: boolean }).hacked }),
    });
    const request = new Request("http://localhost/agent/intents/echo", {
      method: "POST",
      headers: { "X-Agent-Request": "true", "Content-Type": "application/json" },
      body: '{"a":{"__proto__":{"hacked":true},"constructor":{"prototype":{"hacked":true}}},"__proto__":{"hacked":true}}',
    });
    const reply = (await (await app.fetch(request)).json()) as { polluted?: boolean };
    expect(reply.polluted).toBeUndefined();
  });
});
