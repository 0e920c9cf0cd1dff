import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { testEngines } from "../storage/testing/index.ts";
import {
  ADMIN_KEY,
  serveNode,
  startAgent,
  startTestGateway,
  type TestAgent,
  type TestGateway,
  textTask,
} from "../testing/index.ts";
import { moneyCalls } from "./testing/money-calls.ts";

const UNKNOWN = "00000000-0000-4000-8000-000000000000";

describe.each(testEngines())("money on %s", (engine) => {
  let gate: TestGateway;
  let agent: TestAgent;
  beforeAll(async () => {
    gate = await startTestGateway(engine, { topup: "open" });
    agent = await startAgent();
  });
  afterAll(async () => {
    await gate.close();
    await agent.close();
  });

  const { post, pay, wallet, fundedOrg, pricedAgent } = moneyCalls(
    () => gate,
    () => agent,
  );
  const verified = async () =>
    expect((await gate.call("GET", "/admin/ledger/verify")).body).toMatchObject({ ok: true, problems: [] });

  test("sums beyond what a number holds are told to the last digit, by every view of them", async () => {
    const org = await gate.createOrg("large sums", { cost_per_invocation: 3_999_999_999.999999 });
    const { id } = await gate.register({ name: "dear", url: agent.url, org_id: org.id });
    for (let calls = 0; calls < 3; calls++) await gate.call("POST", `/agents/${id}/task`, textTask("x"), org.key);
    for (const [path, member] of [
      ["billing", "total_cost"],
      ["billing/breakdown", "cost"],
    ]) {
      const headers = { authorization: `Bearer ${org.key}` };
      const seen = async () => (await fetch(`${gate.url}/orgs/${org.id}/${path}`, { headers })).text();
      await expect.poll(seen).toContain(`"${member}":11999999999.999997`);
    }
  });

  test("a paid task: charged, credited net of the payer's fee, told in the answer, the wallets and both lists", async () => {
    const [payer, owner] = [await fundedOrg("payer", 1), await fundedOrg("owner", 0, { tier: "enterprise" })];
    const id = await pricedAgent("paid", 0.1, owner.key);
    const { status, body } = await pay(id, payer.key);
    expect(status).toBe(200);
    expect(body).toEqual({
      result: expect.objectContaining({ id: "task-1", status: { state: "completed" } }),
      ucp: {
        version: expect.any(String),
        capability: "dev.ucp.shopping.checkout",
        agent_id: id,
        price_per_task: 0.1,
        currency: "USD",
        transaction_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
        balance: 0.9,
      },
    });
    expect(await wallet(payer)).toEqual({
      org_id: payer.id,
      org_name: "payer",
      balance: 0.9,
      held: 0,
      available: 0.9,
      tier: "free",
      tier_limits: { max_agents: 5, rate_limit: 10, rate_burst: 20, fee_pct: 0.03 },
      agent_count: 0,
      max_agents: 5,
      topup: "open",
    });
    expect(await wallet(owner)).toMatchObject({ balance: 0.097, agent_count: 1, max_agents: 500 });
    const list = (await gate.call("GET", `/orgs/${payer.id}/transactions`, undefined, payer.key)).body;
    expect(list).toEqual([
      {
        id: body.ucp.transaction_id,
        payer_org_id: payer.id,
        receiver_org_id: owner.id,
        agent_id: id,
        agent_name: "paid",
        amount: 0.1,
        fee: 0.003,
        net: 0.097,
        tx_type: "task",
        task_id: "task-1",
        created_at: expect.stringMatching(/Z$/),
      },
      expect.objectContaining({
        tx_type: "topup",
        payer_org_id: null,
        receiver_org_id: payer.id,
        amount: 1,
        agent_id: null,
        agent_name: "",
      }),
    ]);
    for (const [role, types] of [
      ["payer", ["task"]],
      ["receiver", ["topup"]],
      ["all", ["task", "topup"]],
    ] as const) {
      const rows = (await gate.call("GET", `/orgs/${payer.id}/transactions?role=${role}`, undefined, payer.key)).body;
      expect(rows.map((row: any) => row.tx_type)).toEqual(types);
    }
    expect((await gate.call("GET", `/orgs/${payer.id}/transactions?limit=1&offset=1`)).body).toHaveLength(1);
    const summary = (org: { id: string; key: string }) =>
      gate.call("GET", `/orgs/${org.id}/transactions/summary`, undefined, org.key);
    expect((await summary(payer)).body).toEqual({
      org_id: payer.id,
      org_name: "payer",
      balance: 0.9,
      total_spent: 0.1,
      total_earned: 0,
      total_fees_paid: 0,
      transactions_as_payer: 1,
      transactions_as_receiver: 0,
    });
    expect((await summary(owner)).body).toMatchObject({
      total_spent: 0,
      total_earned: 0.097,
      total_fees_paid: 0.003,
      transactions_as_receiver: 1,
    });
    expect((await gate.call("GET", `/orgs/${payer.id}`)).body.balance).toBe(0.9);
    expect((await gate.call("GET", "/orgs/")).body.find((org: any) => org.id === payer.id).balance).toBe(0.9);
    await verified();
  });

  test("an owner who calls its own agent pays the fee alone; an agent without an owner earns for the platform", async () => {
    const org = await fundedOrg("selfish", 1);
    const own = await pricedAgent("own", 0.1, org.key);
    expect((await pay(own, org.key)).body.ucp.balance).toBe(0.997);
    expect((await pay(await pricedAgent("ownerless", 0.1), org.key)).body.ucp.balance).toBe(0.897);
    const tiny = await pricedAgent("tiny", 0.000001, org.key);
    expect((await pay(tiny, org.key)).body.ucp).toMatchObject({ price_per_task: 0.000001, balance: 0.897 });
    await verified();
  });

  test("P1: 500 calls at once on a wallet worth 100, over two processes where they can share a database: exactly 100 reach the agent", async () => {
    const [payer, owner] = [
      await fundedOrg("racer", 10, { rate_limit: 1e6, rate_burst: 1e6 }),
      await fundedOrg("seller", 0, { rate_limit: 1e6, rate_burst: 1e6 }),
    ];
    const worker = await startAgent();
    const id = await pricedAgent("raced", 0.1, owner.key, worker.url);
    const { databaseUrl, dataDirectory } = gate.config;
    const second = databaseUrl
      ? await serveNode({
          DATABASE_URL: databaseUrl,
          AGENTGATE_DATA_DIR: dataDirectory,
          AGENTGATE_API_KEY: ADMIN_KEY,
          AGENTGATE_ALLOW_PRIVATE_NETWORKS: "1",
        })
      : undefined;
    const statuses = await Promise.all(
      Array.from({ length: 500 }, async (_, n) => {
        const at = n % 2 && second ? second.url : gate.url;
        const response = await fetch(`${at}/agents/${id}/task`, {
          method: "POST",
          headers: { "content-type": "application/json", authorization: `Bearer ${payer.key}` },
          body: JSON.stringify(textTask("x", `race-${n}`)),
        });
        const body = (await response.json()) as any;
        if (response.status === 402)
          expect(body.detail).toMatch(/^Insufficient balance: \d+\.\d{4} < 0\.1000 \(agent: raced\)$/);
        return response.status;
      }),
    );
    expect(statuses.filter((status) => status === 200)).toHaveLength(100);
    expect(statuses.filter((status) => status === 402)).toHaveLength(400);
    expect(worker.received).toHaveLength(100);
    expect(await wallet(payer)).toMatchObject({ balance: 0, held: 0 });
    expect(await wallet(owner)).toMatchObject({ balance: 9.7 });
    await verified();
    second?.child.kill("SIGTERM");
    await second?.exited;
    await worker.close();
  });

  test.each([
    [
      "errs",
      (_: unknown, response: any) => {
        response.statusCode = 500;
        response.end("{}");
      },
    ],
    ["answers no JSON", (_: unknown, response: any) => response.end("oops")],
    ["hangs up", (_: unknown, response: any) => response.destroy()],
    ["is too slow", () => {}],
  ])("an agent that %s costs nothing and leaves no hold", async (name, answer) => {
    const payer = await fundedOrg(`kept-${name}`, 1);
    const bad = await startAgent(answer);
    const id = await pricedAgent(name, 0.5, undefined, bad.url, { timeout_ms: 200 });
    expect((await pay(id, payer.key)).status).toBeGreaterThanOrEqual(500);
    expect(await wallet(payer)).toMatchObject({ balance: 1, held: 0 });
    await bad.close();
  });

  test("a caller who hangs up pays nothing, and its money is free again", async () => {
    const payer = await fundedOrg("gone", 1);
    const slow = await startAgent(() => {});
    const id = await pricedAgent("slow", 1, undefined, slow.url);
    const controller = new AbortController();
    const call = fetch(`${gate.url}/agents/${id}/task`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${payer.key}` },
      body: "{}",
      signal: controller.signal,
    });
    await expect.poll(() => slow.received.length).toBe(1);
    expect(await wallet(payer)).toMatchObject({ balance: 1, held: 1, available: 0 });
    controller.abort();
    await expect(call).rejects.toThrow();
    await expect.poll(async () => (await wallet(payer)).held).toBe(0);
    await slow.close();
  });

  test("a keyed agent is paid by the payer key", async () => {
    const payer = await fundedOrg("patron", 1);
    const id = await pricedAgent("keyed", 0.25, undefined, agent.url, { agent_api_key: "agent-secret-key" });
    expect((await pay(id, "agent-secret-key")).body.detail).toContain("Payment required");
    expect((await pay(id, "agent-secret-key", { "x-agentgate-payer-key": "nobody" })).status).toBe(401);
    expect((await pay(id, "agent-secret-key", { "x-agentgate-payer-key": payer.key })).body.ucp.balance).toBe(0.75);
  });

  test("streams and sockets are paid too", async () => {
    const payer = await fundedOrg("streamer", 1);
    const id = await pricedAgent("streamed", 0.25);
    const text = await (await post(`/agents/${id}/task/stream`, textTask("x"), payer.key)).text();
    expect(JSON.parse(/event: result\ndata: (.+)/.exec(text)![1]!).ucp.balance).toBe(0.75);
    const { default: WebSocket } = await import("ws");
    const socket = new WebSocket(`${gate.url.replace("http", "ws")}/agents/${id}/task/ws`);
    const messages: any[] = [];
    socket.on("open", () => {
      socket.send(JSON.stringify({ type: "auth", token: payer.key }));
      socket.send(JSON.stringify(textTask("x")));
    });
    socket.on("message", (data) => messages.push(JSON.parse(data.toString())));
    await expect.poll(() => messages.at(-1)?.type).toBe("result");
    expect(messages.at(-1).data.ucp.balance).toBe(0.5);
    socket.close();
  });

  test.each([0, -1, "-0.5", 0.0000001, 5e9])("a topup of %s is refused", async (amount) => {
    const org = await fundedOrg(`refused-${amount}`, 0);
    const { status, body } = await gate.call("POST", `/orgs/${org.id}/topup`, { amount }, org.key);
    expect([status, body.detail]).toEqual([400, expect.stringContaining("Amount must be a positive number")]);
  });

  test.each(["NaN", "1e400", "0x10", "1e3", " 5 ", "5_0", "Infinity", null, "abc", {}])(
    "a topup of %s is malformed",
    async (amount) => {
      const org = await fundedOrg(`malformed-${JSON.stringify(amount)}`, 0);
      expect((await gate.call("POST", `/orgs/${org.id}/topup`, { amount }, org.key)).status).toBe(422);
    },
  );

  test("tiers change fees and limits, at once", async () => {
    const org = await fundedOrg("climber", 0);
    const change = (tier: string, key?: string) => gate.call("POST", `/orgs/${org.id}/tier`, { tier }, key);
    expect((await change("pro", org.key)).body).toEqual({
      org_id: org.id,
      org_name: "climber",
      old_tier: "free",
      new_tier: "pro",
      tier_limits: { max_agents: 50, rate_limit: 100, rate_burst: 200, fee_pct: 0.025 },
    });
    expect((await change("pro")).body.detail).toBe("Already on tier: pro");
    expect((await change("gold")).body.detail).toMatch(/^Invalid tier: gold/);
    expect((await wallet(org)).max_agents).toBe(50);
    expect((await gate.call("GET", `/orgs/${org.id}`)).body).toMatchObject({
      tier: "pro",
      rate_limit: 100,
      rate_burst: 200,
    });
  });

  test("metering of the org's own agents, by total and by day, with an alert that goes off once per threshold", async () => {
    const org = await fundedOrg("metered", 0, { cost_per_invocation: 0.002, billing_alert_threshold: 0.004 });
    const { id } = await gate.register({ name: "metered", url: agent.url }, org.key);
    const today = gate.clock.today();
    const billing = async () => (await gate.call("GET", `/orgs/${org.id}/billing`, undefined, org.key)).body;
    await post(`/agents/${id}/task`, textTask("x"));
    expect(await billing()).toEqual({
      org_id: org.id,
      org_name: "metered",
      cost_per_invocation: 0.002,
      total_invocations: 1,
      total_errors: 0,
      total_cost: 0.002,
      alert_threshold: 0.004,
      alert_triggered: false,
    });
    await post(`/agents/${id}/task`, textTask("x"));
    expect(await billing()).toMatchObject({ total_cost: 0.004, alert_triggered: true });
    const breakdown = (await gate.call("GET", `/orgs/${org.id}/billing/breakdown`, undefined, org.key)).body;
    expect(breakdown.breakdown).toEqual([{ period: today, invocations: 2, errors: 0, cost: 0.004 }]);
    const file = await gate.call("GET", `/orgs/${org.id}/billing/breakdown?format=csv`, undefined, org.key);
    expect(file.body).toBe(`day,calls,failed,cost\r\n${today},2,0,0.004\r\n`);
    expect(file.headers.get("content-disposition")).toBe('attachment; filename="usage-by-day.csv"');
  });

  test("another organization's money is none of its business", async () => {
    const [own, other] = [await fundedOrg("private", 1), await fundedOrg("curious", 0)];
    for (const path of [
      "wallet",
      "transactions",
      "transactions/summary",
      "billing",
      "billing/breakdown",
      "statement?month=2026-11",
    ]) {
      expect((await gate.call("GET", `/orgs/${own.id}/${path}`, undefined, other.key)).status).toBe(403);
      expect((await gate.call("GET", `/orgs/${UNKNOWN}/${path}`)).status).toBe(404);
    }
    for (const path of ["topup", "tier"])
      expect((await gate.call("POST", `/orgs/${own.id}/${path}`, { amount: 1, tier: "pro" }, other.key)).status).toBe(
        403,
      );
    expect((await gate.call("GET", "/admin/ledger/verify", undefined, own.key)).status).toBe(401);
  });

  test("a wallet with money keeps its organization, unless it is written off", async () => {
    const [org, payer] = [await fundedOrg("rich", 3), await fundedOrg("its-customer", 1)];
    const id = await pricedAgent("inherited", 0.5, org.key);
    await pay(id, payer.key);
    expect((await gate.call("DELETE", `/orgs/${org.id}`)).body).toMatchObject({
      status: 409,
      detail: expect.stringContaining("3.4850"),
    });
    expect((await gate.call("DELETE", `/orgs/${org.id}?force=true`)).status).toBe(204);
    const [task] = (await gate.call("GET", `/orgs/${payer.id}/transactions?role=payer`)).body;
    expect(task).toMatchObject({ payer_org_id: payer.id, receiver_org_id: null, amount: 0.5 });
    await verified();
  });

  test("money that reaches a deleted organization is not lost: a task's goes to the platform, the rest is written off", async () => {
    const [payer, owner] = [await fundedOrg("late-payer", 1), await fundedOrg("late-owner", 0)];
    let answer: () => void = () => {};
    const slow = await startAgent((_, response) => {
      answer = () => response.end("{}");
    });
    const id = await pricedAgent("late", 0.5, owner.key, slow.url);
    const call = pay(id, payer.key);
    await expect.poll(() => slow.received.length).toBe(1);
    expect((await gate.call("DELETE", `/orgs/${owner.id}`)).status).toBe(204);
    answer();
    expect((await call).body.ucp.balance).toBe(0.5);
    const [task] = (await gate.call("GET", `/orgs/${payer.id}/transactions?role=payer`)).body;
    expect(task).toMatchObject({ receiver_org_id: null, amount: 0.5 });
    await verified();
    await slow.close();
  });

  test("a price too small to be charged is refused, not made free", async () => {
    const { status, body } = await gate.call("POST", "/agents/", { name: "n", url: agent.url, price_per_task: 1e-7 });
    expect([status, body.detail[0].msg]).toEqual([422, "The smallest amount is 0.000001"]);
  });

  test("the monthly statement reconciles with the ledger and the log, in JSON and CSV", async () => {
    const month = gate.clock.today().slice(0, 7);
    const org = await fundedOrg('state, "ment"', 2);
    const id = await pricedAgent("=stated", 0.5);
    for (let n = 0; n < 3; n++) await pay(id, org.key, {}, textTask("x", `t,${n}`));
    const statement = (await gate.call("GET", `/orgs/${org.id}/statement?month=${month}&limit=2`, undefined, org.key))
      .body;
    expect(statement).toMatchObject({
      month,
      currency: "USD",
      opening_balance: 0,
      closing_balance: 0.5,
      totals: [
        { tx_type: "task", count: 3, credited: 0, debited: 1.5 },
        { tx_type: "topup", count: 1, credited: 2, debited: 0 },
      ],
      reconciliation: { ledger_tasks: 3, logged_tasks: 3, reconciled: true },
      lines: [
        { tx_type: "topup", change: 2, balance: 2 },
        { tx_type: "task", change: -0.5, balance: 1.5, task_id: "t,0" },
      ],
      next_after: expect.any(String),
    });
    const rest = (await gate.call("GET", `/orgs/${org.id}/statement?month=${month}&after=${statement.next_after}`))
      .body;
    expect(rest.lines.map((line: any) => line.balance)).toEqual([1, 0.5]);
    expect([rest.next_after, rest.reconciliation]).toEqual([null, null]);
    const csv = await gate.call("GET", `/orgs/${org.id}/statement?month=${month}&format=csv`, undefined, org.key);
    expect(csv.headers.get("content-type")).toBe("text/csv; charset=utf-8");
    const [header, ...rows] = csv.body.trim().split("\r\n");
    expect(header).toMatch(/^created_at,id,tx_type,agent_name,/);
    expect(rows).toHaveLength(4);
    expect(rows[1]).toContain(`,task,'=stated,${id},"t,0",${org.id},,0.5,0.015,0.485,-0.5,1.5`);
    expect((await gate.call("GET", `/orgs/${org.id}/statement?month=2020-01`)).body).toMatchObject({
      opening_balance: 0,
      closing_balance: 0,
      lines: [],
      reconciliation: { reconciled: true },
    });
    expect((await gate.call("GET", `/orgs/${org.id}/statement?month=2026-13`)).status).toBe(422);
  });
});

describe("settings", () => {
  test("topups by the admin only, or through a provider's checkout; no self-service", async () => {
    const gate = await startTestGateway("sqlite", { selfServiceTiers: false });
    const org = await gate.createOrg("org");
    expect((await gate.call("POST", `/orgs/${org.id}/topup`, { amount: 1 }, org.key)).status).toBe(403);
    expect((await gate.call("POST", `/orgs/${org.id}/topup`, { amount: 1 })).body.new_balance).toBe(1);
    const told = async (key?: string) =>
      (await gate.call("GET", `/orgs/${org.id}/wallet`, undefined, key)).body.topup as string;
    expect([await told(), await told(org.key)]).toEqual(["open", "admin"]);
    expect((await gate.call("POST", `/orgs/${org.id}/tier`, { tier: "pro" }, org.key)).status).toBe(403);
    expect((await gate.call("PUT", `/orgs/${org.id}`, { rate_limit: 11 }, org.key)).status).toBe(403);
    expect((await gate.call("PUT", `/orgs/${org.id}`, { rate_limit: 5, name: "renamed" }, org.key)).status).toBe(200);
    expect((await gate.call("POST", `/orgs/${org.id}/tier`, { tier: "pro" })).status).toBe(200);
    await gate.close();

    const provider = await startTestGateway("sqlite", {
      topup: "provider",
      topupCheckoutUrl: "https://pay.example.com/?org={org_id}&usd={amount}",
    });
    const buyer = await provider.createOrg("buyer");
    const { status, body } = await provider.call("POST", `/orgs/${buyer.id}/topup`, { amount: "2.50" }, buyer.key);
    expect([status, body.checkout_url]).toEqual([202, `https://pay.example.com/?org=${buyer.id}&usd=2.5`]);
    expect((await provider.call("GET", `/orgs/${buyer.id}/wallet`)).body.balance).toBe(0);
    const wallet = (await provider.call("GET", `/orgs/${buyer.id}/wallet`, undefined, buyer.key)).body;
    expect(wallet.topup).toBe("provider");
    await provider.close();
  });

  test("unpaid calls can be allowed", async () => {
    const gate = await startTestGateway("sqlite", { allowUnpaid: true });
    const agent = await startAgent();
    const { id } = await gate.register({ name: "priced", url: agent.url, price_per_task: 1 });
    expect((await gate.call("POST", `/agents/${id}/task`, textTask("x"), null)).body).toMatchObject({
      result: {},
      ucp: { transaction_id: null, balance: null },
    });
    await gate.close();
    await agent.close();
  });
});
