import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { toNodeHandler } from "@agentgate/site/node";
import { afterAll, beforeAll, expect, test } from "vitest";
import { demoKey, foodpandaSite } from "../examples/foodpanda/site.ts";
import { mcpCalls } from "../packages/gateway/src/mcp/testing/mcp-calls.ts";
import { startTestGateway, type TestGateway } from "../packages/gateway/src/testing/index.ts";

/** A website ordered from by a client that speaks MCP, over the gateway that calls it as an agent. */
let gate: TestGateway;
let url: string;
let shop: Server;
let agent: any;
let org: { id: string; key: string };
beforeAll(async () => {
  gate = await startTestGateway("sqlite", { publicUrl: "http://gate.test" });
  url = gate.url;
  let handle: ReturnType<typeof toNodeHandler>;
  shop = createServer((request, response) => handle(request, response));
  await new Promise<void>((resolve) => shop.listen(0, "127.0.0.1", resolve));
  const at = `http://127.0.0.1:${(shop.address() as AddressInfo).port}`;
  handle = toNodeHandler(foodpandaSite(undefined, at));
  const { skills } = (await gate.call("POST", "/agents/preview", { url: at })).body;
  const free = Object.fromEntries(skills.map(({ id }: any) => [id, 0]));
  agent = await gate.register({ url: at, prices: { ...free, order_food__place_order: 0.05 }, price_per_task: 0.05 });
  await gate.call("PUT", `/agents/${agent.id}/credentials`, { type: "header", name: "X-API-Key", value: demoKey });
  org = await gate.createOrg("Hungry");
  await gate.call("POST", `/orgs/${org.id}/topup`, { amount: 5 });
});
afterAll(async () => {
  await gate.close();
  shop.closeAllConnections();
  shop.close();
});

const mcp = mcpCalls(() => url);
const order = async (name: string, args: object) => {
  const { frame } = await mcp.call(
    `/agents/${agent.id}/mcp`,
    "tools/call",
    { name, arguments: args },
    { key: org.key },
  );
  expect(frame.result?.isError, JSON.stringify(frame)).toBeUndefined();
  return frame.result.structuredContent;
};

test("the site's calls are tools, with its schemas", async () => {
  const { frame } = await mcp.call(`/agents/${agent.id}/mcp`, "tools/list", {}, { key: org.key });
  const tools = new Map<string, any>(frame.result.tools.map((tool: any) => [tool.name, tool]));
  expect([...tools.keys()].sort()).toEqual(agent.skills.map(({ id }: any) => id).sort());
  const step = tools.get("order_food__add_dish");
  expect(step.inputSchema).toMatchObject({
    type: "object",
    required: expect.arrayContaining(["session_id", "dish_id"]),
  });
  expect(step.outputSchema).toMatchObject({ type: "object" });
});

test("a meal is ordered and tracked, and the order alone is paid for", async () => {
  const dishes = await order("search_dishes", { query: "ramen" });
  expect(dishes.map(({ id }: any) => id)).toContain("ramen-shoyu");
  const { session_id } = await order("order_food__start", {});
  await order("order_food__add_dish", { session_id, dish_id: "ramen-shoyu", portions: 2 });
  const quote = await order("order_food__set_delivery", { session_id, street: "Torstraße 1", postal_code: "10119" });
  const placed = await order("order_food__place_order", { session_id, accepted_total: quote.result.total });
  expect(placed).toMatchObject({ result: { total: 32.7 }, flow_complete: true });
  const { tracking_id } = await order("track_order__initiate", { order_id: placed.result.order_id });
  expect(await order("track_order__get_status", { tracking_id })).toMatchObject({ status: "cooking" });
  const wallet = (await gate.call("GET", `/orgs/${org.id}/wallet`, undefined, org.key)).body;
  expect(wallet).toMatchObject({ balance: 4.95, held: 0 });
});

test("arguments that do not fit are told to the model, with where they do not, before the site is asked", async () => {
  const given = { name: "order_food__add_dish", arguments: { session_id: "x", dish_id: 7 } };
  const { frame } = await mcp.call(`/agents/${agent.id}/mcp`, "tools/call", given, { key: org.key });
  expect(frame.result).toMatchObject({ isError: true });
  expect(JSON.stringify(frame.result)).toMatch(/dish_id/);
});
