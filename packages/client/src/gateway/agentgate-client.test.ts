import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "@agentgate/testing";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { AgentGateClient } from "./agentgate-client.ts";
import { GatewayError } from "./errors/index.ts";
import { AsyncAgentGateClient } from "./index.ts";
import type { TaskStreamEvent } from "./tasks/index.ts";
import { startRecordingGateway } from "./testing/recording-gateway.ts";

let server: Awaited<ReturnType<typeof startRecordingGateway>>;
let gateway: AgentGateClient;
beforeEach(async () => {
  server = await startRecordingGateway();
  gateway = new AgentGateClient({ baseUrl: server.url, apiKey: "key", retries: 0 });
});
afterEach(() => server.close());

const failure = async (call: Promise<unknown>): Promise<GatewayError> => {
  const error = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(GatewayError.isInstance(error)).toBe(true);
  return error as GatewayError;
};

const calls: [string, (client: AgentGateClient) => Promise<unknown>, body?: unknown][] = [
  ["GET /agents/", (c) => c.listAgents()],
  [
    "GET /agents/?skill=echo&tag=a+b&limit=5&offset=10",
    (c) => c.listAgents({ skill: "echo", tag: "a b", limit: 5, offset: 10 }),
  ],
  ["GET /agents/search", (c) => c.searchAgents()],
  [
    "GET /agents/search?q=x&tags=a%2Cb&sort=rating&limit=1",
    (c) => c.searchAgents({ q: "x", tags: ["a", "b"], sort: "rating", limit: 1 }),
  ],
  ["GET /agents/tags", (c) => c.listTags()],
  ["GET /agents/id", (c) => c.getAgent("id")],
  ["GET /agents/a%2F..%2Fb", (c) => c.getAgent("a/../b")],
  ["GET /agents/by-name/my%20agent?version=1.0.0", (c) => c.getAgentsByName("my agent", { version: "1.0.0" })],
  ["GET /agents/by-name/x/latest", (c) => c.getLatestAgent("x")],
  [
    "POST /agents/",
    (c) =>
      c.registerAgent("x", "https://x.example", {
        webhookUrl: "https://h",
        pricePerTask: 0.5,
        agentApiKey: "k",
        orgId: "o",
        skills: [{ id: "s", someThing: 1 }],
        timeoutMs: 5,
      }),
    {
      name: "x",
      url: "https://x.example",
      webhook_url: "https://h",
      price_per_task: 0.5,
      agent_api_key: "k",
      org_id: "o",
      skills: [{ id: "s", someThing: 1 }],
      timeout_ms: 5,
    },
  ],
  [
    "POST /agents/",
    (c) => c.registerAgentByCard("https://x.example/card.json", { orgId: "o" }),
    { card_url: "https://x.example/card.json", org_id: "o" },
  ],
  [
    "POST /agents/",
    (c) => c.registerAgentByCard({ name: "x", supportedInterfaces: [] }, { name: "y" }),
    { card: { name: "x", supportedInterfaces: [] }, name: "y" },
  ],
  [
    "PUT /agents/id",
    (c) => c.updateAgent("id", { webhookUrl: "", version: "2", name: undefined }),
    { webhook_url: "", version: "2" },
  ],
  ["DELETE /agents/id", (c) => c.deleteAgent("id")],
  [
    "PUT /agents/id/grants/org",
    (c) => c.setAgentGrant("id", "org", "call", { price: 0.02, expiresAt: new Date(0) }),
    { actions: ["call"], price: 0.02, expires_at: "1970-01-01T00:00:00.000Z" },
  ],
  ["GET /agents/id/grants/org", (c) => c.getAgentGrant("id", "org")],
  ["GET /agents/id/grants?limit=5&before=b", (c) => c.listAgentGrants("id", { limit: 5, before: "b" })],
  ["DELETE /agents/id/grants/org", (c) => c.deleteAgentGrant("id", "org")],
  [
    "GET /approvals?state=rejected&kind=change&org_id=o&before=b&limit=5",
    (c) => c.listApprovals({ state: "rejected", kind: "change", orgId: "o", before: "b", limit: 5 }),
  ],
  ["POST /agents/id/approve", (c) => c.approveAgent("id", "v1", "fine"), { expected: "v1", reason: "fine" }],
  ["POST /agents/id/reject", (c) => c.rejectAgent("id", "no"), { reason: "no" }],
  ["POST /agents/id/suspend", (c) => c.suspendAgent("id", "bad"), { reason: "bad" }],
  ["POST /agents/id/resume", (c) => c.resumeAgent("id"), {}],
  ["GET /agents/id/card", (c) => c.getAgentCard("id")],
  [
    "PUT /agents/id/credentials",
    (c) => c.setAgentCredential("id", { type: "oauth2", tokenUrl: "https://t", clientId: "c", clientSecret: "s" }),
    { type: "oauth2", token_url: "https://t", client_id: "c", client_secret: "s" },
  ],
  ["GET /agents/id/credentials", (c) => c.getAgentCredential("id")],
  ["DELETE /agents/id/credentials", (c) => c.deleteAgentCredential("id")],
  ["GET /agents/id/health", (c) => c.getAgentHealth("id")],
  ["GET /agents/id/logs?limit=5&offset=0", (c) => c.getAgentLogs("id", { limit: 5, offset: 0 })],
  ["GET /agents/id/usage", (c) => c.getAgentUsage("id")],
  [
    "GET /agents/id/usage/breakdown?period=month&days=90",
    (c) => c.getAgentUsageBreakdown("id", { period: "month", days: 90 }),
  ],
  [
    "POST /agents/id/reviews",
    (c) => c.reviewAgent("id", { rating: 5, comment: "good" }),
    { rating: 5, comment: "good" },
  ],
  ["GET /agents/id/reviews?limit=1", (c) => c.listReviews("id", { limit: 1 })],
  ["GET /agents/id/reviews/stats", (c) => c.getReviewStats("id")],
  ["POST /agents/id/task", (c) => c.sendTask("id", { id: "t", any: 1 }), { id: "t", any: 1 }],
  [
    "POST /orgs/",
    (c) => c.createOrg("acme", { apiKey: "secret-key", costPerInvocation: 0.002, rateLimit: 50, rateBurst: 100 }),
    { name: "acme", api_key: "secret-key", cost_per_invocation: 0.002, rate_limit: 50, rate_burst: 100 },
  ],
  ["GET /orgs/", (c) => c.listOrgs()],
  ["GET /orgs/me", (c) => c.getMyOrg()],
  ["GET /orgs/?limit=5&offset=10", (c) => c.listOrgs({ limit: 5, offset: 10 })],
  ["GET /orgs/id", (c) => c.getOrg("id")],
  [
    "PUT /orgs/id",
    (c) => c.updateOrg("id", { rateLimit: 100, billingAlertThreshold: 5 }),
    { rate_limit: 100, billing_alert_threshold: 5 },
  ],
  ["DELETE /orgs/id", (c) => c.deleteOrg("id")],
  ["DELETE /orgs/id?force=true", (c) => c.deleteOrg("id", { force: true })],
  ["GET /orgs/id/agents", (c) => c.listOrgAgents("id")],
  ["POST /orgs/id/rotate-key", (c) => c.rotateKey("id")],
  ["POST /orgs/id/confirm-rotation", (c) => c.confirmRotation("id")],
  ["GET /orgs/id/wallet", (c) => c.getOrgWallet("id")],
  ["POST /orgs/id/topup", (c) => c.topupOrg("id", 50), { amount: 50 }],
  ["POST /orgs/id/topup", (c) => c.topupOrg("id", { amount: 50 }), { amount: 50 }],
  ["POST /orgs/id/tier", (c) => c.changeOrgTier("id", "pro"), { tier: "pro" }],
  ["GET /orgs/id/transactions?role=payer&limit=10", (c) => c.listOrgTransactions("id", { role: "payer", limit: 10 })],
  ["GET /orgs/id/transactions/summary", (c) => c.getOrgTransactionSummary("id")],
  ["GET /orgs/id/billing", (c) => c.getOrgBilling("id")],
  ["GET /orgs/id/billing/breakdown", (c) => c.getOrgBillingBreakdown("id")],
  [
    "POST /chains/",
    (c) => c.createChain("c", [{ agentId: "a", inputTemplate: "{input}", agentApiKey: "k" }], { orgId: "o" }),
    { name: "c", org_id: "o", steps: [{ agent_id: "a", input_template: "{input}", agent_api_key: "k" }] },
  ],
  ["GET /chains/?limit=5", (c) => c.listChains({ limit: 5 })],
  ["GET /chains/id", (c) => c.getChain("id")],
  ["PUT /chains/id", (c) => c.updateChain("id", { description: "d" }), { description: "d" }],
  [
    "PUT /chains/id",
    (c) => c.updateChain("id", { steps: [{ agentId: "a", agentApiKey: "" }] }),
    { steps: [{ agent_id: "a", agent_api_key: "" }] },
  ],
  ["DELETE /chains/id", (c) => c.deleteChain("id")],
  ["POST /chains/id/run", (c) => c.runChain("id", "hi"), { input: "hi" }],
  [
    "POST /webhooks/endpoints",
    (c) => c.createWebhookEndpoint("https://h", { events: ["task.failed"], orgId: "o" }),
    { url: "https://h", events: ["task.failed"], org_id: "o" },
  ],
  ["PUT /webhooks/endpoints/id", (c) => c.updateWebhookEndpoint("id", { status: "enabled" }), { status: "enabled" }],
  ["DELETE /webhooks/endpoints/id", (c) => c.deleteWebhookEndpoint("id")],
  ["POST /webhooks/endpoints/id/rotate-secret", (c) => c.rotateWebhookSecret("id")],
  ["POST /agents/id/webhook/rotate-secret", (c) => c.rotateAgentWebhookSecret("id")],
  ["POST /webhooks/endpoints/id/test", (c) => c.sendWebhookTest("id")],
  [
    "GET /webhooks/deliveries?endpoint_id=e&status=failed&limit=5",
    (c) => c.listWebhookDeliveries({ endpointId: "e", status: "failed", limit: 5 }),
  ],
  ["GET /webhooks/deliveries/id", (c) => c.getWebhookDelivery("id")],
  ["POST /webhooks/deliveries/id/resend", (c) => c.sendWebhookAgain("id")],
  [
    "POST /webhooks/deliveries/resend",
    (c) => c.sendWebhooksAgain("e", { from: "2026-11-21T00:00:00Z", status: "failed" }),
    { endpoint_id: "e", from: "2026-11-21T00:00:00Z", status: "failed" },
  ],
  ["GET /deploy/id/status", (c) => c.getDeployment("id")],
  ["GET /deploy/id/logs?tail=5", (c) => c.getDeploymentLogs("id", { tail: 5 })],
  ["GET /deploy/id/secrets", (c) => c.listDeploymentSecrets("id")],
  ["PUT /deploy/id/secrets", (c) => c.setDeploymentSecrets("id", { KEY: "value" }), { KEY: "value" }],
  ["DELETE /deploy/id", (c) => c.undeployAgent("id")],
  ["GET /health", (c) => c.health()],
  ["GET /health/ready", (c) => c.readiness()],
  ["GET /health/agents", (c) => c.agentsHealth()],
  ["GET /admin/ledger/verify", (c) => c.verifyLedger()],
  ["GET /metrics", (c) => c.metrics()],
  ["GET /metrics", (c) => c.metricsText()],
  ["GET /.well-known/agent.json", (c) => c.discovery()],
];

test.each(calls)("%s", async (line, call, body) => {
  server.answersJson(200, []);
  await call(gateway);
  const [request] = server.requests;
  expect(`${request?.method} ${request?.url}`).toBe(line);
  expect(request?.headers.authorization).toBe("Bearer key");
  expect(request?.body ? JSON.parse(request.body) : undefined).toEqual(body);
  if (body) expect(request?.headers["content-type"]).toBe("application/json");
});

test("answers are the gateway's records as they are", async () => {
  server.answersJson(200, [{ id: "1", price_per_task: 0.5 }]);
  expect(await gateway.listAgents()).toEqual([{ id: "1", price_per_task: 0.5 }]);
  server.answersJson(200, { tags: [{ name: "a", count: 1 }] });
  expect(await gateway.listTags()).toEqual([{ name: "a", count: 1 }]);
  server.answers((response) => response.writeHead(204).end());
  expect(await gateway.deleteAgent("id")).toBe(undefined);
  server.answers((response) => response.end("# HELP x\n"));
  expect(await gateway.metricsText()).toBe("# HELP x\n");
  expect(server.requests.at(-1)?.headers.accept).toBe("text/plain");
});

describe("lists of several pages", () => {
  /** Ten records in pages of at most three, as the gateway pages what is large. */
  const serveTen = () =>
    server.answers((response, { url }) => {
      const { pathname, searchParams } = new URL(url, server.url);
      const from = Number(searchParams.get("after") ?? 0);
      const to = Math.min(10, from + Math.min(3, Number(searchParams.get("limit") ?? 3)));
      const next = new URLSearchParams({ limit: "3", ...Object.fromEntries(searchParams), after: `${to}` });
      if (to < 10) response.setHeader("link", `<${pathname}?${next}>; rel="next"`);
      const ids = Array.from({ length: to - from }, (_, n) => from + n);
      response.end(
        JSON.stringify(
          pathname === "/agents/tags"
            ? { tags: ids.map((id) => ({ name: `${id}`, count: 1 })) }
            : pathname === "/health/agents"
              ? Object.fromEntries(ids.map((id) => [`agent-${id}`, { status: "healthy" }]))
              : ids.map((id) => ({ id })),
        ),
      );
    });
  const ten = Array.from({ length: 10 }, (_, id) => ({ id }));

  test("are followed to their end, with what they were asked for", async () => {
    serveTen();
    expect(await gateway.listAgents({ skill: "a b" })).toEqual(ten);
    expect(server.requests.map(({ url }) => url)).toEqual([
      "/agents/?skill=a+b",
      ...[3, 6, 9].map((after) => `/agents/?limit=3&skill=a+b&after=${after}`),
    ]);
    expect(await gateway.listOrgAgents("id")).toEqual(ten);
    expect(await gateway.getAgentsByName("x")).toEqual(ten);
    expect(await gateway.listOrgs()).toEqual(ten);
    expect(await gateway.listTags()).toHaveLength(10);
    expect(Object.keys(await gateway.agentsHealth())).toHaveLength(10);
  });

  test("end at the limit, of which no more is asked for", async () => {
    serveTen();
    expect(await gateway.listAgents({ limit: 5, offset: 0 })).toEqual(ten.slice(0, 5));
    expect(server.requests.map(({ url }) => url)).toEqual([
      "/agents/?limit=5&offset=0",
      "/agents/?limit=2&offset=0&after=3",
    ]);
  });

  test("end where the gateway says nothing new", async () => {
    server.answers((response) => response.setHeader("link", '</agents/?after=1>; rel="next"').end('[{"id":1}]'));
    expect(await gateway.listAgents()).toHaveLength(2);
    server.answers((response) => response.setHeader("link", '</agents/>; rel="prev"').end('[{"id":1}]'));
    expect(await gateway.listAgents()).toHaveLength(1);
  });
});

test("a deployment sends its fields before its file", async () => {
  await gateway.deployAgent(new Blob(["archive"]), { name: "x", version: "1.0.0" });
  const [{ headers, body } = { headers: {}, body: "" }] = server.requests;
  expect(headers["content-type"]).toMatch(/^multipart\/form-data; boundary=/);
  const at = ['name="name"', 'name="version"', 'name="file"; filename="agent.tar.gz"'].map((part) =>
    body.indexOf(part),
  );
  expect(at).toEqual(at.toSorted((a, b) => a - b));
  expect(at).not.toContain(-1);
  expect(body).not.toContain('name="description"');
});

describe("keys", () => {
  test("a client without a key sends none", async () => {
    await new AgentGateClient({ baseUrl: server.url }).health();
    expect(server.requests[0]?.headers).not.toHaveProperty("authorization");
  });

  test("with an agent's key, the client's key only pays", async () => {
    await gateway.sendTask("id", "hi", { agentApiKey: "agent-key", idempotencyKey: "once" });
    expect(server.requests[0]?.headers).toMatchObject({
      authorization: "Bearer agent-key",
      "x-agentgate-payer-key": "key",
      "idempotency-key": "once",
    });
    await gateway.sendTask("id", "hi");
    expect(server.requests[1]?.headers).not.toHaveProperty("x-agentgate-payer-key");
  });
});

test("text becomes a task with an id of its own", async () => {
  await gateway.sendTask("id", "Hello!");
  await gateway.sendTask("id", "Hello!");
  const [first, second] = server.requests.map(({ body }) => JSON.parse(body));
  expect(first.message).toEqual({ role: "user", parts: [{ type: "text", text: "Hello!" }] });
  expect(first.id).toMatch(/^task-[0-9a-f]{32}$/);
  expect(second.id).not.toBe(first.id);
});

describe("addresses", () => {
  test("a base URL may have a path and slashes at its end", async () => {
    await new AgentGateClient({ baseUrl: `${server.url}/gate//` }).health();
    expect(server.requests[0]?.url).toBe("/gate/health");
  });

  test("the address may come first, as a text or a URL", async () => {
    for (const url of [server.url, new URL(server.url)])
      await new AsyncAgentGateClient(url, { apiKey: "mine" }).health();
    expect(server.requests.map(({ headers }) => headers.authorization)).toEqual(["Bearer mine", "Bearer mine"]);
    expect(AsyncAgentGateClient).toBe(AgentGateClient);
  });

  test.each(["", ".", ".."])("%j is nobody's id: nothing is asked", async (id) => {
    const calls = [() => gateway.endSession(id), () => gateway.getOrg(id), () => gateway.sendTask(id, "hi")];
    for (const call of calls) await expect((async () => call())()).rejects.toThrow(TypeError);
    expect(server.requests).toEqual([]);
  });

  test.each(["", "gateway.example", "ftp://gateway.example", "https://"])("%j is no base URL", (baseUrl) => {
    expect(() => new AgentGateClient({ baseUrl })).toThrow(TypeError);
  });

  test("another fetch may be given", async () => {
    const fetch = vi.fn(async () => Response.json({ status: "ok", version: "1" }));
    const health = await new AgentGateClient({ baseUrl: "https://gateway.example", fetch }).health();
    expect(health).toEqual({ status: "ok", version: "1" });
    expect(fetch).toHaveBeenCalledWith("https://gateway.example/health", expect.anything());
  });
});

describe("errors", () => {
  test("carry the gateway's code, status, words and request id", async () => {
    const problem = { detail: "Too many requests", code: "rate_limited", status: 429 };
    server.answersJson(429, problem, { "x-request-id": "r-1", "retry-after": "3" });
    expect(await failure(gateway.sendTask("id", "hi"))).toMatchObject({
      name: "RateLimitError",
      message: "Too many requests",
      detail: "Too many requests",
      code: "rate_limited",
      status: 429,
      requestId: "r-1",
      retryAfterSeconds: 3,
      findings: [],
    });
  });

  test("say in words what a validation found", async () => {
    const findings = [
      { type: "missing", loc: ["body", "name"], msg: "Field required" },
      { type: "x", loc: ["body", "skills", 0, "id"], msg: "Bad" },
      { type: "json", loc: ["body"], msg: "JSON decode error" },
    ];
    server.answersJson(422, { detail: findings });
    const error = await failure(gateway.registerAgent("", ""));
    expect(error).toMatchObject({ code: "http_422", status: 422, findings });
    expect(error.message).toBe("name: Field required; skills.0.id: Bad; JSON decode error");
  });

  test.each([
    ["<html>Bad gateway</html>", "HTTP 502 Bad Gateway"],
    ["", "HTTP 502 Bad Gateway"],
    ["null", "HTTP 502 Bad Gateway"],
    ["[1]", "HTTP 502 Bad Gateway"],
    ['{"detail":[1,null],"code":7}', "HTTP 502 Bad Gateway"],
    ['{"title":"Down"}', "Down"],
    ['{"detail":"Down"}', "Down"],
  ])("of somebody else are read as far as they go: %s", async (body, message) => {
    server.answers((response) => response.writeHead(502).end(body));
    expect(await failure(gateway.health())).toMatchObject({ code: "http_502", status: 502, message });
  });

  test("unreachable", async () => {
    const baseUrl = `http://127.0.0.1:${await freePort()}`;
    const error = await failure(new AgentGateClient({ baseUrl, retries: 0 }).health());
    expect(error.code).toBe("unreachable");
    expect(error.message).toContain(baseUrl);
    expect(error.message).toContain("ECONNREFUSED");
    expect(error.status).toBe(undefined);
  });

  test("an answer that breaks off", async () => {
    server.answers((response) => {
      response.writeHead(200, { "content-length": "100" }).write("{");
      setTimeout(() => response.destroy(), 20);
    });
    expect((await failure(gateway.health())).code).toBe("unreachable");
  });

  test("timeout, before the answer and within it", async () => {
    server.answers(() => {});
    expect(await failure(gateway.health({ timeoutMs: 30 }))).toMatchObject({ code: "timeout" });
    server.answers((response) => response.writeHead(200).write("{"));
    expect(await failure(gateway.health({ timeoutMs: 30 }))).toMatchObject({ code: "timeout" });
  });

  test("a redirect is named, not followed: it would be another address", async () => {
    server.answers((response) => response.writeHead(308, { location: "https://new.example/health" }).end());
    const error = await failure(gateway.health());
    expect(error).toMatchObject({ code: "redirected", status: 308 });
    expect(error.message).toContain("https://new.example/health");
  });

  test.each(["<html>", '{"artifacts":[]}', "null", ""])("something that is no gateway: %s", async (text) => {
    server.answers((response) => response.end(text));
    const message = expect.stringMatching(/Is it an AgentGate gateway\?$/);
    for (const call of [gateway.listAgents(), gateway.listOrgs(), gateway.getAgentsByName("a")])
      expect(await failure(call)).toMatchObject({ code: "invalid_response", status: 200, message });
  });

  test("the caller's own signal rejects with its reason", async () => {
    server.answers(() => {});
    const controller = new AbortController();
    const call = gateway.health({ signal: controller.signal });
    controller.abort(new Error("changed my mind"));
    await expect(call).rejects.toThrow("changed my mind");
    await expect(gateway.health({ signal: controller.signal })).rejects.toThrow("changed my mind");
  });

  test("are recognised across two copies of the package", async () => {
    vi.resetModules();
    const copy = await import("./errors/index.ts");
    expect(copy.GatewayError).not.toBe(GatewayError);
    const error = new copy.GatewayError("timeout", "late");
    expect(error).not.toBeInstanceOf(GatewayError);
    expect(GatewayError.isInstance(error)).toBe(true);
    for (const other of [new Error("x"), undefined, null, "timeout", {}])
      expect(GatewayError.isInstance(other)).toBe(false);
  });
});

describe("streams", () => {
  const stream = (...events: string[]) =>
    server.answers((response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.end(events.join(""));
    });
  const collect = async (events: AsyncIterable<TaskStreamEvent>) => {
    const all: TaskStreamEvent[] = [];
    for await (const event of events) all.push(event);
    return all;
  };

  test("give their events and end with the result", async () => {
    stream(
      "event: status\ndata: Routing task to echo\n\n",
      ": keep-alive\n\n",
      "event: chunk\ndata: Hé\n\nevent: unknown\ndata: later\n\n",
      'event: result\ndata: {"a":1}\n\n',
    );
    expect(await collect(gateway.streamTask("id", "hi", { agentApiKey: "k" }))).toEqual([
      { type: "status", data: "Routing task to echo" },
      { type: "chunk", data: "Hé" },
      { type: "result", data: '{"a":1}', answer: { a: 1 } },
    ]);
    expect(server.requests[0]).toMatchObject({
      method: "POST",
      url: "/agents/id/task/stream",
      headers: { accept: "text/event-stream", authorization: "Bearer k", "content-type": "application/json" },
    });
  });

  test("throw what the gateway says of a failed task", async () => {
    stream("event: status\ndata: x\n\nevent: error\ndata: Agent timed out\n\n");
    expect(await failure(collect(gateway.streamTask("id", "hi")))).toMatchObject({
      code: "task_failed",
      message: "Agent timed out",
    });
  });

  test("throw when they end before the result", async () => {
    stream("event: status\ndata: x\n\n");
    expect((await failure(collect(gateway.streamTask("id", "hi")))).code).toBe("stream_interrupted");
  });

  test("throw the gateway's refusal before they begin", async () => {
    server.answersJson(402, { detail: "Insufficient balance", code: "insufficient_balance" });
    expect(await failure(collect(gateway.streamTask("id", "hi")))).toMatchObject({
      status: 402,
      code: "insufficient_balance",
    });
  });

  test("that do not begin time out, and one that did may take longer", async () => {
    const body = new ReadableStream({
      start(controller) {
        const send = (event: string) => controller.enqueue(new TextEncoder().encode(event));
        send("event: status\ndata: x\n\n");
        setTimeout(() => {
          send("event: result\ndata: y\n\n");
          controller.close();
        }, 100);
      },
    });
    const begins = new AgentGateClient({ baseUrl: server.url, fetch: async () => new Response(body) });
    expect(await collect(begins.streamTask("id", "hi", { timeoutMs: 50 }))).toHaveLength(2);
    server.answers(() => {});
    expect((await failure(collect(gateway.streamTask("id", "hi", { timeoutMs: 50 })))).code).toBe("timeout");
  });

  test("are cancelled by leaving the loop", async () => {
    let closed = false;
    server.answers((response) => {
      response.on("close", () => {
        closed = true;
      });
      response.writeHead(200, { "content-type": "text/event-stream" }).write("event: status\ndata: x\n\n");
    });
    for await (const event of gateway.streamTask("id", "hi")) {
      expect(event.type).toBe("status");
      break;
    }
    await expect.poll(() => closed).toBe(true);
  });

  test("are cancelled by the caller's signal", async () => {
    server.answers((response) => {
      response.writeHead(200, { "content-type": "text/event-stream" }).write("event: status\ndata: x\n\n");
    });
    const controller = new AbortController();
    const events = gateway.streamTask("id", "hi", { signal: controller.signal });
    await events.next();
    const next = events.next();
    await sleep(10);
    controller.abort(new Error("enough"));
    await expect(next).rejects.toThrow("enough");
  });
});
