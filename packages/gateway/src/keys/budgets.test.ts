import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { testEngines } from "../storage/testing/index.ts";
import { startAgent, startTestGateway, type TestAgent, type TestGateway, textTask } from "../testing/index.ts";

/** P22: a budget is as hard as a wallet. */
describe.each(testEngines())("budgets of keys on %s", (engine) => {
  let gate: TestGateway;
  let node: TestGateway;
  let agent: TestAgent;
  let org: { id: string; key: string };
  let seller: { id: string; key: string };
  let priced: { id: string };
  /** What the agent does before it answers. */
  let working: () => Promise<void> | void = () => {};
  let fails = false;
  beforeAll(async () => {
    agent = await startAgent(async (_task, response) => {
      await working();
      response.statusCode = fails ? 500 : 200;
      response.setHeader("content-type", "application/json");
      response.end('{"status":{"state":"completed"}}');
    });
    gate = await startTestGateway(engine);
    node = await gate.another();
    const unlimited = { rate_limit: 1e6, rate_burst: 1e6, tier: "enterprise" };
    org = await gate.createOrg("Acme", unlimited);
    seller = await gate.createOrg("Globex", unlimited);
    priced = await gate.register({ name: "priced", url: agent.url, price_per_task: 1 }, seller.key);
    await gate.call("POST", `/orgs/${org.id}/topup`, { amount: 1000 });
  });
  afterAll(async () => {
    await gate.close();
    await agent.close();
  });

  const make = async (budgets: object[], fields: object = {}) => {
    const body = { name: "bounded", scopes: ["*"], budgets, ...fields };
    const made = await gate.call("POST", `/orgs/${org.id}/keys`, body, org.key);
    expect(made.status, JSON.stringify(made.body)).toBe(201);
    return made.body as { id: string; key: string };
  };
  const send = (key: string, by = gate) => by.call("POST", `/agents/${priced.id}/task`, textTask("x"), key);
  const budgetsOf = async (id: string) =>
    (await gate.call("GET", `/orgs/${org.id}/keys/${id}`, undefined, org.key)).body.budgets;
  const booksAreRight = async () =>
    expect((await gate.call("GET", "/admin/ledger/verify")).body).toMatchObject({ ok: true, problems: [] });

  test("pay so much and no more, and say what is left and when it begins anew", async () => {
    const { id, key } = await make([{ amount: 2.5, period: "day" }]);
    const calls = agent.received.length;
    expect((await send(key)).status).toBe(200);
    expect((await send(key, node)).status).toBe(200);
    const refused = await send(key);
    expect(refused.body).toMatchObject({ status: 403, code: "budget_exceeded", limit: 2.5, spent: 2, held: 0 });
    expect(refused.body.resets_at).toMatch(/T00:00:00\.000000Z$/);
    expect(refused.headers.get("retry-after")).toBeNull();
    expect(agent.received.length - calls).toBe(2);
    expect(await budgetsOf(id)).toMatchObject([{ amount: 2.5, period: "day", spent: 2, held: 0 }]);
    const me = (await gate.call("GET", "/me", undefined, key)).body;
    expect(me.key.budgets).toMatchObject([{ amount: 2.5, spent: 2 }]);
    // Others' keys, and the organization's own, pay on.
    expect((await send(org.key)).status).toBe(200);
  });

  test("a day's begins anew with the day, the one for all time does not", async () => {
    const daily = await make([{ amount: 1, period: "day" }]);
    const total = await make([{ amount: 1, period: "total" }]);
    for (const { key } of [daily, total]) {
      expect((await send(key)).status).toBe(200);
      expect((await send(key)).status).toBe(403);
    }
    gate.clock.skip(86_400_000);
    expect((await send(daily.key)).status).toBe(200);
    expect((await send(daily.key)).status).toBe(403);
    expect((await send(total.key)).body).toMatchObject({ code: "budget_exceeded", resets_at: null });
  });

  test("of several the tightest one counts, and what it refuses takes nothing of the others", async () => {
    const { id, key } = await make([
      { amount: 5, period: "month" },
      { amount: 1, period: "day" },
    ]);
    expect((await send(key)).status).toBe(200);
    expect((await send(key)).body).toMatchObject({ code: "budget_exceeded", limit: 1 });
    expect(await budgetsOf(id)).toMatchObject([
      { period: "month", spent: 1, held: 0 },
      { period: "day", spent: 1, held: 0 },
    ]);
  });

  test("what failed is not spent, what is under way is held", async () => {
    const { id, key } = await make([{ amount: 1, period: "total" }]);
    fails = true;
    expect((await send(key)).status).toBeGreaterThanOrEqual(500);
    fails = false;
    expect(await budgetsOf(id)).toMatchObject([{ spent: 0, held: 0 }]);
    const notYet = () => {};
    let go = notYet;
    working = () => new Promise<void>((resolve) => (go = resolve));
    const first = send(key);
    await expect.poll(() => budgetsOf(id)).toMatchObject([{ spent: 0, held: 1 }]);
    expect((await send(key)).body).toMatchObject({ code: "budget_exceeded", held: 1 });
    await expect.poll(() => go).not.toBe(notYet);
    go();
    working = () => {};
    expect((await first).status).toBe(200);
    expect(await budgetsOf(id)).toMatchObject([{ spent: 1, held: 0 }]);
  });

  test("many calls at once on two nodes: exactly as many are made as it pays", async () => {
    const { id, key } = await make([{ amount: 20, period: "week" }]);
    const before = agent.received.length;
    const calls = Array.from({ length: 120 }, (_, at) => send(key, at % 2 ? node : gate));
    const statuses = (await Promise.all(calls)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(20);
    expect(statuses.filter((status) => status === 403)).toHaveLength(100);
    expect(agent.received.length - before).toBe(20);
    expect(await budgetsOf(id)).toMatchObject([{ spent: 20, held: 0 }]);
    await booksAreRight();
  });

  test("a larger amount lets more through, with what was spent before counted", async () => {
    const { id, key } = await make([{ amount: 1, period: "total" }]);
    expect((await send(key)).status).toBe(200);
    await gate.call("PATCH", `/orgs/${org.id}/keys/${id}`, { budgets: [{ amount: 2, period: "total" }] }, org.key);
    expect((await send(key)).status).toBe(200);
    expect((await send(key)).status).toBe(403);
    await gate.call("PATCH", `/orgs/${org.id}/keys/${id}`, { budgets: null }, org.key);
    expect((await send(key)).status).toBe(200);
  });

  test("an alert is told once for each part that is reached", async () => {
    const endpoint = { url: agent.url, events: ["budget.alert"] };
    const made = await gate.call("POST", "/webhooks/endpoints", endpoint, org.key);
    expect(made.status).toBe(201);
    const { id, key } = await make([{ amount: 4, period: "month", alerts: [0.5, 1] }]);
    for (let call = 0; call < 5; call++) await send(key);
    const list = await gate.call("GET", `/webhooks/deliveries?event=budget.alert`, undefined, org.key);
    const bodies = await Promise.all(
      list.body.entries.map(async (entry: any) => {
        const { body } = (await gate.call("GET", `/webhooks/deliveries/${entry.id}`, undefined, org.key)).body;
        return typeof body === "string" ? JSON.parse(body) : body;
      }),
    );
    expect(bodies.toReversed()).toMatchObject([
      { event: "budget.alert", org_id: org.id, key_id: id, alert: 0.5, spent: 2, limit: 4, period: "month" },
      { event: "budget.alert", key_id: id, alert: 1, spent: 4 },
    ]);
  });

  test("checkouts are shut to keys with budgets, whose orders are paid later", async () => {
    const { key } = await make([{ amount: 100, period: "total" }]);
    const { body } = await gate.call("POST", "/ucp/checkout", { agent_id: priced.id, task: textTask("x") }, org.key);
    expect((await gate.call("POST", `/ucp/checkout/${body.session_id}/complete`, undefined, key)).status).toBe(403);
  });

  test("over A2A the refusal is told apart from others", async () => {
    const { key } = await make([{ amount: 0.5, period: "total" }]);
    const message = { messageId: "m", role: "ROLE_USER", parts: [{ text: "x" }] };
    const request = { jsonrpc: "2.0", id: 1, method: "SendMessage", params: { message } };
    const { body } = await gate.call("POST", `/agents/${priced.id}`, request, key);
    expect(body.error).toMatchObject({
      code: -32053,
      data: [{ reason: "BUDGET_EXCEEDED", metadata: { limit: "0.5", spent: "0", held: "0" } }],
    });
  });

  test("the books are right after all of it", booksAreRight);
});
