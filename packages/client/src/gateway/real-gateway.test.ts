import type { PricedAnswer } from "@agentgate/protocol";
import { freePort } from "@agentgate/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  ADMIN_KEY,
  startAgent,
  startTestGateway,
  type TestAgent,
  type TestGateway,
} from "../../../gateway/src/testing/index.ts";
import { AgentGateClient } from "./agentgate-client.ts";
import { GatewayError } from "./errors/index.ts";
import type { TaskStreamEvent } from "./tasks/index.ts";

/** The client against the gateway itself: records as contract section 2 has them. */
let gateway: TestGateway;
let echo: TestAgent;
let admin: AgentGateClient;
let anonymous: AgentGateClient;
let nowhere: string;
beforeAll(async () => {
  nowhere = `http://127.0.0.1:${await freePort()}`;
  [gateway, echo] = await Promise.all([startTestGateway(), startAgent()]);
  admin = new AgentGateClient({ baseUrl: gateway.url, apiKey: ADMIN_KEY });
  anonymous = new AgentGateClient({ baseUrl: gateway.url });
});
afterAll(() => Promise.all([gateway.close(), echo.close()]));

const uuid = expect.stringMatching(/^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/);
const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z$/);

const agentRecord = {
  id: uuid,
  name: "record",
  description: "It echoes",
  url: expect.any(String),
  version: "1.0.0",
  skills: [{ id: "echo", name: "Echo" }],
  slug: "record",
  tags: ["demo"],
  webhook_url: null,
  price_per_task: 0,
  org_id: null,
  deployed: false,
  protocol: "plain",
  protocol_setting: "auto",
  timeout_ms: null,
  visibility: "public",
  requires_key: false,
  created_at: time,
  updated_at: time,
};

test("an agent is looked at before and after it is registered, and its tasks are listed", async () => {
  expect(await admin.previewAgent(echo.url)).toMatchObject({ protocol: "plain", registration: { url: echo.url } });
  const { id } = await admin.registerAgent("looked at", echo.url);
  expect(await admin.checkAgentHealth(id)).toMatchObject({ agent: "looked at" });
  const options = { role: "payer", agentIds: [id], states: ["TASK_STATE_WORKING"], limit: 5 } as const;
  expect(await admin.listTasks(options)).toEqual({ entries: [], next: null, is_cut: false });
  await expect(admin.listTasks({ orgId: "nobody" })).rejects.toMatchObject({ status: 422 });
});

test("agents: register, find, change, review, delete", async () => {
  const fields = { description: "It echoes", skills: [{ id: "echo", name: "Echo" }], tags: ["demo"] };
  const agent = await admin.registerAgent("record", echo.url, fields);
  expect(agent).toEqual(agentRecord);
  expect(await anonymous.getAgent(agent.id)).toEqual(agent);
  expect(await anonymous.listAgents({ skill: "ECHO", tag: "demo" })).toEqual([agent]);
  expect(await anonymous.listTags()).toContainEqual({ name: "demo", count: 1 });
  expect(await anonymous.getAgentsByName("record", { version: "1.0.0" })).toEqual([agent]);
  expect(await anonymous.getLatestAgent("record")).toEqual(agent);

  const changed = await admin.updateAgent(agent.id, { version: "1.1.0", pricePerTask: 0.25, tags: [] });
  expect(changed).toMatchObject({ version: "1.1.0", price_per_task: 0.25, tags: [], description: "It echoes" });

  expect(await admin.reviewAgent(agent.id, { rating: 4, comment: "good" })).toEqual({
    id: uuid,
    agent_id: agent.id,
    rating: 4,
    comment: "good",
    reviewer: "anonymous",
    created_at: time,
  });
  expect(await anonymous.listReviews(agent.id)).toHaveLength(1);
  expect(await anonymous.getReviewStats(agent.id)).toMatchObject({
    agent_name: "record",
    review_count: 1,
    avg_rating: 4,
    distribution: { "4": 1, "5": 0 },
  });
  expect(await anonymous.searchAgents({ q: "recor", sort: "rating", limit: 5 })).toMatchObject({
    total: 1,
    offset: 0,
    limit: 5,
    agents: [{ id: agent.id, avg_rating: 4, review_count: 1 }],
  });

  expect(await admin.deleteAgent(agent.id)).toBe(undefined);
  await expect(anonymous.getAgent(agent.id)).rejects.toMatchObject({ status: 404 });
});

describe("tasks", () => {
  test("text goes to the agent, and its answer comes back", async () => {
    const { id } = await admin.registerAgent("talker", echo.url);
    expect(await anonymous.sendTask(id, "Hello!")).toMatchObject({
      id: expect.stringMatching(/^task-/),
      status: { state: "completed" },
      artifacts: [{ parts: [{ text: "Echo: Hello!" }] }],
    });
    await expect.poll(() => admin.getAgentLogs(id)).toHaveLength(1);
    expect(await admin.getAgentLogs(id, { limit: 1 })).toMatchObject([
      {
        id: uuid,
        agent_id: id,
        agent_name: "talker",
        caller_ip: "127.0.0.1",
        task_id: expect.stringMatching(/^task-/),
        status: "success",
        error_detail: null,
        latency_ms: expect.any(Number),
        request_id: expect.any(String),
        created_at: time,
        ...{ org_id: null, payer_org_id: null, key_id: null, parent_id: null, context_id: null, event_count: null },
        ...{ entrance: "rest", protocol: "plain", http_status: 200, price: 0, transaction_id: null },
        ...{ agent_ms: expect.any(Number), first_byte_ms: expect.any(Number) },
        ...{ request_bytes: expect.any(Number), response_bytes: expect.any(Number), trace_id: expect.any(String) },
      },
    ]);
    expect(await admin.getAgentUsage(id)).toEqual({
      agent_id: id,
      agent_name: "talker",
      total_invocations: 1,
      total_errors: 0,
      avg_latency_ms: expect.any(Number),
      last_invocation: time,
    });
    expect(await admin.getAgentUsageBreakdown(id, { period: "month", days: 90 })).toEqual({
      agent_id: id,
      agent_name: "talker",
      period: "month",
      days: 90,
      breakdown: [
        {
          period: expect.stringMatching(/^\d{4}-\d\d$/),
          invocations: 1,
          errors: 0,
          avg_latency_ms: expect.any(Number),
        },
      ],
    });
    expect((await admin.metrics()).agents.talker).toMatchObject({ requests: 1 });
    expect(await admin.metricsText()).toContain('agentgate_tasks_total{agent="talker",outcome="success"} 1\n');
  });

  test("an agent's own key opens it", async () => {
    const { id } = await admin.registerAgent("locked", echo.url, { agentApiKey: "open-sesame" });
    await expect(anonymous.sendTask(id, "hi")).rejects.toMatchObject({ status: 401 });
    // Whoever calls, as the guide has it: nobody, and the admin's own program.
    for (const client of [anonymous, admin]) {
      expect(await client.sendTask(id, "hi", { agentApiKey: "open-sesame" })).toMatchObject({
        artifacts: expect.anything(),
      });
    }
  });

  test("an agent that fails is told apart from a gateway that does", async () => {
    const { id } = await admin.registerAgent("gone", nowhere);
    const error = await anonymous.sendTask(id, "hi").catch((thrown: unknown) => thrown);
    expect(GatewayError.isInstance(error)).toBe(true);
    expect(error).toMatchObject({ status: 502, requestId: expect.any(String) });
    expect((error as GatewayError).message).toContain("Cannot reach agent");
  });

  test("a stream ends with the result", async () => {
    const { id } = await admin.registerAgent("streamer", echo.url);
    const events: TaskStreamEvent[] = [];
    for await (const event of anonymous.streamTask(id, "Hello!")) events.push(event);
    expect(events[0]).toEqual({ type: "status", data: "Routing task to streamer" });
    const result = events.at(-1);
    expect(result?.type).toBe("result");
    expect(JSON.parse(result?.data ?? "")).toMatchObject({ artifacts: [{ parts: [{ text: "Echo: Hello!" }] }] });
  });

  test("a stream's failure is thrown", async () => {
    const { id } = await admin.registerAgent("streamer-gone", nowhere);
    const read = async () => {
      for await (const _ of anonymous.streamTask(id, "Hello!"));
    };
    await expect(read()).rejects.toMatchObject({ code: "task_failed" });
    await expect(read()).rejects.toThrow("Cannot reach agent");
  });
});

test("organizations: create, change, rotate the key, delete", async () => {
  const org = await admin.createOrg("acme", { costPerInvocation: 0.002, rateLimit: 50, rateBurst: 100 });
  expect(org).toEqual({
    id: uuid,
    name: "acme",
    cost_per_invocation: 0.002,
    billing_alert_threshold: null,
    wallet_low_threshold: null,
    rate_limit: 50,
    rate_burst: 100,
    balance: 0,
    tier: "free",
    created_at: time,
    api_key: expect.any(String),
  });
  const { api_key: apiKey, ...record } = org;
  const own = new AgentGateClient({ baseUrl: gateway.url, apiKey });
  expect(await own.getOrg(org.id)).toEqual(record);
  expect(await admin.listOrgs()).toContainEqual(record);
  expect(await admin.updateOrg(org.id, { rateLimit: 60 })).toMatchObject({ rate_limit: 60 });
  const agent = await own.registerAgent("owned", echo.url);
  expect(agent.org_id).toBe(org.id);
  expect(await own.listOrgAgents(org.id)).toEqual([agent]);
  await own.deleteAgent(agent.id);

  const { new_api_key, status } = await own.rotateKey(org.id);
  expect(status).toBe("pending_confirmation");
  const renewed = new AgentGateClient({ baseUrl: gateway.url, apiKey: new_api_key });
  expect(await renewed.confirmRotation(org.id)).toEqual({ status: "rotation_confirmed" });
  await expect(own.getOrg(org.id)).rejects.toMatchObject({ status: 401 });
  await expect(renewed.listOrgs()).rejects.toMatchObject({ status: 401 });
  await admin.deleteOrg(org.id);
  await expect(admin.getOrg(org.id)).rejects.toMatchObject({ status: 404 });
});

test("money: top up, pay for a task, earn, account for it", async () => {
  gateway.clock.today();
  const [payer, seller] = await Promise.all([admin.createOrg("payer"), admin.createOrg("seller")]);
  const own = new AgentGateClient({ baseUrl: gateway.url, apiKey: payer.api_key });
  const { id: agentId } = await admin.registerAgent("seller-agent", echo.url, { pricePerTask: 0.25, orgId: seller.id });
  await expect(own.sendTask(agentId, "hi")).rejects.toMatchObject({
    status: 402,
    message: expect.stringContaining("Insufficient balance"),
  });
  const added = { org_id: payer.id, org_name: "payer", amount_added: 10, new_balance: 10 };
  expect(await admin.topupOrg(payer.id, 10, { idempotencyKey: "once" })).toEqual(added);
  expect(await admin.topupOrg(payer.id, 10, { idempotencyKey: "once" })).toEqual({ ...added, replayed: true });

  const answer = await own.sendTask<PricedAnswer>(agentId, "hi", { idempotencyKey: "task-once" });
  expect(answer).toEqual({
    result: expect.objectContaining({ artifacts: expect.anything() }),
    ucp: expect.objectContaining({
      agent_id: agentId,
      price_per_task: 0.25,
      currency: "USD",
      transaction_id: uuid,
      balance: 9.75,
    }),
  });
  await own.sendTask(agentId, "hi");

  expect(await own.getOrgWallet(payer.id)).toEqual({
    org_id: payer.id,
    org_name: "payer",
    balance: 9.5,
    held: 0,
    available: 9.5,
    tier: "free",
    tier_limits: { max_agents: 5, rate_limit: 10, rate_burst: 20, fee_pct: 0.03 },
    agent_count: 0,
    max_agents: 5,
    topup: "admin",
  });
  expect(await own.listOrgTransactions(payer.id, { role: "payer", limit: 1 })).toEqual([
    {
      id: uuid,
      payer_org_id: payer.id,
      receiver_org_id: seller.id,
      agent_id: agentId,
      agent_name: "seller-agent",
      amount: 0.25,
      fee: 0.0075,
      net: 0.2425,
      tx_type: "task",
      task_id: expect.any(String),
      created_at: time,
    },
  ]);
  expect(await admin.getOrgTransactionSummary(seller.id)).toEqual({
    org_id: seller.id,
    org_name: "seller",
    balance: 0.485,
    total_spent: 0,
    total_earned: 0.485,
    total_fees_paid: 0.015,
    transactions_as_payer: 0,
    transactions_as_receiver: 2,
  });
  expect(await admin.getOrgBilling(seller.id)).toEqual({
    org_id: seller.id,
    org_name: "seller",
    cost_per_invocation: 0.001,
    total_invocations: 2,
    total_errors: 0,
    total_cost: 0.002,
    alert_threshold: null,
    alert_triggered: false,
  });
  expect(await admin.getOrgBillingBreakdown(seller.id)).toMatchObject({
    breakdown: [{ period: expect.stringMatching(/^\d{4}-\d\d-\d\d$/), invocations: 2, errors: 0, cost: 0.002 }],
  });
  expect(await own.changeOrgTier(payer.id, "pro")).toEqual({
    org_id: payer.id,
    org_name: "payer",
    old_tier: "free",
    new_tier: "pro",
    tier_limits: { max_agents: 50, rate_limit: 100, rate_burst: 200, fee_pct: 0.025 },
  });
  await expect(admin.deleteOrg(payer.id)).rejects.toMatchObject({ status: 409 });
  await admin.deleteOrg(payer.id, { force: true });
  expect(await admin.verifyLedger()).toMatchObject({ ok: true, problems: [], open_holds: 0 });
});

test("what a validation found is said in words", async () => {
  const error = await admin
    .registerAgent("", "https://x.example", { pricePerTask: -1 })
    .catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ status: 422, code: "validation_failed" });
  expect((error as GatewayError).findings.map(({ loc }) => loc)).toEqual([
    ["body", "name"],
    ["body", "price_per_task"],
  ]);
  expect((error as GatewayError).message).toMatch(/^name: .+; price_per_task: /);
});

test("health and discovery", async () => {
  expect(await anonymous.health()).toEqual({ status: "ok", version: expect.stringMatching(/^\d/) });
  expect(await anonymous.readiness()).toMatchObject({ status: "ready" });
  expect(await anonymous.discovery()).toMatchObject({ name: "AgentGate" });
  const { id } = await admin.registerAgent("patient", echo.url);
  await expect.poll(() => anonymous.agentsHealth()).toHaveProperty(id);
  const { [id]: health } = await anonymous.agentsHealth();
  expect(health).toEqual({ status: "healthy", last_check: time, latency_ms: expect.any(Number), error: null });
  expect(await anonymous.getAgentHealth(id)).toEqual({ agent: "patient", ...health });
  await expect(anonymous.metrics()).rejects.toMatchObject({ status: 401 });
});

async function collected<T>(events: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const event of events) all.push(event);
  return all;
}

test("chains: made, run, followed, changed, removed", async () => {
  const { id: agentId } = await admin.registerAgent("chained", echo.url);
  const org = await admin.createOrg("chain owner");
  const own = new AgentGateClient({ baseUrl: gateway.url, apiKey: org.api_key });
  const chain = await own.createChain("twice", [{ agentId }, { agentId, inputTemplate: "{previous}, {input}" }]);
  expect(chain).toEqual({
    ...{ id: uuid, name: "twice", description: "", org_id: org.id, created_at: time, updated_at: time },
    steps: [
      { agent_id: agentId, input_template: null, skill: null, has_agent_api_key: false },
      { agent_id: agentId, input_template: "{previous}, {input}", skill: null, has_agent_api_key: false },
    ],
  });
  expect(await own.listChains()).toEqual([chain]);
  expect(await own.getChain(chain.id)).toEqual(chain);
  const run = await own.runChain(chain.id, "hi", { idempotencyKey: "k" });
  expect(run).toMatchObject({
    status: "success",
    final_output: "Echo: Echo: hi, hi",
    trace: [{ step: 1 }, { step: 2 }],
  });
  const events = await collected(own.streamChain(chain.id, "hi", { idempotencyKey: "k" }));
  expect(events.at(-1)).toEqual({ type: "end", run });
  const begun = await collected(own.streamChain(chain.id));
  expect(begun.map(({ type }) => type)).toEqual(["step", "step", "step", "step", "end"]);
  expect(await own.updateChain(chain.id, { description: "d" })).toMatchObject({ description: "d", steps: chain.steps });
  await admin.deleteAgent(agentId);
  const failed = await own.runChain(chain.id);
  expect(failed).toMatchObject({ status: "error", trace: [{ status: "error", error_status: 404 }] });
  await own.deleteChain(chain.id);
  await expect(own.getChain(chain.id)).rejects.toMatchObject({ status: 404 });
});

test("commerce: from the catalog to the agent's answer", async () => {
  const [payer, seller] = await Promise.all([admin.createOrg("buyer of tasks"), admin.createOrg("seller of tasks")]);
  const own = new AgentGateClient({ baseUrl: gateway.url, apiKey: payer.api_key });
  const { id } = await admin.registerAgent("sold by the task", echo.url, { pricePerTask: 0.25, orgId: seller.id });
  await admin.topupOrg(payer.id, 1);
  const { products } = await own.getUcpCatalog();
  expect(products).toContainEqual(
    expect.objectContaining({ id, price: { amount: 0.25, currency: "USD", unit: "per_task" } }),
  );
  expect(await own.getUcpProfile()).toHaveProperty("ucp.version");
  const task = { id: "task-1", message: { parts: [{ type: "text", text: "hi" }] } };
  const session = await own.createCheckout(id, task, { idempotencyKey: "once" });
  expect(await own.createCheckout(id, task, { idempotencyKey: "once" })).toEqual(session);
  expect(session).toMatchObject({ status: "pending", amount: 0.25, payer_org_id: payer.id });
  const done = await own.completeCheckout(session.session_id);
  expect(done).toMatchObject({ status: "completed", transaction_id: uuid, payer_new_balance: 0.75 });
  expect(await own.getCheckout(session.session_id)).toEqual(done);
});
