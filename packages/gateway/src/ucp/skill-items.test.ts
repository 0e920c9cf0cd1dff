import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { startSdkServer, testTools } from "../mcp-servers/testing/sdk-server.ts";
import { lineOf, paying, type Shop, startShop, TASK } from "./testing/shop.ts";

const SKILL = "dev.agentgate/skill";
const SKILLS = [{ id: "sum", name: "Sum" }, { id: "Größe" }, { id: "free" }, { id: "plain" }];

let shop: Shop;
let id: string;
beforeAll(async () => {
  shop = await startShop("sqlite", { ucpWaitSeconds: 60 });
  id = await shop.sell("Clerk", 0.25, { skills: SKILLS, prices: { sum: 0.0025, Größe: 0.1, free: 0 } });
});
afterAll(() => shop.close());
beforeEach(() => void shop.agent.received.splice(0));

const message = (skill?: string) => ({
  ...{ role: "ROLE_USER", parts: [{ text: "hi" }] },
  ...(skill !== undefined && { metadata: { [SKILL]: skill } }),
});
const line = (item: string, skill?: string, quantity = 1) => ({
  item: { id: item },
  quantity,
  [TASK]: { message: message(skill) },
});
const create = (...lines: unknown[]) => shop.ucp("POST", "/checkout-sessions", { line_items: lines });
const told = () => shop.agent.received.map(({ headers }) => headers["x-agentgate-skill"]);

test("each skill with a price of its own is a variant of the agent", async () => {
  const { body } = await shop.ucp("POST", "/catalog/product", { id: `agent_${id}` });
  const variants = body.product.variants.map(({ id, title, price, metadata }: any) => [
    id,
    title,
    price.amount,
    metadata,
  ]);
  expect(variants).toEqual([
    [`agent_${id}:task`, "Clerk: one task", 25, { tasks: 1 }],
    [`agent_${id}:pack_4:sum`, "Clerk, Sum: 4 tasks", 1, { tasks: 4, skill: "sum" }],
    [
      expect.stringMatching(/^agent_[\w-]+:task:-[0-9a-f]{16}$/),
      "Clerk, Größe: one task",
      10,
      { tasks: 1, skill: "Größe" },
    ],
  ]);
  expect(body.product.price_range).toEqual({
    min: { amount: 1, currency: "USD" },
    max: { amount: 25, currency: "USD" },
  });
  const found = await shop.ucp("POST", "/catalog/lookup", { ids: [variants[2][0], `agent_${id}:task:smu`] });
  expect(found.body.products[0].variants.map(({ id }: any) => id)).toEqual([variants[2][0]]);
  expect(found.body.messages).toHaveLength(1);
  const legacy = await shop.gate.call("GET", "/ucp/catalog");
  expect(legacy.body.products[0]).toMatchObject({
    price: { amount: 0.25 },
    prices: { sum: 0.0025, Größe: 0.1, free: 0 },
  });
});

test("a skill's item is paid at the skill's price, and the agent is told which it is", async () => {
  const before = await shop.wallet();
  const made = await create(line(`agent_${id}:pack_4:sum`), lineOf(id));
  expect(made.body).toMatchObject({ status: "ready_for_complete", totals: [{ amount: 26 }, { amount: 26 }] });
  const done = await shop.ucp("POST", `/checkout-sessions/${made.body.id}/complete`, paying(shop.buyer.id));
  expect(done.body.status).toBe("completed");
  expect(told().sort()).toEqual(["sum", "sum", "sum", "sum", undefined]);
  for (const { body, headers } of shop.agent.received) {
    expect(JSON.parse(body).message.metadata?.[SKILL]).toBe(headers["x-agentgate-skill"]);
  }
  expect(((await shop.wallet()).balance - before.balance).toFixed(6)).toBe("-0.260000");
});

test.each<[string, string, RegExp]>([
  ["task", "sum", /buy the item agent_.*:pack_4:sum/],
  ["task", "smu", /no skill smu; it has sum/],
  ["task", "free", /not sold by checkouts/],
  ["pack_4:sum", "plain", /this item is of the skill sum/],
])("the item %s with a message that names the skill %s is refused", async (item, skill, sentence) => {
  const { body } = await create(line(`agent_${id}:${item}`, skill));
  expect(body.messages).toMatchObject([{ code: "task_input_invalid", content: expect.stringMatching(sentence) }]);
});

test("a message may name a skill without a price of its own", async () => {
  const made = await create(line(`agent_${id}:task`, "plain"));
  await shop.ucp("POST", `/checkout-sessions/${made.body.id}/complete`, paying(shop.buyer.id));
  expect(told()).toEqual(["plain"]);
});

test("the simple calls go by the task's message", async () => {
  const checkout = (skill?: string) =>
    shop.gate.call("POST", "/ucp/checkout", { agent_id: id, task: { message: message(skill) } }, shop.buyer.key);
  const { body } = await checkout("sum");
  expect(body).toMatchObject({ amount: 0.0025, agent_name: "Clerk, Sum", status: "pending" });
  const before = await shop.wallet();
  const done = await shop.gate.call("POST", `/ucp/checkout/${body.session_id}/complete`, undefined, shop.buyer.key);
  expect(done.body).toMatchObject({ status: "completed", amount: 0.0025 });
  expect([told(), ((await shop.wallet()).balance - before.balance).toFixed(6)]).toEqual([["sum"], "-0.002500"]);
  expect((await checkout()).body.amount).toBe(0.25);
  expect(await checkout("smu")).toMatchObject({ status: 422, body: { code: "unknown_skill" } });
  expect(await checkout("free")).toMatchObject({ status: 400, body: { detail: expect.stringMatching(/free/) } });
});

test("a tool of an MCP server is bought at its own price, on either face, and nothing else is done for it", async () => {
  const server = await startSdkServer(testTools());
  const tools = { include: ["add", "fail"], prices: { add: "0.05" } };
  const sold = await shop.gate.register(
    { name: "Abacus", protocol: "mcp", url: server.url, tools, price_per_task: "0.20" },
    shop.seller.key,
  );
  const { body: found } = await shop.ucp("POST", "/catalog/product", { id: `agent_${sold.id}` });
  expect(found.product.variants.map(({ id, price }: any) => [id, price.amount])).toEqual([
    [`agent_${sold.id}:task`, 20],
    [`agent_${sold.id}:task:add`, 5],
  ]);
  const calling = (tool: string, args: object) => ({ role: "ROLE_USER", parts: [{ data: { tool, arguments: args } }] });
  const item = (name: string, message: object) => ({
    ...{ item: { id: `agent_${sold.id}:${name}` }, quantity: 1 },
    [TASK]: { message },
  });
  const before = await shop.wallet();
  const made = await create(item("task:add", calling("add", { a: 2, b: 3 })));
  expect(made.body).toMatchObject({ status: "ready_for_complete", totals: [{ amount: 5 }, { amount: 5 }] });
  const done = await shop.ucp("POST", `/checkout-sessions/${made.body.id}/complete`, paying(shop.buyer.id));
  expect(done.body).toMatchObject({ status: "completed", line_items: [{ [TASK]: { state: "completed" } }] });
  expect(JSON.stringify(done.body.line_items[0][TASK].result)).toContain('"sum":5');
  const order = await shop.ucp("GET", `/orders/${done.body.order.id}`);
  expect(order.body).toMatchObject({ line_items: [{ status: "fulfilled" }], totals: [{ amount: 5 }, { amount: 5 }] });

  const others = [item("task:add", calling("fail", {})), item("task", calling("add", { a: 1, b: 1 }))];
  const sentences = [/calls|this item is of the skill add/, /buy the item agent_.*:task:add/];
  for (const [at, line] of others.entries()) {
    const { body } = await create(line);
    expect(body.messages).toMatchObject([
      { code: "task_input_invalid", content: expect.stringMatching(sentences[at]!) },
    ]);
  }

  const task = { message: { parts: [{ type: "data", data: { tool: "add", arguments: { a: 4, b: 5 } } }] } };
  const two = { message: { ...task.message, metadata: { [SKILL]: "fail" } } };
  const torn = await shop.gate.call("POST", `/agents/${sold.id}/task`, two, shop.buyer.key);
  expect([torn.status, torn.body.detail[0].msg]).toEqual([422, expect.stringMatching(/skill fail, and calls add/)]);
  const session = await shop.gate.call("POST", "/ucp/checkout", { agent_id: sold.id, task }, shop.buyer.key);
  expect(session.body).toMatchObject({ amount: 0.05, status: "pending" });
  const path = `/ucp/checkout/${session.body.session_id}/complete`;
  const paid = await shop.gate.call("POST", path, undefined, shop.buyer.key);
  expect(paid.body).toMatchObject({ status: "completed", amount: 0.05, transaction_id: expect.any(String) });
  expect(((await shop.wallet()).balance - before.balance).toFixed(6)).toBe("-0.100000");
  await server.close();
});
