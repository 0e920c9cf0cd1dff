import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { testEngines } from "../storage/testing/index.ts";
import { echo, startAgent, startTestGateway, textTask } from "../testing/index.ts";
import { Browser } from "../web/testing/browser.ts";
import { lineOf, paying, type Shop, startShop } from "./testing/shop.ts";

describe.each(testEngines())("what an organization buys, as it looks at it, on %s", (engine) => {
  let shop: Shop;
  let agentId: string;
  beforeAll(async () => {
    shop = await startShop(engine, { ucpWaitSeconds: 60 });
    agentId = await shop.sell("Echo", 0.25);
  });
  afterAll(() => shop.close());

  const own = (path: string) => `/orgs/${shop.buyer.id}${path}`;
  const get = async (path: string, key = shop.buyer.key) => shop.gate.call("GET", own(path), undefined, key);
  const create = async (lines: unknown[] = [lineOf(agentId)]) =>
    (await shop.ucp("POST", "/checkout-sessions", { line_items: lines })).body.id as string;
  const complete = (id: string) => shop.ucp("POST", `/checkout-sessions/${id}/complete`, paying(shop.buyer.id));

  test("checkouts are listed page by page, with their money, and without what their agents are to do", async () => {
    const secret = "x".repeat(20_000);
    const made = [
      await create(),
      await create([lineOf(agentId, secret, 3)]),
      await create([{ item: { id: `agent_${agentId}:task` }, quantity: 1 }]),
    ];
    const pages: any[] = [];
    for (let before = ""; ; ) {
      const { status, body } = await get(`/checkouts?limit=1${before}`);
      expect(status).toBe(200);
      pages.push(body);
      if (body.next === null) break;
      before = `&before=${body.next}`;
    }
    const listed = pages.flatMap(({ entries }) => entries);
    expect(listed.map(({ id }) => id)).toEqual(made.toReversed());
    expect(pages.every(({ entries }) => entries.length === 1)).toBe(true);
    expect(listed[1]).toMatchObject({
      state: "open",
      order_id: null,
      total: 0.75,
      failure: null,
      lines: [{ agent_id: agentId, title: "Echo: one task", quantity: 3, tasks: 1, price_per_task: 0.25, total: 0.75 }],
    });
    expect(JSON.stringify(listed)).not.toContain("xxx");
    const { body } = await get(`/checkouts/${made[2]}`);
    expect(body.messages).toMatchObject([{ type: "error", code: "task_input_required" }]);
  });

  test("an order tells its tasks, what was charged for them and what was not, and leads to the calls", async () => {
    let calls = 0;
    shop.does((task, response, request) => {
      if (++calls !== 2) return echo(task, response, request);
      response.writeHead(500).end();
    });
    const checkout = await create([lineOf(agentId, "Hello!", 3)]);
    await complete(checkout);
    shop.does(echo);
    const [order] = (await get("/orders")).body.entries;
    expect(order).toMatchObject({
      checkout_id: checkout,
      state: "partial",
      tasks: { waiting: 0, done: 2, failed: 1 },
      ...{ total: 0.75, charged: 0.5, not_charged: 0.25 },
    });
    const { body } = await get(`/orders/${order.id}`);
    expect(body).toMatchObject(order);
    expect(body.runs.map(({ state }: any) => state).sort()).toEqual(["done", "done", "failed"]);
    for (const { state, transaction_id, call_id, error } of body.runs) {
      if (state === "failed") {
        expect([transaction_id, call_id, error]).toEqual([
          null,
          null,
          expect.objectContaining({ code: expect.any(String) }),
        ]);
      } else {
        expect((await shop.gate.call("GET", `/logs/${call_id}`, undefined, shop.buyer.key)).body).toMatchObject({
          transaction_id,
        });
      }
    }
    expect((await get(`/checkouts/${checkout}`)).body).toMatchObject({ state: "completed", order_id: order.id });
  });

  test("why nothing came of an attempt is told until it is tried again, also of one that is canceled then", async () => {
    shop.does((_task, response) => response.writeHead(500).end("no"));
    const id = await create();
    await complete(id);
    shop.does(echo);
    const failure = { code: "task_failed", content: expect.stringMatching(/returned error: no\. Nothing was charged/) };
    const listed = (await get("/checkouts")).body.entries.find((one: any) => one.id === id);
    expect(listed).toMatchObject({ state: "open", failure });
    expect((await get(`/checkouts/${id}`)).body.failure).toEqual(failure);
    const { body } = await shop.gate.call("POST", own(`/checkouts/${id}/cancel`), undefined, shop.buyer.key);
    expect(body).toMatchObject({ state: "canceled", failure, messages: [] });
  });

  test("what is open is canceled; what is over is not, and says so", async () => {
    const id = await create();
    const cancel = () => shop.gate.call("POST", own(`/checkouts/${id}/cancel`), undefined, shop.buyer.key);
    expect((await cancel()).body).toMatchObject({ id, state: "canceled", messages: [] });
    expect((await cancel()).status).toBe(200);
    const [done] = (await get("/orders")).body.entries;
    const late = await shop.gate.call("POST", own(`/checkouts/${done.checkout_id}/cancel`), undefined, shop.buyer.key);
    expect([late.status, late.body.detail]).toEqual([409, expect.stringContaining("completed and cannot be canceled")]);
  });

  test("nobody sees or cancels what is another's, whoever knows its id", async () => {
    const id = await create();
    const [order] = (await get("/orders")).body.entries;
    const offer = (await shop.ucp("POST", "/checkout-sessions", { line_items: [lineOf(agentId)] }, { key: null })).body
      .id;
    const sellers = (path: string, method = "GET") =>
      shop.gate.call(method, `/orgs/${shop.seller.id}${path}`, undefined, shop.seller.key);
    expect((await sellers("/checkouts")).body).toEqual({ entries: [], next: null });
    expect((await sellers("/orders")).body).toEqual({ entries: [], next: null });
    for (const [path, method] of [
      [`/checkouts/${id}`, "GET"],
      [`/checkouts/${offer}`, "GET"],
      [`/checkouts/${id}/cancel`, "POST"],
      [`/checkouts/${offer}/cancel`, "POST"],
      [`/orders/${order.id}`, "GET"],
    ] as const) {
      expect([path, (await sellers(path, method)).status]).toEqual([path, 404]);
      expect((await shop.gate.call(method, own(path), undefined, shop.seller.key)).status).toBe(403);
    }
    expect((await get(`/checkouts/${id}`)).body.state).toBe("open");
    // The admin looks at anybody's.
    expect((await shop.gate.call("GET", own(`/orders/${order.id}`))).body.id).toBe(order.id);
  });
});

test("a session cancels, where browsers reach the gateway", async () => {
  const gate = await startTestGateway("sqlite");
  const agent = await startAgent();
  const { id: orgId, key } = await gate.createOrg("Buyer");
  await gate.call("POST", `/orgs/${orgId}/topup`, { amount: 1 });
  const seller = await gate.createOrg("Seller");
  const { id: agent_id } = await gate.register({ name: "a", url: agent.url, price_per_task: 0.25 }, seller.key);
  const made = await gate.call("POST", "/ucp/checkout", { agent_id, task: textTask("x") }, key);
  expect(made.status, JSON.stringify(made.body)).toBe(200);
  const browser = await new Browser(gate).signIn(key);
  const { entries } = (await browser.get(`/orgs/${orgId}/checkouts`)).body;
  expect(entries.map(({ id }: any) => id)).toEqual([made.body.session_id]);
  const { status, body } = await browser.call("POST", `/orgs/${orgId}/checkouts/${entries[0].id}/cancel`);
  expect([status, body.state]).toEqual([200, "canceled"]);
  await gate.close();
  await agent.close();
});
