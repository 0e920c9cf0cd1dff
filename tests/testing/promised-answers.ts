import { expect } from "vitest";

const text = expect.any(String);
const number = expect.any(Number);
const uuid = expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/);
const some = (item: object) => expect.arrayContaining([expect.objectContaining(item)]);

const agent = {
  id: uuid,
  name: "my-agent",
  description: text,
  url: text,
  version: text,
  skills: expect.any(Array),
  tags: expect.any(Array),
  webhook_url: null,
  price_per_task: 0,
  org_id: expect.toSatisfy((id) => id === null || typeof id === "string"),
  deployed: false,
  created_at: time,
  updated_at: time,
};
const org = {
  id: uuid,
  name: "acme",
  cost_per_invocation: 0.001,
  billing_alert_threshold: null,
  rate_limit: 10,
  rate_burst: 20,
  balance: number,
  tier: "free",
  created_at: time,
};
const review = { id: uuid, agent_id: uuid, rating: 5, comment: "good", reviewer: "anonymous", created_at: time };
const answer = {
  id: "task-1",
  status: { state: "completed" },
  artifacts: [{ parts: [{ type: "text", text: "Echo: Hello!" }] }],
};

const checkout = { session_id: text, agent_id: uuid, agent_name: "my-agent", amount: 0.1, currency: "USD" };

/** What the contract promises to each call: the status, and fields with their types. More fields are free. */
export const promised: Record<string, [status: number, body?: object]> = {
  health: [200, { status: "ok", version: text }],
  "create org": [201, org],
  "delete org": [204],
  "list orgs": [200, some(org)],
  "get org": [200, org],
  "update org": [200, { ...org, rate_limit: 100 }],
  "register agent": [201, agent],
  "list agents": [200, expect.any(Array)],
  "get agent": [200, agent],
  "update agent": [200, agent],
  "agent card": [200, { name: "my-agent", url: text, version: text, skills: expect.any(Array) }],
  "agent health": [200, { agent: "my-agent", status: text }],
  "search agents": [
    200,
    { total: 1, offset: 0, limit: 50, agents: some({ ...agent, avg_rating: null, review_count: 0 }) },
  ],
  "agent tags": [200, { tags: [] }],
  "agents by name": [200, some(agent)],
  "latest by name": [200, agent],
  "create review": [201, review],
  "list reviews": [200, some(review)],
  "review stats": [
    200,
    {
      agent_id: uuid,
      agent_name: "my-agent",
      review_count: 1,
      avg_rating: 5,
      distribution: { "5": 1, "4": 0, "3": 0, "2": 0, "1": 0 },
    },
  ],
  "send task": [200, answer],
  "send task as org": [200, answer],
  "agent logs": [
    200,
    some({
      id: uuid,
      agent_id: uuid,
      agent_name: "my-agent",
      caller_ip: text,
      task_id: "task-1",
      status: "success",
      error_detail: null,
      latency_ms: number,
      created_at: time,
    }),
  ],
  "agent usage": [
    200,
    {
      agent_id: uuid,
      agent_name: "my-agent",
      total_invocations: number,
      total_errors: 0,
      avg_latency_ms: number,
      last_invocation: time,
    },
  ],
  "usage breakdown": [
    200,
    {
      agent_id: uuid,
      agent_name: "my-agent",
      period: text,
      days: number,
      breakdown: [{ period: text, invocations: number, errors: 0, avg_latency_ms: number }],
    },
  ],
  "org agents": [200, some(agent)],
  "org billing": [
    200,
    {
      org_id: uuid,
      org_name: "acme",
      cost_per_invocation: 0.001,
      total_invocations: number,
      total_errors: 0,
      total_cost: number,
      alert_threshold: null,
      alert_triggered: false,
    },
  ],
  "billing breakdown": [
    200,
    {
      org_id: uuid,
      org_name: "acme",
      cost_per_invocation: 0.001,
      breakdown: some({
        period: expect.stringMatching(/^\d{4}-\d\d-\d\d$/),
        invocations: number,
        errors: 0,
        cost: number,
      }),
    },
  ],
  wallet: [
    200,
    {
      org_id: uuid,
      org_name: "acme",
      balance: 0,
      tier: "free",
      tier_limits: { max_agents: 5, rate_limit: 10, rate_burst: 20, fee_pct: 0.03 },
      agent_count: 1,
      max_agents: 5,
    },
  ],
  topup: [200, { org_id: uuid, org_name: "acme", amount_added: 50, new_balance: 50 }],
  "change tier": [
    200,
    {
      org_id: uuid,
      org_name: "acme",
      old_tier: "free",
      new_tier: "pro",
      tier_limits: { max_agents: 50, rate_limit: 100, rate_burst: 200, fee_pct: 0.025 },
    },
  ],
  transactions: [
    200,
    some({
      id: uuid,
      payer_org_id: null,
      receiver_org_id: uuid,
      agent_id: null,
      amount: 50,
      fee: 0,
      net: 50,
      tx_type: "topup",
      task_id: null,
      created_at: time,
    }),
  ],
  "transaction summary": [
    200,
    {
      org_id: uuid,
      org_name: "acme",
      balance: 50,
      total_spent: 0,
      total_earned: number,
      total_fees_paid: 0,
      transactions_as_payer: 0,
      transactions_as_receiver: number,
    },
  ],
  "health of agents": [200, {}],
  metrics: [
    200,
    {
      total_requests: number,
      total_errors: number,
      errors_by_type: {},
      avg_latency_ms: number,
      agents: { "my-agent": { requests: number, avg_latency_ms: number, p99_latency_ms: number } },
    },
  ],
  discovery: [
    200,
    {
      name: "AgentGate",
      description: text,
      url: text,
      version: text,
      capabilities: {},
      agents: some({ name: "my-agent" }),
    },
  ],
  "create chain": [
    201,
    { id: uuid, name: "pipeline", description: "", steps: [{ agent_id: uuid, input_template: null }], org_id: uuid },
  ],
  "list chains": [200, some({ id: uuid, name: "pipeline" })],
  "get chain": [200, { id: uuid, name: "pipeline", created_at: time, updated_at: time }],
  "run chain": [
    200,
    {
      chain_id: uuid,
      chain_name: "pipeline",
      status: "success",
      final_output: "Echo: Hello!",
      trace: expect.any(Array),
    },
  ],
  "delete chain": [204],
  "price agent": [200, { ...agent, price_per_task: 0.1 }],
  "pay for task": [
    200,
    {
      result: answer,
      ucp: {
        version: text,
        agent_id: uuid,
        price_per_task: 0.1,
        currency: "USD",
        transaction_id: text,
        balance: 49.9975,
      },
    },
  ],
  "ucp catalog": [
    200,
    { total: 1, products: [{ id: uuid, name: "my-agent", price: { amount: 0.1, currency: "USD", unit: "per_task" } }] },
  ],
  "create checkout": [200, { ...checkout, status: "pending", payer_balance: number }],
  "get checkout": [200, { ...checkout, status: "pending" }],
  "complete checkout": [
    200,
    {
      ...checkout,
      status: "completed",
      transaction_id: text,
      fee: 0.0025,
      net: 0.0975,
      payer_new_balance: number,
      result: answer,
    },
  ],
  "rotate key": [200, { new_api_key: text, status: "pending_confirmation" }],
  "confirm rotation": [200, { status: "rotation_confirmed" }],
  "deployment status": [
    200,
    { agent_id: uuid, agent_name: "my-agent", running: false, status: text, container_id: null, name: null },
  ],
  undeploy: [200, { status: "undeployed", agent_id: uuid }],
  "delete agent": [204],
};
