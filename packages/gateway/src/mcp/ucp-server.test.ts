import { afterAll, beforeAll, expect, test } from "vitest";
import { officialFaults } from "../ucp/testing/official-schemas.ts";
import { type Platform, startPlatform } from "../ucp/testing/platform.ts";
import { lineOf, paying, type Shop, startShop, TASK } from "../ucp/testing/shop.ts";
import { mcpCalls, modernRequest } from "./testing/mcp-calls.ts";

/** The shop as an MCP server: from a search to an order, in the words of the shop's own binding. */

let shop: Shop;
let platform: Platform;
let agentId: string;
beforeAll(async () => {
  shop = await startShop("sqlite", { ucpWaitSeconds: 60 });
  platform = await startPlatform();
  platform.serves({ body: platform.profile("2026-04-08") });
  agentId = await shop.sell("Echo", 0.25);
});
afterAll(async () => {
  await shop.close();
  await platform.close();
});

const { call } = mcpCalls(() => shop.gate.url);
const ask = async (name: string, args: object, meta: object = {}, key: string | undefined = shop.buyer.key) => {
  const given = { meta: { "ucp-agent": { profile: platform.url }, ...meta }, ...args };
  return call("/ucp/mcp", "tools/call", { name, arguments: given }, { ...(key !== undefined && { key }) });
};
const once = (key: string) => ({ "idempotency-key": `00000000-0000-4000-8000-00000000000${key}` });

test("has the shop's operations as its tools", async () => {
  const { frame } = await call("/ucp/mcp", "tools/list");
  expect(frame.result.tools.map(({ name }: any) => name)).toEqual(
    [
      ...["cancel_checkout", "complete_checkout", "create_checkout", "get_checkout", "get_order"],
      ...["get_product", "lookup_catalog", "search_catalog", "update_checkout"],
    ].sort(),
  );
  expect(frame.result.cacheScope).toBe("public");
});

test("sells a task, and tells the order", async () => {
  const found = await ask("search_catalog", { catalog: { query: "Echo" } });
  const { structuredContent: products } = found.frame.result;
  expect(officialFaults("search", products)).toBe("");
  expect(products.products[0].id).toBe(`agent_${agentId}`);
  const made = await ask("create_checkout", { checkout: { line_items: [lineOf(agentId)] } });
  const checkout = made.frame.result.structuredContent;
  expect(officialFaults("checkout", checkout)).toBe("");
  const { id } = checkout;
  const before = (await shop.wallet()).balance;
  const complete = () => ask("complete_checkout", { id, checkout: paying(shop.buyer.id) }, once("1"));
  const done = (await complete()).frame.result.structuredContent;
  expect(done.status).toBe("completed");
  expect((await complete()).frame.result.structuredContent).toEqual(done);
  expect((await shop.wallet()).balance).toBeCloseTo(before - 0.25, 6);
  const order = (await ask("get_order", { id: done.order.id })).frame.result.structuredContent;
  expect(officialFaults("order", order)).toBe("");
  expect(JSON.stringify(order.line_items[0][TASK])).toContain("Echo: Hello!");
  expect(JSON.parse((await ask("get_checkout", { id })).frame.result.content[0].text).id).toBe(id);
});

test("what is not there is an answer, as over REST", async () => {
  const { structuredContent } = (await ask("get_checkout", { id: "none" })).frame.result;
  expect(structuredContent).toMatchObject({ ucp: { status: "error" }, messages: [{ code: "not_found" }] });
  const half = (await ask("get_order", { id: "\ud800" })).frame.result.structuredContent;
  expect(half).toMatchObject({ messages: [{ code: "not_found" }] });
});

test("a platform signs what it sends here, and it is verified by the keys of the profile that it names", async () => {
  const strict = await shop.gate.another({ ucpSignatures: "required" });
  const url = `${strict.url}/ucp/mcp`;
  const given = { id: "none", meta: { "ucp-agent": { profile: platform.url } } };
  const modern = modernRequest("tools/call", { name: "get_checkout", arguments: given });
  const body = JSON.stringify(modern.body);
  const { raw } = mcpCalls(() => strict.url);
  const send = async (headers: Record<string, string> = {}, text = body) => {
    const { status, frame } = await raw("/ucp/mcp", text, { ...modern.headers, ...headers });
    return [status, frame.error?.code ?? frame.result.structuredContent.messages[0].code, frame.error?.data?.code];
  };
  const signed = platform.sign({ method: "POST", url, body });
  expect(await send(signed)).toEqual([200, "not_found", undefined]);
  expect(await send()).toEqual([401, -32000, "signature_missing"]);
  expect(await send({ "agentgate-ucp-pass": crypto.randomUUID() })).toEqual([401, -32000, "signature_missing"]);
  expect(await send(signed, body.replace("none", "other"))).toEqual([400, -32600, "digest_mismatch"]);
  const elsewhere = platform.sign({ method: "POST", url: `${strict.url}/ucp/v1/orders/none`, body });
  expect(await send(elsewhere)).toEqual([401, -32000, "signature_invalid"]);
  const unknown = platform.sign({ method: "POST", url, body, kid: "another" });
  expect(await send(unknown)).toEqual([401, -32000, "key_not_found"]);
});

test("errors of the protocol have its codes and statuses", async () => {
  const id = "none";
  const cases = [
    [await ask("get_order", { id }, {}, "nobodys-key"), 401, -32000],
    [await call("/ucp/mcp", "tools/call", { name: "get_order", arguments: { id } }), 400, -32602],
    [await ask("complete_checkout", { id, checkout: {} }), 400, -32602],
    [await ask("get_checkout", { id }, { "ucp-agent": { profile: 'not "an" address' } }), 400, -32001],
    [await ask("get_checkout", { id }, { "ucp-agent": { profile: "https://" } }), 400, -32001],
    [await ask("lookup_catalog", { catalog: { ids: Array.from({ length: 60 }, (_, n) => `a${n}`) } }), 400, -32602],
    [await ask("create_cart", { cart: {} }), 200, -32602],
    [await ask("get_order", { id: ".." }), 400, -32602],
    [await ask("get_order", { id: "" }), 400, -32602],
    [await ask("get_order", { id, "\ud800": 1, meta: undefined }), 400, -32602],
    [await ask("get_order", { id: 5, ["a".repeat(300)]: 1 }), 400, -32602],
  ] as const;
  for (const [{ status, frame }, expected, code] of cases)
    expect([status, frame.error?.code]).toEqual([expected, code]);
  const reused = { checkout: { line_items: [lineOf(agentId)] } };
  await ask("create_checkout", reused, once("2"));
  const other = { checkout: { line_items: [lineOf(agentId), lineOf(agentId)] } };
  const clash = await ask("create_checkout", other, once("2"));
  expect([clash.status, clash.frame.error.code, clash.frame.error.data.code]).toEqual([
    409,
    -32000,
    "idempotency_key_reused",
  ]);
});
