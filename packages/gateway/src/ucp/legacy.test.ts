import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { testEngines } from "../storage/testing/index.ts";
import { echo, textTask } from "../testing/index.ts";
import { lineOf, paying, type Shop, startShop } from "./testing/shop.ts";

describe.each(testEngines())("the guide's shop routes on %s", (engine) => {
  let shop: Shop;
  const ids: Record<string, string> = {};
  beforeAll(async () => {
    shop = await startShop(engine, { ucpWaitSeconds: 1 });
    for (const [name, price, more] of [
      ["Zebra", 0.1, {}],
      ["Ant", 0.0001, { tags: ["small"] }],
      ["Free", 0, {}],
      ["Locked", 1, { agent_api_key: "its-own-key" }],
    ] as const) {
      ids[name] = await shop.sell(name, price, more);
    }
  });
  afterAll(() => shop.close());

  const call = (method: string, path: string, body?: unknown, key: string | null = shop.buyer.key) =>
    shop.gate.call(method, path, body, key);
  const create = (name: string, key?: string | null) =>
    call("POST", "/ucp/checkout", { agent_id: ids[name], task: textTask("hello") }, key);

  test("list what is for sale by name, at any price, also under /v1", async () => {
    for (const path of ["/ucp/catalog", "/v1/ucp/catalog", "/ucp/catalog/"]) {
      const { status, body } = await call("GET", path, undefined, null);
      expect(status).toBe(200);
      expect(body).toMatchObject({ total: 2, ucp: { capability: "dev.ucp.shopping.catalog" } });
      expect(body.products).toMatchObject([
        { id: ids.Ant, name: "Ant", price: { amount: 0.0001, currency: "USD", unit: "per_task" }, tags: ["small"] },
        { id: ids.Zebra, name: "Zebra", price: { amount: 0.1 }, category: "ai_agent" },
      ]);
    }
  });

  test("from a session to the answer, paid once; the other face sees the same", async () => {
    const { balance } = await shop.wallet();
    const made = await create("Zebra");
    expect(made.body).toMatchObject({
      status: "pending",
      agent_id: ids.Zebra,
      agent_name: "Zebra",
      amount: 0.1,
      currency: "USD",
      payer_org_id: shop.buyer.id,
      payer_org_name: "Buyer",
      payer_balance: balance,
      task: textTask("hello"),
    });
    const { session_id: id } = made.body;
    expect((await shop.ucp("GET", `/checkout-sessions/${id}`)).body).toMatchObject({ status: "ready_for_complete" });
    const done = await call("POST", `/ucp/checkout/${id}/complete`);
    expect(done.body).toMatchObject({
      session_id: id,
      status: "completed",
      transaction_id: expect.any(String),
      fee: 0.002,
      net: 0.098,
      payer_new_balance: balance - 0.1,
      result: { artifacts: [{ parts: [{ text: "Echo: hello" }] }] },
    });
    expect((await call("GET", `/ucp/checkout/${id}`)).body).toEqual(done.body);
    const again = await call("POST", `/ucp/checkout/${id}/complete`);
    expect([again.status, again.body.detail]).toEqual([400, "The checkout session is completed already"]);
    const seen = await shop.ucp("GET", `/checkout-sessions/${id}`);
    expect(seen.body).toMatchObject({ status: "completed", line_items: [{ item: { price: 10 } }] });
    expect(shop.agent.received.at(-1)!.body).toBe(JSON.stringify(textTask("hello")));
  });

  test("two at once pay once, and both are told", async () => {
    const { balance } = await shop.wallet();
    const { session_id: id } = (await create("Zebra")).body;
    shop.does((task, response, request) => setTimeout(() => echo(task, response, request), 100));
    const answers = await Promise.all([1, 2, 3].map(() => call("POST", `/ucp/checkout/${id}/complete`)));
    shop.does(echo);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(new Set(answers.map(({ body }) => body.transaction_id)).size).toBe(1);
    expect((await shop.wallet()).balance).toBeCloseTo(balance - 0.1, 6);
  });

  test("an agent that fails is told as its own route would, costs nothing, and may be asked again", async () => {
    const { balance } = await shop.wallet();
    const { session_id: id } = (await create("Ant")).body;
    shop.does((_task, response) => response.writeHead(422, { "content-type": "application/json" }).end('{"no":1}'));
    const failed = await call("POST", `/ucp/checkout/${id}/complete`);
    expect([failed.status, failed.body.detail]).toEqual([422, expect.stringContaining("Agent returned error")]);
    expect((await call("GET", `/ucp/checkout/${id}`)).body).toMatchObject({ status: "failed" });
    expect(await shop.wallet()).toMatchObject({ balance, held: 0 });
    shop.does(echo);
    expect((await call("POST", `/ucp/checkout/${id}/complete`)).body).toMatchObject({ status: "completed" });
    expect((await shop.wallet()).balance).toBeCloseTo(balance - 0.0001, 6);
  });

  test("nobody sees or completes a session that is not theirs, and nothing is done for nothing", async () => {
    const { session_id: id } = (await create("Zebra")).body;
    const calls = shop.agent.received.length;
    for (const key of [null, shop.seller.key]) {
      for (const [method, path] of [
        ["GET", `/ucp/checkout/${id}`],
        ["POST", `/ucp/checkout/${id}/complete`],
      ] as const) {
        const { status, body } = await call(method, path, undefined, key);
        // It is told as one that there is not is, and how its owner sees it.
        const none = await call(method, path.replace(id, crypto.randomUUID()), undefined, key);
        expect([status, body.detail]).toEqual([404, none.body.detail]);
        expect(body.detail).toBe(
          "Checkout session not found; one that was made with an organization's key is shown to that key alone",
        );
      }
    }
    const offer = await create("Zebra", null);
    expect(offer.body).toMatchObject({ status: "pending", payer_org_id: null, payer_balance: null });
    const unpaid = await call("POST", `/ucp/checkout/${offer.body.session_id}/complete`, undefined, null);
    expect(unpaid.status).toBe(401);
    expect(shop.agent.received.length).toBe(calls);
  });

  test("of several tasks of the other face, one that failed is told beside the answer of the one that was done", async () => {
    const { balance } = await shop.wallet();
    const line = { ...lineOf(ids.Zebra!), quantity: 2 };
    const { id } = (await shop.ucp("POST", "/checkout-sessions", { line_items: [line] })).body;
    let calls = 0;
    shop.does((task, response, request) => {
      if (++calls > 1) echo(task, response, request);
      else response.writeHead(500).end();
    });
    const { body } = await call("POST", `/ucp/checkout/${id}/complete`);
    shop.does(echo);
    expect(body).toMatchObject({
      ...{ status: "completed", error: expect.stringMatching(/500/), transaction_id: expect.any(String) },
      result: { artifacts: [{ parts: [{ text: "Echo: Hello!" }] }] },
    });
    expect((await shop.wallet()).balance).toBeCloseTo(balance - 0.1, 6);
  });

  test("one that failed after its wait was over, and is expired since, says so and is not done again", async () => {
    const { id } = (await shop.ucp("POST", "/checkout-sessions", { line_items: [lineOf(ids.Zebra!)] })).body;
    let fail = () => {};
    shop.does((_task, response) => {
      fail = () => response.writeHead(500).end();
    });
    const placed = await shop.ucp("POST", `/checkout-sessions/${id}/complete`, paying(shop.buyer.id));
    expect(placed.body.status).toBe("completed");
    fail();
    const order = async () => (await shop.ucp("GET", `/orders/${placed.body.order.id}`)).body;
    await expect.poll(async () => (await order()).line_items[0].status).toBe("removed");
    shop.gate.clock.skip(6 * 3_600_000 + 1_000);
    const calls = shop.agent.received.length;
    shop.does(echo);
    const late = await call("POST", `/ucp/checkout/${id}/complete`);
    expect([late.status, late.body.detail]).toEqual([502, expect.stringContaining("500")]);
    expect((await call("GET", `/ucp/checkout/${id}`)).body).toMatchObject({ status: "failed" });
    expect(shop.agent.received.length).toBe(calls);
  });

  test("the dearest there can be is shown as it is", async () => {
    const dear = await shop.sell("Dear", 4_000_000_000);
    const line = { item: { id: `agent_${dear}:task` }, quantity: 100 };
    const { body } = await shop.ucp("POST", "/checkout-sessions", { line_items: [line] });
    expect(body.totals[1].amount).toBe(40_000_000_000_000);
    expect((await call("GET", `/ucp/checkout/${body.id}`)).body).toMatchObject({ amount: 400_000_000_000 });
    expect((await call("POST", `/ucp/checkout/${body.id}/complete`)).status).toBe(402);
    await shop.gate.call("DELETE", `/agents/${dear}`);
    expect((await shop.ucp("GET", `/checkout-sessions/${body.id}`)).body.messages[0].code).toBe("item_unavailable");
  });

  test("what cannot be bought is refused with a sentence", async () => {
    const poor = await shop.gate.createOrg("Poor");
    const answers = [
      await create("Free"),
      await create("Locked"),
      await call("POST", "/ucp/checkout", { agent_id: crypto.randomUUID(), task: {} }),
      await call("POST", "/ucp/checkout", { agent_id: ids.Zebra }),
      await create("Zebra", poor.key),
      await create("Zebra", "nobody's"),
      await call("GET", `/ucp/checkout/${crypto.randomUUID()}`),
    ];
    expect(answers.map(({ status }) => status)).toEqual([400, 401, 404, 422, 402, 401, 404]);
    expect(answers[0]!.body.detail).toMatch(/free/);
    expect(answers[4]!.body.detail).toBe("Insufficient balance: 0.0000 < 0.1000 (agent: Zebra)");
  });
});
