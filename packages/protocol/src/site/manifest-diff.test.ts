import { describe, expect, it } from "vitest";
import { diffManifests, type JsonSchema, type Manifest, type ManifestFlow, type ManifestIntent } from "./index.ts";

const object = (properties: Record<string, unknown>, required: string[] = Object.keys(properties)): JsonSchema => ({
  type: "object",
  properties,
  required,
});
const text = { type: "string" };

const search: ManifestIntent = {
  name: "search",
  description: "Search products",
  endpoint: "/agent/intents/search",
  method: "POST",
  input_schema: object({ query: text, limit: { type: "integer", maximum: 50 } }, ["query"]),
  output_schema: { type: "array", items: object({ id: text, state: { enum: ["new", "used"] } }) },
};
const checkout: ManifestFlow = {
  name: "checkout",
  description: "Buy something",
  orchestration: "server",
  steps: [
    { name: "add", description: "Add", entry: true, next_steps: ["pay"], input_schema: object({}), output_schema: {} },
    { name: "pay", description: "Pay", entry: false, next_steps: [], input_schema: object({}), output_schema: {} },
  ],
};
const base: Manifest = {
  agent_api_version: "1.0",
  name: "Shop",
  description: "A shop",
  version: "1.0",
  base_url: "https://shop.test",
  auth: { type: "api_key", header: "X-API-Key" },
  intents: [search],
  flows: [checkout],
};
const withSearch = (more: Partial<ManifestIntent>): Manifest => ({ ...base, intents: [{ ...search, ...more }] });
const input = (properties: Record<string, unknown>, required: string[]) =>
  withSearch({ input_schema: object(properties, required) });
const output = (properties: Record<string, unknown>) =>
  withSearch({ output_schema: { type: "array", items: object(properties) } });
const queryAndLimit = { query: text, limit: { type: "integer", maximum: 50 } };
const idAndState = { id: text, state: { enum: ["new", "used"] } };

describe("diffManifests", () => {
  it("finds nothing in what only reads differently", () => {
    expect(diffManifests(base, base)).toEqual([]);
    const reordered = input({ limit: { maximum: 50, type: "integer" }, query: text }, ["query"]);
    expect(diffManifests(base, { ...reordered, version: "2.0" })).toEqual([]);
  });

  const cases: [string, Manifest, breaking: boolean, path: string][] = [
    ["an intent is gone", { ...base, intents: [] }, true, "/intents/search"],
    ["an intent is new", { ...base, intents: [search, { ...search, name: "buy" }] }, false, "/intents/buy"],
    ["the endpoint moved", withSearch({ endpoint: "/x" }), true, "/intents/search/endpoint"],
    ["the description changed", withSearch({ description: "Find products" }), false, "/intents/search/description"],
    [
      "an argument became required",
      input(queryAndLimit, ["query", "limit"]),
      true,
      "/intents/search/input_schema/properties/limit",
    ],
    ["an argument became optional", input(queryAndLimit, []), false, "/intents/search/input_schema/properties/query"],
    [
      "a required argument is new",
      input({ ...queryAndLimit, shop: text }, ["query", "shop"]),
      true,
      "/intents/search/input_schema/properties/shop",
    ],
    [
      "an optional argument is new",
      input({ ...queryAndLimit, shop: text }, ["query"]),
      false,
      "/intents/search/input_schema/properties/shop",
    ],
    ["an argument is gone", input({ query: text }, ["query"]), true, "/intents/search/input_schema/properties/limit"],
    [
      "an argument takes less",
      input({ ...queryAndLimit, limit: { type: "integer", maximum: 10 } }, ["query"]),
      true,
      "/intents/search/input_schema/properties/limit",
    ],
    [
      "an argument takes more",
      input({ ...queryAndLimit, limit: { type: "integer", maximum: 99 } }, ["query"]),
      false,
      "/intents/search/input_schema/properties/limit",
    ],
    [
      "an argument takes any number",
      input({ ...queryAndLimit, limit: { type: "number", maximum: 50 } }, ["query"]),
      false,
      "/intents/search/input_schema/properties/limit",
    ],
    [
      "an argument has another type",
      input({ ...queryAndLimit, query: { type: "integer" } }, ["query"]),
      true,
      "/intents/search/input_schema/properties/query",
    ],
    [
      "an argument has a pattern now",
      input({ ...queryAndLimit, query: { ...text, pattern: "^a" } }, ["query"]),
      true,
      "/intents/search/input_schema/properties/query",
    ],
    ["a result field is gone", output({ id: text }), true, "/intents/search/output_schema/items/properties/state"],
    [
      "a result field is new",
      output({ ...idAndState, name: text }),
      false,
      "/intents/search/output_schema/items/properties/name",
    ],
    [
      "a result has more values",
      output({ ...idAndState, state: { enum: ["new", "used", "broken"] } }),
      true,
      "/intents/search/output_schema/items/properties/state",
    ],
    [
      "a result has fewer values",
      output({ ...idAndState, state: { enum: ["new"] } }),
      false,
      "/intents/search/output_schema/items/properties/state",
    ],
    ["auth is another", { ...base, auth: { type: "bearer", header: null } }, true, "/auth"],
    ["auth is gone", { ...base, auth: { type: "none", header: null } }, false, "/auth"],
    ["the key's header moved", { ...base, auth: { type: "api_key", header: "X-Key" } }, true, "/auth/header"],
    [
      "an intent needs its own auth",
      withSearch({ auth: { type: "bearer", header: null, scopes: ["a"] } }),
      true,
      "/intents/search/auth",
    ],
    ["an intent is open to all", withSearch({ auth: { type: "none", header: null } }), false, "/intents/search/auth"],
    ["the site moved", { ...base, base_url: "https://new.test" }, true, "/base_url"],
    [
      "a flow is orchestrated by the client",
      { ...base, flows: [{ ...checkout, orchestration: "client" }] },
      true,
      "/flows/checkout/orchestration",
    ],
    [
      "a step is gone",
      { ...base, flows: [{ ...checkout, steps: [checkout.steps[0]!] }] },
      true,
      "/flows/checkout/steps/pay",
    ],
    [
      "a step no longer follows",
      { ...base, flows: [{ ...checkout, steps: [{ ...checkout.steps[0]!, next_steps: [] }, checkout.steps[1]!] }] },
      true,
      "/flows/checkout/steps/add/next_steps",
    ],
    [
      "a step may follow",
      {
        ...base,
        flows: [{ ...checkout, steps: [checkout.steps[0]!, { ...checkout.steps[1]!, next_steps: ["add"] }] }],
      },
      false,
      "/flows/checkout/steps/pay/next_steps",
    ],
  ];
  it.each(cases)("%s", (_name, after, breaking, path) => {
    const changes = diffManifests(base, after);
    expect(changes.map((change) => [change.path, change.breaking])).toEqual([[path, breaking]]);
    expect(changes[0]!.message).toMatch(/\.$/);
  });

  it("reports a deprecation", () => {
    const after = withSearch({ deprecated: { message: "Use find." } });
    expect(diffManifests(base, after)).toEqual([
      { kind: "deprecated", breaking: false, path: "/intents/search", message: "Use find." },
    ]);
  });

  it("ends on schemas of any depth", () => {
    let deep: JsonSchema = text;
    for (let i = 0; i < 200; i++) deep = object({ a: deep });
    const changes = diffManifests(base, withSearch({ input_schema: deep }));
    expect(changes.length).toBeGreaterThan(0);
  });
});
