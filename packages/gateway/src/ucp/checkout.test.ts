import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { testEngines } from "../storage/testing/index.ts";
import { echo, type TestGateway } from "../testing/index.ts";
import { lineOf, paying, type Shop, startShop, TASK } from "./testing/shop.ts";

/** More than any task takes that is answered, on however busy a machine. */
const WAIT_SECONDS = 60;

describe.each(testEngines())("checkouts on %s", (engine) => {
  let shop: Shop;
  let other: TestGateway;
  let agentId: string;
  beforeAll(async () => {
    shop = await startShop(engine, { ucpWaitSeconds: WAIT_SECONDS });
    other = await shop.gate.another();
    agentId = await shop.sell("Echo", 0.25);
  });
  afterAll(() => shop.close());
  afterEach(async () => {
    shop.does(echo);
    expect((await shop.wallet()).held).toBe(0);
    expect((await shop.gate.call("GET", "/admin/ledger/verify")).body).toMatchObject({ ok: true });
  });

  const create = async (lines: unknown[] = [lineOf(agentId)], options = {}) =>
    shop.ucp("POST", "/checkout-sessions", { line_items: lines }, options);
  const complete = (id: string, options = {}) =>
    shop.ucp("POST", `/checkout-sessions/${id}/complete`, paying(shop.buyer.id), options);
  /** Completes one whose agent does not answer before the wait for it is over. */
  const completeLate = async (id: string) => {
    const calls = shop.agent.received.length;
    const placed = complete(id);
    await expect.poll(() => shop.agent.received.length, { timeout: 60_000 }).toBe(calls + 1);
    shop.gate.clock.skip(WAIT_SECONDS * 1_000);
    return placed;
  };
  const get = (id: string, options = {}) => shop.ucp("GET", `/checkout-sessions/${id}`, undefined, options);
  const codes = ({ messages }: any) => messages.map(({ code }: any) => code);

  test("from an item to the agent's answer: paid once, from the buyer's wallet to the seller's", async () => {
    const [before, sellers] = [await shop.wallet(), await shop.wallet(shop.seller)];
    const made = await create();
    expect(made.status).toBe(201);
    expect(made.body).toMatchObject({
      ucp: {
        version: "2026-08-25",
        status: "success",
        payment_handlers: { "com.example.gw.wallet": [{ id: "gw_wallet", config: { currency: "USD" } }] },
      },
      status: "ready_for_complete",
      currency: "USD",
      line_items: [{ item: { id: `agent_${agentId}:task`, title: "Echo: one task", price: 25 }, quantity: 1 }],
      totals: [
        { type: "subtotal", amount: 25 },
        { type: "total", amount: 25 },
      ],
      messages: [],
      payment: { instruments: [{ id: `wallet:${shop.buyer.id}`, display: { balance_minor: before.balance * 100 } }] },
    });
    const done = await complete(made.body.id);
    expect(done.body).toMatchObject({
      status: "completed",
      order: { permalink_url: expect.stringContaining("https://gw.example.com/ucp/v1/orders/") },
    });
    const told = done.body.line_items[0][TASK];
    expect(told).toMatchObject({
      state: "completed",
      result: { artifacts: [{ parts: [{ type: "text", text: "Echo: Hello!" }] }] },
      transaction_id: expect.any(String),
    });
    expect(await shop.wallet()).toMatchObject({ balance: before.balance - 0.25, held: 0 });
    expect((await shop.wallet(shop.seller)).balance).toBeCloseTo(sellers.balance + 0.25 * 0.98, 6);
    const [transaction] = (await shop.gate.call("GET", `/orgs/${shop.buyer.id}/transactions?limit=1`)).body;
    expect(transaction).toMatchObject({ id: told.transaction_id, amount: 0.25, tx_type: "ucp_checkout" });

    const { message: _, ...came } = told;
    const order = await shop.ucp("GET", `/orders/${done.body.order.id}`, undefined, { node: other });
    expect(order.body).toMatchObject({
      checkout_id: made.body.id,
      line_items: [{ status: "fulfilled", quantity: { original: 1, total: 1, fulfilled: 1 }, [TASK]: came }],
      fulfillment: { events: [{ type: "processing" }, { type: "delivered" }] },
      totals: [{ amount: 25 }, { amount: 25 }],
    });
    const result = await shop.ucp("GET", `/orders/${done.body.order.id}/results/0`);
    expect(result.body).toEqual(told.result);
    expect((await get(made.body.id, { node: other })).body).toEqual(done.body);
    expect((await complete(made.body.id)).body).toEqual(done.body);
    const month = new Date(shop.gate.clock.now()).toISOString().slice(0, 7);
    const statement = await shop.gate.call("GET", `/orgs/${shop.buyer.id}/statement?month=${month}`);
    expect(statement.body.reconciliation).toMatchObject({ reconciled: true });
  });

  test("the price is the one that was said, whatever the agent costs by now", async () => {
    const id = await shop.sell("Dearer soon", 1);
    const { body } = await create([lineOf(id)]);
    await shop.gate.call("PUT", `/agents/${id}`, { price_per_task: 5 });
    const changed = await shop.ucp("PUT", `/checkout-sessions/${body.id}`, {
      line_items: [{ ...lineOf(id, "Changed"), id: body.line_items[0].id }],
    });
    expect(changed.body.line_items[0]).toMatchObject({ id: body.line_items[0].id, item: { price: 100 } });
    const { balance } = await shop.wallet();
    const done = await complete(body.id);
    expect(done.body.line_items[0][TASK].result.artifacts[0].parts[0].text).toBe("Echo: Changed");
    expect((await shop.wallet()).balance).toBe(balance - 1);
    expect((await create([lineOf(id)])).body.totals[1].amount).toBe(500);
  });

  test("ten completions at once, on two nodes, call the agent once and charge once", async () => {
    const { body } = await create();
    const { balance } = await shop.wallet();
    const calls = shop.agent.received.length;
    shop.does((task, response, request) => setTimeout(() => echo(task, response, request), 150));
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, n) => complete(body.id, { node: n % 2 ? other : shop.gate })),
    );
    expect(new Set(answers.map(({ body }) => body.order?.id)).size).toBe(1);
    for (const answer of answers) expect(answer.body.status).toBe("completed");
    expect(shop.agent.received.length).toBe(calls + 1);
    expect((await shop.wallet()).balance).toBe(balance - 0.25);
  });

  test("an agent that fails costs nothing, and the checkout can be completed again", async () => {
    const { body } = await create();
    const { balance } = await shop.wallet();
    shop.does((_task, response) => response.writeHead(500).end("no"));
    const failed = await complete(body.id);
    expect(failed.body).toMatchObject({
      status: "ready_for_complete",
      messages: [{ type: "error", code: "task_failed", severity: "recoverable" }],
    });
    expect(failed.body).not.toHaveProperty("order");
    expect(await shop.wallet()).toMatchObject({ balance, held: 0 });
    shop.does(echo);
    expect((await complete(body.id)).body).toMatchObject({ status: "completed", messages: [] });
    expect((await shop.wallet()).balance).toBe(balance - 0.25);
  });

  test("who hangs up changes nothing: the task is done, and paid", async () => {
    const { body } = await create();
    const { balance } = await shop.wallet();
    shop.does((task, response, request) => setTimeout(() => echo(task, response, request), 300));
    const calls = shop.agent.received.length;
    const leaving = new AbortController();
    const left = fetch(`${shop.gate.url}/ucp/v1/checkout-sessions/${body.id}/complete`, {
      method: "POST",
      body: JSON.stringify(paying(shop.buyer.id)),
      headers: { authorization: `Bearer ${shop.buyer.key}`, "content-type": "application/json" },
      signal: leaving.signal,
    }).catch(() => {});
    await expect.poll(() => shop.agent.received.length).toBe(calls + 1);
    leaving.abort();
    await left;
    await expect.poll(async () => (await get(body.id)).body.status).toBe("completed");
    expect((await shop.wallet()).balance).toBe(balance - 0.25);
  });

  test("a task that takes longer is an order that goes on; what comes of it is told there", async () => {
    const { body } = await create();
    const { balance } = await shop.wallet();
    let answer = () => {};
    shop.does((task, response, request) => {
      answer = () => echo(task, response, request);
    });
    const placed = await completeLate(body.id);
    expect(placed.body).toMatchObject({ status: "completed", line_items: [{ [TASK]: { state: "working" } }] });
    const order = async () => (await shop.ucp("GET", `/orders/${placed.body.order.id}`)).body;
    expect((await order()).line_items[0]).toMatchObject({ status: "processing", quantity: { total: 1, fulfilled: 0 } });
    expect(await shop.wallet()).toMatchObject({ held: 0.25 });
    answer();
    await expect.poll(async () => (await order()).line_items[0].status).toBe("fulfilled");
    expect(await shop.wallet()).toMatchObject({ balance: balance - 0.25, held: 0 });
  });

  test("one that fails late is canceled with an adjustment, and the checkout can be completed once more", async () => {
    const { body } = await create();
    const { balance } = await shop.wallet();
    let fail = () => {};
    shop.does((_task, response) => {
      fail = () => response.writeHead(503).end();
    });
    const placed = await completeLate(body.id);
    fail();
    const order = async (id: string) => (await shop.ucp("GET", `/orders/${id}`)).body;
    await expect.poll(async () => (await order(placed.body.order.id)).line_items[0].status).toBe("removed");
    expect(await order(placed.body.order.id)).toMatchObject({
      line_items: [{ quantity: { original: 1, total: 0, fulfilled: 0 }, [TASK]: { state: "failed" } }],
      fulfillment: { events: [{ type: "processing" }, { type: "failed_attempt" }] },
      adjustments: [{ type: "cancellation", status: "completed", totals: [{ type: "total", amount: -25 }] }],
      totals: [{ amount: 0 }, { amount: 0 }],
    });
    expect(await shop.wallet()).toMatchObject({ balance, held: 0 });
    shop.does(echo);
    const again = await complete(body.id);
    expect(again.body.order.id).not.toBe(placed.body.order.id);
    expect((await order(again.body.order.id)).line_items[0].status).toBe("fulfilled");
    expect((await shop.wallet()).balance).toBe(balance - 0.25);
  });

  test("several lines, and several tasks of one: each is done and paid by itself", async () => {
    const cheap = await shop.sell("Sub-cent", 0.0025);
    const { balance } = await shop.wallet();
    const pack = {
      ...lineOf(cheap, undefined, 1, "pack_4"),
      [TASK]: { messages: ["one", "two", { parts: [{ type: "text", text: "three" }] }, "four"] },
    };
    const { body } = await create([lineOf(agentId, "same", 3), pack]);
    expect(body.totals[1].amount).toBe(76);
    const failing = new Set(["two"]);
    shop.does((task, response, request) => {
      const { text } = JSON.parse(task.body).message.parts[0];
      if (failing.has(text)) response.writeHead(500).end();
      else echo(task, response, request);
    });
    const done = await complete(body.id);
    const order = (await shop.ucp("GET", `/orders/${done.body.order.id}`)).body;
    expect(order.line_items[0]).toMatchObject({ status: "fulfilled", quantity: { total: 3, fulfilled: 3 } });
    expect(order.line_items[0][TASK].runs).toHaveLength(3);
    const texts = order.line_items[1][TASK].runs.map(({ result }: any) => result?.artifacts[0].parts[0].text);
    expect(texts).toEqual(["Echo: one", undefined, "Echo: three", "Echo: four"]);
    expect(order.line_items[1]).toMatchObject({ status: "fulfilled" });
    expect(order.adjustments).toMatchObject([
      { description: expect.stringContaining("0.0025"), totals: [{ amount: 0 }] },
    ]);
    expect((await shop.wallet()).balance).toBeCloseTo(balance - 0.75 - 0.0075, 6);
  });

  test("a limit makes tasks wait, and fails none", async () => {
    const few = await shop.gate.createOrg(`Few ${crypto.randomUUID()}`, { rate_limit: 20, rate_burst: 1 });
    await shop.gate.call("POST", `/orgs/${few.id}/topup`, { amount: 1 });
    const { body } = await create([lineOf(agentId, "x", 2)], { key: few.key });
    const done = await shop.ucp("POST", `/checkout-sessions/${body.id}/complete`, paying(few.id), { key: few.key });
    const order = async () =>
      (await shop.ucp("GET", `/orders/${done.body.order.id}`, undefined, { key: few.key })).body;
    await expect.poll(async () => (await order()).line_items[0].status, { timeout: 60_000 }).toBe("fulfilled");
    expect(await shop.wallet(few)).toMatchObject({ balance: 0.5, held: 0 });
  });

  test("a node that is stopped in the middle leaves the rest to another", async () => {
    const leaving = await shop.gate.another();
    // Its background work takes up what others leave.
    await other.gateway.start();
    const { balance } = await shop.wallet();
    const { body } = await create();
    const calls = shop.agent.received.length;
    shop.does(() => {});
    const left = complete(body.id, { node: leaving }).catch(() => {});
    await expect.poll(() => shop.agent.received.length).toBe(calls + 1);
    await leaving.gateway.close(0);
    await left;
    expect((await get(body.id)).body.status).toBe("complete_in_progress");
    shop.does(echo);
    shop.gate.clock.skip(3_000);
    await expect.poll(async () => (await get(body.id)).body.status, { timeout: 60_000 }).toBe("completed");
    expect(await shop.wallet()).toMatchObject({ balance: balance - 0.25, held: 0 });
  });

  test("what it lacks is said, and nothing is done before it is there", async () => {
    const poor = await shop.gate.createOrg(`Poor ${crypto.randomUUID()}`);
    const calls = shop.agent.received.length;
    const lacking = await create([{ item: { id: `agent_${agentId}` }, quantity: 1 }], { key: poor.key });
    expect(lacking.body).toMatchObject({ status: "incomplete" });
    expect(codes(lacking.body)).toEqual(["task_input_required", "insufficient_funds"]);
    expect(lacking.body.messages[0].path).toBe(`$.line_items[0]['${TASK}']`);
    const { id } = lacking.body;
    const pay = () => shop.ucp("POST", `/checkout-sessions/${id}/complete`, paying(poor.id), { key: poor.key });
    expect((await pay()).body.status).toBe("incomplete");
    await shop.ucp("PUT", `/checkout-sessions/${id}`, { line_items: [lineOf(agentId)] }, { key: poor.key });
    expect(codes((await pay()).body)).toEqual(["insufficient_funds"]);
    expect(shop.agent.received.length).toBe(calls);
    await shop.gate.call("POST", `/orgs/${poor.id}/topup`, { amount: 1 });
    expect((await pay()).body.status).toBe("completed");
  });

  test("a checkout is its owner's; an offer without one is taken over by who completes it", async () => {
    const { body } = await create();
    const stranger = await shop.gate.createOrg(`Stranger ${crypto.randomUUID()}`);
    for (const key of [stranger.key, null]) {
      for (const answer of [
        await get(body.id, { key }),
        await shop.ucp("PUT", `/checkout-sessions/${body.id}`, { line_items: [lineOf(agentId)] }, { key }),
        await complete(body.id, { key }),
        await shop.ucp("POST", `/checkout-sessions/${body.id}/cancel`, undefined, { key }),
      ]) {
        expect(answer.status).toBe(200);
        expect(answer.body).toMatchObject({ ucp: { status: "error" }, messages: [{ code: "not_found" }] });
      }
    }
    const offer = await create(undefined, { key: null });
    expect([offer.status, codes(offer.body)]).toEqual([201, ["identity_required"]]);
    expect(offer.body).not.toHaveProperty("payment");
    const refused = await complete(offer.body.id, { key: null });
    expect([refused.status, refused.body.code]).toEqual([401, "unauthenticated"]);
    expect((await get(offer.body.id, { key: "nobody's" })).status).toBe(401);
    const done = await complete(offer.body.id);
    expect(done.body.status).toBe("completed");
    expect((await get(offer.body.id, { key: null })).body.ucp.status).toBe("error");
    const order = `/orders/${done.body.order.id}`;
    expect((await shop.ucp("GET", order, undefined, { key: stranger.key })).body.ucp.status).toBe("error");
    expect((await shop.ucp("GET", order, undefined, { key: null })).status).toBe(401);
    const withHeader = await shop.ucp("GET", order, undefined, { key: null, headers: { "x-api-key": shop.buyer.key } });
    expect(withHeader.body.id).toBe(done.body.order.id);
  });

  test("only the payer's own wallet pays", async () => {
    const { body } = await create();
    const calls = shop.agent.received.length;
    const own = { id: `wallet:${shop.buyer.id}`, handler_id: "gw_wallet", type: "wallet_balance" };
    for (const wrong of [{ id: `wallet:${shop.seller.id}` }, { handler_id: "card" }, { type: "card" }]) {
      const payment = { instruments: [{ ...own, ...wrong }] };
      const answer = await shop.ucp("POST", `/checkout-sessions/${body.id}/complete`, { payment });
      expect(answer.body).toMatchObject({ status: "ready_for_complete", messages: [{ code: "payment_failed" }] });
    }
    const none = await shop.ucp("POST", `/checkout-sessions/${body.id}/complete`, {});
    expect([none.status, none.body.code]).toEqual([422, "invalid_request"]);
    expect(shop.agent.received.length).toBe(calls);
  });

  test("one that is canceled, or expired, is over", async () => {
    const canceled = (await create()).body.id;
    expect((await shop.ucp("POST", `/checkout-sessions/${canceled}/cancel`)).body.status).toBe("canceled");
    expect((await complete(canceled)).body.status).toBe("canceled");
    const again = await shop.ucp("POST", `/checkout-sessions/${canceled}/cancel`);
    expect(again.body).toMatchObject({ status: "canceled", messages: [{ code: "invalid_state" }] });
    const done = (await complete((await create()).body.id)).body;
    const late = await shop.ucp("POST", `/checkout-sessions/${done.id}/cancel`);
    expect(late.body).toMatchObject({ status: "completed", order: done.order, messages: [{ code: "invalid_state" }] });
    const expiring = (await create()).body.id;
    shop.gate.clock.skip(6 * 3_600_000 + 1_000);
    const calls = shop.agent.received.length;
    expect((await complete(expiring)).body).toMatchObject({ status: "canceled", messages: [{ code: "expired" }] });
    expect(shop.agent.received.length).toBe(calls);
  });

  test("items that nobody sells make no checkout", async () => {
    const locked = await shop.sell("Locked", 1, { agent_api_key: "its-own-key" });
    const free = await shop.sell("Free", 0);
    const items = [
      `agent_${locked}:task`,
      `agent_${free}:task`,
      `agent_${agentId}:pack_2`,
      `agent_${crypto.randomUUID()}`,
      "x",
    ];
    for (const id of items) {
      const answer = await create([{ item: { id }, quantity: 1 }]);
      expect([answer.status, answer.body.messages[0].code]).toEqual([200, "item_unavailable"]);
    }
    const many = await create([lineOf(agentId, "x", 60), lineOf(agentId, "y", 60)]);
    expect([many.status, many.body.messages[0].code]).toEqual([200, "quantity_limit"]);
  });

  test("ids that can be nobody's name nothing, and what is nobody's is small, and few", async () => {
    for (const id of ["x", "%00", "..%2f", crypto.randomUUID(), "a".repeat(500)]) {
      for (const path of [`/checkout-sessions/${id}`, `/orders/${id}`]) {
        expect((await shop.ucp("GET", path)).body).toMatchObject({ messages: [{ code: "not_found" }] });
      }
      expect((await shop.ucp("GET", `/orders/${id}/results/0`)).status).toBe(404);
    }
    const large = await create([lineOf(agentId, "x".repeat(70_000))], { key: null });
    expect([large.status, large.body.code]).toEqual([413, "payload_too_large"]);
    expect((await create([lineOf(agentId, "x".repeat(70_000))])).status).toBe(201);
    const offer = (await create(undefined, { key: null })).body.id;
    const lines = { line_items: [lineOf(agentId, "x".repeat(70_000))] };
    expect((await shop.ucp("PUT", `/checkout-sessions/${offer}`, lines, { key: null })).status).toBe(413);
    const statuses = await Promise.all(
      Array.from({ length: 60 }, async () => (await create(undefined, { key: null })).status),
    );
    expect(new Set(statuses)).toContain(201);
    const more = await create(undefined, { key: null });
    expect([more.status, more.body.code]).toEqual([429, "rate_limited"]);
    expect(Number(more.headers.get("retry-after"))).toBeGreaterThan(0);
    expect((await create()).status).toBe(201);
  });

  test("what is bought with a key that is bounded by rate takes its tokens, as what is called with it does", async () => {
    const { body: bounded } = await shop.gate.call(
      "POST",
      `/orgs/${shop.buyer.id}/keys`,
      { name: "slow", scopes: ["tasks:call", "checkouts:use"], rate_limit: 0.001, rate_burst: 1 },
      shop.buyer.key,
    );
    const made = await create([lineOf(agentId)], { key: bounded.key });
    expect((await complete(made.body.id, { key: bounded.key })).body.status).toBe("completed");
    const called = await shop.gate.call("POST", `/agents/${agentId}/task`, { message: "x" }, bounded.key);
    expect(called.status).toBe(429);
  });

  test("a key of idempotency has one effect and one answer; for other bytes it is refused", async () => {
    const headers = { "idempotency-key": crypto.randomUUID() };
    const body = JSON.stringify({ line_items: [lineOf(agentId)] });
    const first = await shop.ucp("POST", "/checkout-sessions", body, { headers });
    const second = await shop.ucp("POST", "/checkout-sessions", body, { headers, node: other });
    expect([second.status, second.body]).toEqual([201, first.body]);
    expect(second.headers.get("idempotency-replayed")).toBe("true");
    const differs = await shop.ucp("POST", "/checkout-sessions", `${body} `, { headers });
    expect([differs.status, differs.body.code]).toEqual([409, "idempotency_key_reused"]);
    const elsewhere = await shop.ucp("POST", `/checkout-sessions/${first.body.id}/cancel`, undefined, { headers });
    expect(elsewhere.body.status).toBe("canceled");
    const refused = await shop.ucp("POST", "/checkout-sessions", body, { headers, key: "nobody's" });
    expect(refused.status).toBe(401);
  });
});
