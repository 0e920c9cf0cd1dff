import { listTools, toolName } from "@agentgate/protocol/site";
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { Validator } from "@seriousme/openapi-schema-validator";
import { asSchema } from "ai";
import { Ajv2020 } from "ajv/dist/2020.js";
import type OpenAI from "openai";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { AgentApp, apiKey, bearer, flow, none, step } from "../index.ts";
import { goldenKey, goldenShop } from "../testing/golden-shop.ts";
import { toAiSdkTools } from "./ai-sdk.ts";
import { toLlmsTxt } from "./llms-txt.ts";
import { toMcpHandler } from "./mcp.ts";
import { callOpenAiTool, toOpenAiTools } from "./openai.ts";
import { toOpenApi } from "./openapi.ts";
import { toStrictSchema } from "./strict-schema.ts";

const names = [
  "search_products",
  "checkout__start",
  "checkout__add_to_cart",
  "checkout__place_order",
  "track_order__initiate",
  "track_order__get_status",
];
const credentials = { "X-API-Key": goldenKey };

/** Schemas that make exporters stumble. */
function awkwardSite() {
  const tree: z.ZodType = z.lazy(() => z.object({ name: z.string(), children: z.array(tree) })).meta({ id: "Tree" });
  const selfish: z.ZodType = z.lazy(() => z.object({ next: selfish.optional() }));
  return new AgentApp({
    title: "Awkward",
    description: "[odd]\nsite",
    auth: bearer({ verify: (token) => token }),
    baseUrl: "https://odd.test/shop",
  })
    .intent("plant", {
      description: "Plants a tree",
      input: z.object({ tree, at: z.iso.datetime().optional() }),
      output: tree,
      handler: ({ tree: planted }) => planted,
    })
    .intent("chain", {
      description: "Follows a chain",
      auth: none(),
      input: selfish as never,
      output: z.union([z.string(), z.null()]),
      handler: () => null,
    })
    .intent("old", {
      description: "Does it the old way",
      deprecated: { message: "Use plant." },
      risk: "high",
      idempotent: true,
      handler: () => [1],
    })
    .flow(
      flow("f", {
        description: "A flow with an argument that is called session_id",
        steps: {
          go: step({
            entry: true,
            description: "Goes",
            input: z.object({ session_id: z.string() }),
            output: tree,
            handler: ({ session_id }) => ({ name: session_id, children: [] }),
          }),
        },
      }),
    );
}

describe("tools", () => {
  it("have names of at most 64 characters, stable and distinct", () => {
    expect(listTools(goldenShop().manifest).map(({ name }) => name)).toEqual(names);
    const [a, b] = [toolName("x".repeat(60), "y".repeat(60)), toolName("x".repeat(60), "y".repeat(59))];
    expect([a.length, b.length, a === b]).toEqual([64, 64, false]);
    const clash = new AgentApp({ title: "x", auth: none() })
      .intent("f__go", { description: "An intent", handler: () => 1 })
      .flow(
        flow("f", {
          description: "A flow",
          orchestration: "client",
          steps: { go: step({ entry: true, description: "Goes", handler: () => 1 }) },
        }),
      );
    expect(() => listTools(clash.manifest)).toThrow(/Two tools would be called "f__go"/);
  });
});

describe("descriptions of tools", () => {
  it("are sentences of which each has its end", () => {
    const described = listTools(goldenShop().manifest).map(({ description }) => description);
    expect(described.slice(1, 4)).toEqual([
      "Starts: Add to cart and place order. Returns the session_id that every step needs; the first step is add_to_cart.",
      "Add a product to the cart. (Step of: Add to cart and place order. Next: place_order.)",
      "Confirm and place the order. (Step of: Add to cart and place order.)",
    ]);
    expect(listTools(awkwardSite().manifest).map(({ description }) => description)).toContain(
      "Does it the old way. Deprecated: Use plant.",
    );
  });
});

describe("toOpenApi", () => {
  it.each([
    ["the shop", goldenShop()],
    ["the awkward site", awkwardSite()],
  ])("makes a valid OpenAPI 3.1 document of %s", async (_name, app) => {
    const document = toOpenApi(app);
    const { valid, errors } = await new Validator().validate(structuredClone(document));
    expect([errors, valid]).toEqual([undefined, true]);
    expect(JSON.stringify(document)).not.toContain("#/$defs");
    for (const [, reference] of JSON.stringify(document).matchAll(/"\$ref":"#\/components\/schemas\/([^"/]+)/g)) {
      expect(document).toHaveProperty(["components", "schemas", reference!]);
    }
  });

  it("carries operations, parameters and security", () => {
    const { paths, components } = toOpenApi(goldenShop()) as Record<string, any>;
    expect(Object.keys(paths)).toContain("/agent/flows/checkout/session/{session_id}");
    const placeOrder = paths["/agent/flows/checkout/step/place_order"].post;
    expect(placeOrder.operationId).toBe("checkout__place_order");
    expect(placeOrder.parameters.map((parameter: { name: string }) => parameter.name)).toEqual([
      "X-Agent-Request",
      "X-Session-ID",
      "Idempotency-Key",
    ]);
    expect(components.securitySchemes).toEqual({
      "apiKey_X-API-Key": { type: "apiKey", in: "header", name: "X-API-Key" },
    });
    const odd = toOpenApi(awkwardSite()) as Record<string, any>;
    expect([odd.paths["/agent/intents/chain"].post.security, odd.paths["/agent/intents/old"].post.deprecated]).toEqual([
      [],
      true,
    ]);
  });
});

describe("toLlmsTxt", () => {
  it("follows the format", () => {
    expect(toLlmsTxt(goldenShop())).toMatchInlineSnapshot(`
      "# MyShop

      > E-commerce API for AI agents

      Agents can call this site directly. Read the manifest, then send JSON with the header \`X-Agent-Request: true\`. Send an API key in the header \`X-API-Key\`.

      ## Agent API

      - [Manifest](https://myshop.com/.well-known/agent-manifest.json): every intent and flow with its JSON Schemas

      ## Intents

      - [search_products](https://myshop.com/agent/intents/search_products): Search products by keyword

      ## Flows

      - [checkout](https://myshop.com/agent/flows/checkout/start): Add to cart and place order. Steps: add_to_cart → place_order
      - [track_order](https://myshop.com/agent/flows/track_order/steps/initiate): Track an existing order. Steps: initiate → get_status
      "
    `);
    expect(toLlmsTxt(awkwardSite())).toContain("> \\[odd\\] site");
  });

  it("tells which credential a call needs, and where another or none does", () => {
    const verify = (token: string) => token;
    const site = new AgentApp({
      title: "Shop",
      baseUrl: "https://shop.test",
      auth: apiKey({ header: "X-Key", docs: "https://shop.test/keys (new)", verify }),
    })
      .intent("hours", { description: "Tells the hours", auth: none(), handler: () => 1 })
      .intent("buy", { description: "Buys.", auth: bearer({ verify }), scopes: ["buy"], handler: () => 1 })
      .flow(
        flow("order", {
          description: "Orders",
          orchestration: "client",
          steps: {
            look: step({ entry: true, auth: none(), description: "Looks", handler: () => 1 }),
            pay: step({ after: "look", description: "Pays", handler: () => 1 }),
          },
        }),
      );
    const text = toLlmsTxt(site);
    expect(text).toContain(
      "Send an API key in the header `X-Key`. See [how to get one](https://shop.test/keys%20%28new%29).",
    );
    expect(text).toContain("): Tells the hours. No key is needed.\n");
    expect(text).toContain("): Buys. Send `Authorization: Bearer <token>`, with the scopes `buy`.\n");
    expect(text).toContain("): Orders. Steps: look → pay. For look: No key is needed.\n");
    const open = new AgentApp({ title: "Shop", baseUrl: "https://shop.test", auth: none() });
    expect(toLlmsTxt(open)).toContain("`X-Agent-Request: true`. No key is needed.\n");
  });
});

describe("toOpenAiTools", () => {
  it("is what the official client takes", () => {
    const tools: OpenAI.Responses.FunctionTool[] = toOpenAiTools(goldenShop());
    expect(tools.map(({ name, strict }) => [name, strict])).toEqual(names.map((name) => [name, true]));
    expect(tools[0]!.parameters).toEqual({
      type: "object",
      properties: { query: { type: "string" }, max_results: { type: ["integer", "null"] } },
      required: ["query", "max_results"],
      additionalProperties: false,
    });
  });

  it("runs what the model asks for", async () => {
    const options = { headers: credentials };
    const found = await callOpenAiTool(goldenShop(), "search_products", '{"query":"tea","max_results":null}', options);
    expect(found).toMatchObject({ ok: true, body: [{ id: "p1" }] });
    expect(await callOpenAiTool(goldenShop(), "search_products", {}, options)).toMatchObject({
      ok: false,
      body: { error: "invalid_input" },
    });
    expect((await callOpenAiTool(goldenShop(), "nothing", {})).ok).toBe(false);
  });

  it("falls back where strict mode cannot follow, and never accepts more than the site", () => {
    expect(toOpenAiTools(awkwardSite()).map(({ name, strict }) => [name, strict])).toEqual([
      ["plant", true],
      ["chain", true],
      ["old", true],
      ["f__start", true],
      ["f__go", true],
    ]);
    for (const schema of [
      { type: "object", additionalProperties: { type: "string" } },
      {},
      { type: "array" },
      { allOf: [{ type: "object" }] },
    ]) {
      expect(toStrictSchema({ type: "object", properties: { a: schema } })).toBeUndefined();
    }
    const [plant] = toOpenAiTools(awkwardSite());
    expect(() => new Ajv2020({ strict: false }).compile(plant!.parameters)).not.toThrow();
    expect(JSON.stringify(plant)).not.toContain('"format"');
  });
});

describe("toAiSdkTools", () => {
  it("makes tools that the AI SDK describes and runs", async () => {
    const tools = toAiSdkTools(goldenShop(), { headers: credentials });
    expect(Object.keys(tools)).toEqual(names);
    const { jsonSchema } = asSchema(tools.search_products!.inputSchema as never);
    expect(await jsonSchema).toMatchObject({ type: "object", required: ["query"] });
    const call = { toolCallId: "1", messages: [], context: {} } as never;
    const run = (name: string, input: object) =>
      tools[name]!.execute!(input as never, call) as Promise<Record<string, unknown>>;
    expect(await run("search_products", { query: "tea" })).toMatchObject([{ id: "p1" }]);
    const { session_id } = await run("checkout__start", {});
    expect(await run("checkout__place_order", { session_id, cart_id: "c", address: "x" })).toMatchObject({
      error: "step_not_allowed",
    });
    expect(await run("checkout__add_to_cart", { session_id, product_id: "p1", quantity: 1 })).toMatchObject({
      current_step: "add_to_cart",
    });
  });
});

describe("toMcpHandler", () => {
  const connect = async (site: Parameters<typeof toMcpHandler>[0], headers: Record<string, string>) => {
    const handler = toMcpHandler(site);
    const client = new Client({ name: "test", version: "1" });
    const transport = new StreamableHTTPClientTransport(new URL("https://shop.test/mcp"), {
      fetch: (url, init) => handler.fetch(new Request(url, init)),
      requestInit: { headers },
    });
    await client.connect(transport);
    return client;
  };

  it("serves the official client", async () => {
    const client = await connect(goldenShop(), credentials);
    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name)).toEqual(names);
    const started = await client.callTool({ name: "checkout__start", arguments: {} });
    const { session_id } = started.structuredContent as { session_id: string };
    const added = await client.callTool({
      name: "checkout__add_to_cart",
      arguments: { session_id, product_id: "p1", quantity: 1 },
    });
    expect(added.structuredContent).toMatchObject({
      result: { cart_id: "cart-1" },
      allowed_next_steps: ["place_order"],
    });
    const found = await client.callTool({ name: "search_products", arguments: { query: "tea" } });
    expect(JSON.parse((found.content as { text: string }[])[0]!.text)).toMatchObject([{ id: "p1" }]);
    await client.close();
  });

  it("reports errors of the site as results, and enforces its auth", async () => {
    const client = await connect(goldenShop(), credentials);
    const wrong = await client.callTool({ name: "search_products", arguments: {} });
    expect([wrong.isError, JSON.parse((wrong.content as { text: string }[])[0]!.text).error]).toEqual([
      true,
      "invalid_input",
    ]);
    const stranger = await connect(goldenShop(), {});
    const refused = await stranger.callTool({ name: "search_products", arguments: { query: "tea" } });
    expect([refused.isError, JSON.parse((refused.content as { text: string }[])[0]!.text).error]).toEqual([
      true,
      "unauthorized",
    ]);
    await Promise.all([client.close(), stranger.close()]);
  });

  it("marks what is dangerous, and keeps an argument that is called session_id", async () => {
    const client = await connect(awkwardSite(), { Authorization: "Bearer alice" });
    const { tools } = await client.listTools();
    expect(tools.find(({ name }) => name === "old")!.annotations).toMatchObject({
      destructiveHint: true,
      idempotentHint: true,
    });
    const started = await client.callTool({ name: "f__start", arguments: {} });
    const { session_id } = started.structuredContent as { session_id: string };
    const gone = await client.callTool({
      name: "f__go",
      arguments: { flow_session_id: session_id, session_id: "mine" },
    });
    expect(gone.structuredContent).toMatchObject({ result: { name: "mine" }, flow_complete: true });
    await client.close();
  });
});
