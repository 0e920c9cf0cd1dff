import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { testEngines } from "../storage/testing/index.ts";
import { startAgent, startTestGateway, type TestAgent, type TestGateway } from "../testing/index.ts";
import { officialFaults } from "./testing/official-schemas.ts";

describe.each(testEngines())("the catalog on %s", (engine) => {
  let gate: TestGateway;
  let agent: TestAgent;
  const ids: Record<string, string> = {};
  beforeAll(async () => {
    gate = await startTestGateway(engine);
    agent = await startAgent();
    const org = await gate.createOrg("Seller", { tier: "enterprise" });
    const add = async (name: string, price: number, more: object = {}) => {
      ids[name] = (await gate.register({ name, url: agent.url, price_per_task: price, ...more }, org.key)).id;
    };
    await add("Free", 0);
    await add("Locked", 1, { agent_api_key: "its-own-key" });
    await add("Legal translator", 0.25, { tags: ["translate", "law"], description: "Turns contracts into French" });
    await add("Poet", 0.01, { skills: [{ id: "verse", name: "Writes verses" }], tags: ["Writing"] });
    await add("Sub-cent", 0.0025);
    await add("Tiny", 0.00015);
    const gone = await startAgent();
    await gone.close();
    await add("Down", 2, { url: gone.url });
    await gate.call("POST", `/agents/${ids.Poet}/reviews`, { rating: 4 });
    const isDown = async () => (await gate.call("GET", `/agents/${ids.Down}/health`)).body.status === "unhealthy";
    await vi.waitUntil(isDown, { timeout: 90_000 });
  });
  afterAll(async () => {
    await gate.close();
    await agent.close();
  });

  const post = (path: string, body: unknown) => gate.call("POST", `/ucp/v1/catalog/${path}`, body, null);
  const search = async (body: object) => {
    const answer = await post("search", body);
    expect([answer.status, officialFaults("search", answer.body)]).toEqual([200, ""]);
    return answer.body;
  };
  const titles = ({ products }: any) => products.map(({ title }: any) => title);

  test("has what anyone may buy, newest first, at prices that are exact", async () => {
    const found = await search({ filters: {} });
    expect(titles(found)).toEqual(["Down", "Sub-cent", "Poet", "Legal translator"]);
    expect(found.pagination).toEqual({ has_next_page: false });
    expect(found.ucp).toEqual({
      version: "2026-08-25",
      status: "success",
      capabilities: { "dev.ucp.shopping.catalog.search": [{ version: "2026-08-25" }] },
    });
    const [down, pack, poet, translator] = found.products;
    expect(translator).toMatchObject({
      id: `agent_${ids["Legal translator"]}`,
      description: { plain: "Turns contracts into French" },
      categories: expect.arrayContaining([{ value: "ai_agent", taxonomy: "merchant" }]),
      price_range: { min: { amount: 25, currency: "USD" }, max: { amount: 25, currency: "USD" } },
      variants: [{ id: `agent_${ids["Legal translator"]}:task`, price: { amount: 25 }, seller: { name: "Seller" } }],
    });
    expect(pack.variants).toMatchObject([
      { id: `agent_${ids["Sub-cent"]}:pack_4`, price: { amount: 1 }, metadata: { tasks: 4 } },
    ]);
    expect(poet.rating).toEqual({ value: 4, scale_max: 5, count: 1 });
    expect(down.variants[0].availability).toEqual({ available: false, status: "out_of_stock" });
    expect(poet.variants[0].availability).toEqual({ available: true, status: "in_stock" });
  });

  test.each<[object, string[]]>([
    [{ query: "FRENCH contracts" }, ["Legal translator"]],
    [{ query: "verses" }, ["Poet"]],
    [{ query: "nothing like it" }, []],
    [{ query: "%_" }, []],
    [{ filters: { categories: ["law", "writing"] } }, ["Poet", "Legal translator"]],
    [{ filters: { categories: ["ai_agent"] } }, ["Down", "Sub-cent", "Poet", "Legal translator"]],
    [{ filters: { price: { min: 2, max: 100 } } }, ["Legal translator"]],
    [{ filters: { price: { max: 1 } } }, ["Sub-cent", "Poet"]],
    [{ filters: { price: { min: Number.MAX_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER } } }, []],
  ])("%j finds %j", async (body, expected) => {
    expect(titles(await search(body))).toEqual(expected);
  });

  test("goes on page by page, and what was there at the start comes once", async () => {
    const seen: string[] = [];
    for (let cursor: string | undefined; ; ) {
      const { products, pagination } = await search({
        filters: {},
        pagination: { limit: 1, ...(cursor && { cursor }) },
      });
      seen.push(...titles({ products }));
      if (!pagination.has_next_page) break;
      cursor = pagination.cursor;
    }
    expect(seen).toEqual(["Down", "Sub-cent", "Poet", "Legal translator"]);
  });

  test("looks up products and variants, and says what is not there", async () => {
    const poet = `agent_${ids.Poet}`;
    const asked = [
      poet,
      `${poet}:task`,
      `agent_${ids["Sub-cent"]}:task`,
      `agent_${ids.Locked}`,
      "x",
      `agent_${ids.Tiny}`,
    ];
    const { status, body } = await post("lookup", { ids: asked });
    expect([status, officialFaults("lookup", body)]).toEqual([200, ""]);
    expect(body.products).toHaveLength(1);
    expect(body.products[0].variants[0].inputs).toEqual([
      { id: poet, match: "featured" },
      { id: `${poet}:task`, match: "exact" },
    ]);
    expect(body.messages.map(({ code }: any) => code)).toEqual(Array(4).fill("not_found"));
  });

  test("gets one product, or says that there is none", async () => {
    for (const id of [`agent_${ids.Poet}`, `agent_${ids.Poet}:task`]) {
      const { status, body } = await post("product", { id });
      expect([status, officialFaults("product", body)]).toEqual([200, ""]);
      expect(body.product.title).toBe("Poet");
    }
    const { status, body } = await post("product", { id: `agent_${ids.Free}` });
    expect([status, officialFaults("error", body)]).toEqual([200, ""]);
    expect(body).toMatchObject({
      ucp: { status: "error" },
      messages: [{ type: "error", code: "not_found", severity: "unrecoverable" }],
    });
  });

  test.each<[string, unknown, number, string]>([
    ["search", {}, 422, "invalid_request"],
    ["search", { pagination: { limit: 3 } }, 422, "invalid_request"],
    ["search", { query: "a", pagination: { cursor: "%" } }, 422, "invalid_request"],
    ["search", { query: "a", pagination: { limit: 0 } }, 422, "invalid_request"],
    ["search", "{", 422, "invalid_request"],
    ["lookup", { ids: [] }, 422, "invalid_request"],
    ["lookup", { ids: Array.from({ length: 51 }, (_, n) => `agent_${n}`) }, 400, "request_too_large"],
    ["product", { id: 5 }, 422, "invalid_request"],
  ])("%s refuses %o in the protocol's words", async (path, body, status, code) => {
    const answer = await post(path, body);
    expect([answer.status, answer.body]).toEqual([status, { code, content: expect.any(String) }]);
  });

  test("a body that is no JSON, or too large, is refused in the same words", async () => {
    const send = async (body: string, type: string) => {
      const response = await fetch(`${gate.url}/ucp/v1/catalog/search`, {
        method: "POST",
        body,
        headers: { "content-type": type },
      });
      return [response.status, await response.json()];
    };
    expect(await send("x", "text/plain")).toEqual([
      415,
      { code: "unsupported_media_type", content: expect.any(String) },
    ]);
    const large = JSON.stringify({ query: "x".repeat(1_100_000) });
    expect(await send(large, "application/json")).toEqual([
      413,
      { code: "payload_too_large", content: expect.any(String) },
    ]);
  });
});
