import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { testEngines } from "../storage/testing/index.ts";
import { echo, startAgent, startTestGateway, type TestAgent, type TestGateway, textTask } from "../testing/index.ts";

const UNKNOWN = "00000000-0000-4000-8000-000000000000";

describe.each(testEngines())("tasks on %s", (engine) => {
  let gate: TestGateway;
  let agent: TestAgent;
  let id: string;
  beforeAll(async () => {
    gate = await startTestGateway(engine, { responseBytesMax: 100_000 });
    agent = await startAgent();
    id = (await gate.register({ name: "echo", url: `${agent.url}/` })).id;
  });
  afterAll(async () => {
    await gate.close();
    await agent.close();
  });
  const send = (agentId: string, task: unknown, key: string | null = null) =>
    gate.call("POST", `/agents/${agentId}/task`, task, key);
  const lastLog = async (agentId: string) => (await gate.call("GET", `/agents/${agentId}/logs?limit=1`)).body[0];

  test("a free agent's answer comes back byte for byte, with one log row", async () => {
    const odd = '{ "id":"x",\n "n": 12345678901234567890, "artifacts":[{"parts":[{"text":"\\u00e9"}]}] }';
    const verbatim = await startAgent((_, response) => response.end(odd));
    const { id: oddId } = await gate.register({ name: "odd", url: verbatim.url });
    const answer = await fetch(`${gate.url}/agents/${oddId}/task`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(textTask("hi", "t-9")),
    });
    expect([answer.status, await answer.text()]).toEqual([200, odd]);
    const logs = (await gate.call("GET", `/agents/${oddId}/logs`)).body;
    expect(logs).toMatchObject([
      {
        id: expect.any(String),
        request_id: answer.headers.get("x-request-id"),
        agent_id: oddId,
        agent_name: "odd",
        caller_ip: "127.0.0.1",
        task_id: "t-9",
        status: "success",
        error_detail: null,
        latency_ms: expect.any(Number),
        created_at: expect.stringMatching(/Z$/),
      },
    ]);
    await verbatim.close();
  });

  test("the agent gets the task at /a2a, with tracing and chain, without the caller's credentials", async () => {
    const traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    agent.received.length = 0;
    await fetch(`${gate.url}/v1/agents/${id}/task/`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        authorization: "Bearer caller-secret",
        cookie: "session=secret",
        "x-agentgate-payer-key": "",
        traceparent,
        tracestate: "a=b",
        "x-request-id": "req-1",
      },
      body: '{"id":"t", "big":12345678901234567890,"__proto__":{"x":1}}',
    });
    const [task] = agent.received;
    expect(task).toMatchObject({ path: "/a2a", body: '{"id":"t","big":12345678901234567890,"__proto__":{"x":1}}' });
    expect(task!.headers).toMatchObject({
      "content-type": "application/json",
      traceparent,
      tracestate: "a=b",
      "x-request-id": "req-1",
    });
    expect(task!.headers["x-agentgate-chain"]).toMatch(new RegExp(`^${id}:[0-9a-f-]{36}$`));
    expect(JSON.stringify(task)).not.toContain("secret");
  });

  test("a call without a trace starts one", async () => {
    agent.received.length = 0;
    const { headers } = await send(id, textTask("x"));
    const traceId = headers.get("x-trace-id");
    expect(agent.received[0]!.headers.traceparent).toMatch(new RegExp(`^00-${traceId}-[0-9a-f]{16}-01$`));
    const [logged] = (await gate.call("GET", `/agents/${id}/logs`)).body;
    expect([logged.trace_id, logged.id.replaceAll("-", "")]).toEqual([traceId, traceId]);
  });

  test.each([
    ["an unknown agent", UNKNOWN, "{}", 404],
    ["a bad id", "nope", "{}", 422],
    ["an array", undefined, "[]", 422],
    ["nothing", undefined, "", 422],
    ["broken JSON", undefined, "{", 422],
    ["deep JSON", undefined, `{"a":${"[".repeat(5000)}${"]".repeat(5000)}}`, 422],
  ])("%s is refused", async (_, agentId, body, status) => {
    const response = await fetch(`${gate.url}/agents/${agentId ?? id}/task`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body,
    });
    expect(response.status).toBe(status);
  });

  test("an agent with a key of its own opens to that key, its owner and the admin only", async () => {
    const [owner, other] = [await gate.createOrg("owner"), await gate.createOrg("other")];
    const { id: lockedId } = await gate.register(
      { name: "locked", url: agent.url, agent_api_key: "agent-secret-key" },
      owner.key,
    );
    for (const key of [null, "wrong", other.key]) {
      const { status, body } = await send(lockedId, textTask("x"), key);
      expect([status, body.detail]).toEqual([401, "Invalid or missing agent API key"]);
    }
    for (const key of ["agent-secret-key", owner.key, "test-admin-key"])
      expect((await send(lockedId, textTask("x"), key)).status).toBe(200);
  });

  test("who calls a priced agent with a key of its own is told how to show both keys, whichever is missing", async () => {
    const payer = await gate.createOrg("payer-of-a-locked-one");
    await gate.call("POST", `/orgs/${payer.id}/topup`, { amount: 1 });
    const own = "key-of-the-locked-one";
    const { id: bothId } = await gate.register({ name: "both", url: agent.url, price_per_task: 1, agent_api_key: own });
    const refusals = [await send(bothId, textTask("x"), own), await send(bothId, textTask("x"), payer.key)];
    expect(refusals.map(({ status }) => status)).toEqual([402, 401]);
    expect(refusals[0]!.body.detail).toMatch(/^Payment required/);
    expect(refusals[1]!.body.detail).toMatch(/^Invalid or missing agent API key/);
    for (const { body } of refusals) {
      expect(body.detail).toContain("the agent's own key as Authorization: Bearer");
      expect(body.detail).toContain("X-AgentGate-Payer-Key");
    }
    // Done as it says:
    const withBoth = async (payerKey: string) =>
      fetch(`${gate.url}/agents/${bothId}/task`, {
        method: "POST",
        headers: {
          authorization: `Bearer ${own}`,
          "x-agentgate-payer-key": payerKey,
          "content-type": "application/json",
        },
        body: JSON.stringify(textTask("x")),
      });
    expect((await withBoth(payer.key)).status).toBe(200);
    expect((await gate.call("GET", `/orgs/${payer.id}/wallet`)).body.balance).toBe(0);
    // A program of the admin's shows its own key there, and pays as little as ever; a key that is nobody's pays nothing either.
    expect((await withBoth("test-admin-key")).status).toBe(200);
    const nobodys = await withBoth("nobody's");
    expect([nobodys.status, await nobodys.json()]).toMatchObject([401, { code: "invalid_payer_key" }]);
  });

  test("the rate limit is the owner's, per client address, and says when to come back", async () => {
    const owner = await gate.createOrg("slow", { rate_limit: 0.001, rate_burst: 2 });
    const { id: slowId } = await gate.register({ name: "slow", url: agent.url }, owner.key);
    const replies = [];
    for (let n = 0; n < 3; n++) replies.push(await send(slowId, textTask("x")));
    expect(replies.map(({ status }) => status)).toEqual([200, 200, 429]);
    expect(replies.map(({ headers }) => headers.get("ratelimit-remaining"))).toEqual(["1", "0", "0"]);
    const [, , refused] = replies;
    expect(refused!.body.detail).toContain("Too many");
    expect(Number(refused!.headers.get("retry-after"))).toBeGreaterThan(500);
    expect(Number(refused!.headers.get("retry-after"))).toBeLessThanOrEqual(1_000);
    expect(refused!.headers.get("ratelimit-limit")).toBe("2");
    expect((await gate.call("PUT", `/orgs/${owner.id}`, { rate_limit: 1000, rate_burst: 1000 })).status).toBe(200);
    expect((await send(slowId, textTask("x"))).headers.get("ratelimit-limit")).toBe("1000");
  });

  test("a payer has a bucket of its own, over all agents it calls", async () => {
    const payer = await gate.createOrg("payer-with-a-limit", { rate_limit: 0.01, rate_burst: 2 });
    await gate.call("POST", `/orgs/${payer.id}/topup`, { amount: 1 });
    const owner = await gate.createOrg("fast-owner", { rate_limit: 1000, rate_burst: 1000 });
    const ids = [];
    for (const name of ["limited-1", "limited-2", "limited-3"]) {
      ids.push((await gate.register({ name, url: agent.url, price_per_task: 0.1 }, owner.key)).id);
    }
    const free = (await gate.register({ name: "unlimited", url: agent.url }, owner.key)).id;
    const statuses = [];
    for (const agentId of ids) statuses.push((await send(agentId, textTask("x"), payer.key)).status);
    expect(statuses).toEqual([200, 200, 429]);
    expect((await send(free, textTask("x"), payer.key)).status).toBe(200);
  });

  test("a chain that is too deep or turns in circles gives 508; hops are carried on", async () => {
    const hop = (agentId: string, n: number) => `${agentId}:00000000-0000-4000-8000-00000000000${n}`;
    const chained = (chain: string) =>
      fetch(`${gate.url}/agents/${id}/task`, {
        method: "POST",
        headers: { "content-type": "application/json", "x-agentgate-chain": chain },
        body: JSON.stringify(textTask("x")),
      });
    const others = Array.from({ length: 8 }, (_, n) => hop(UNKNOWN.replace("8000", `8${n}00`), n));
    expect((await chained(others.slice(0, 7).join(","))).status).toBe(200);
    expect((await chained(others.join(","))).status).toBe(508);
    expect((await chained([1, 2].map((n) => hop(id, n)).join(","))).status).toBe(200);
    expect((await chained([1, 2, 3].map((n) => hop(id, n)).join(", "))).status).toBe(508);
    expect((await chained([1, 2, 3].map((n) => hop(id, n).toUpperCase()).join(","))).status).toBe(508);
    expect((await chained(others.join(",").toUpperCase())).status).toBe(508);
    agent.received.length = 0;
    expect((await chained(`${others[0]},garbage,${"x".repeat(9000)}`)).status).toBe(200);
    expect(agent.received[0]!.headers["x-agentgate-chain"]!.toString().split(",")).toEqual([
      others[0],
      expect.stringContaining(id),
    ]);
  });

  test("a caller who hangs up cancels the agent's work", async () => {
    let ended: (reason: string) => void = () => {};
    const cancelled = new Promise<string>((resolve) => {
      ended = resolve;
    });
    const slow = await startAgent((_task, _response, request) => request.socket.on("close", () => ended("closed")));
    const { id: slowId } = await gate.register({ name: "hang", url: slow.url });
    const controller = new AbortController();
    const call = fetch(`${gate.url}/agents/${slowId}/task`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(textTask("x")),
      signal: controller.signal,
    });
    await expect.poll(() => slow.received.length).toBe(1);
    controller.abort();
    await expect(call).rejects.toThrow();
    expect(await cancelled).toBe("closed");
    await expect.poll(async () => (await lastLog(slowId))?.error_detail).toBe("cancelled");
    await slow.close();
  });

  test("usage and its breakdown add up", async () => {
    const flaky = await startAgent((task, response, request) =>
      task.body.includes("bad") ? response.destroy() : echo(task, response, request),
    );
    const { id: flakyId } = await gate.register({ name: "flaky", url: flaky.url });
    const today = gate.clock.today();
    for (const text of ["good", "bad", "good"]) await send(flakyId, textTask(text));
    const usage = (await gate.call("GET", `/agents/${flakyId}/usage`)).body;
    expect(usage).toEqual({
      agent_id: flakyId,
      agent_name: "flaky",
      total_invocations: 3,
      total_errors: 1,
      avg_latency_ms: expect.any(Number),
      last_invocation: expect.stringMatching(/Z$/),
    });
    const day = (await gate.call("GET", `/agents/${flakyId}/usage/breakdown`)).body;
    expect(day).toEqual({
      agent_id: flakyId,
      agent_name: "flaky",
      period: "day",
      days: 30,
      breakdown: [{ period: today, invocations: 3, errors: 1, avg_latency_ms: expect.any(Number) }],
    });
    const month = (await gate.call("GET", `/agents/${flakyId}/usage/breakdown?period=month&days=365`)).body;
    expect(month.breakdown).toEqual([
      { period: today.slice(0, 7), invocations: 3, errors: 1, avg_latency_ms: expect.any(Number) },
    ]);
    expect((await gate.call("GET", `/agents/${flakyId}/usage/breakdown?days=366`)).status).toBe(422);
    await flaky.close();
  });

  test("a priced agent without a payer, or with an empty wallet, is not called", async () => {
    const [owner, poor] = [await gate.createOrg("seller"), await gate.createOrg("poor")];
    const priced = await startAgent();
    const { id: pricedId } = await gate.register({ name: "priced", url: priced.url, price_per_task: 0.1 }, owner.key);
    expect((await send(pricedId, textTask("x"))).body.detail).toContain("Payment required");
    expect((await send(pricedId, textTask("x"), poor.key)).body).toMatchObject({
      status: 402,
      detail: "Insufficient balance: 0.0000 < 0.1000 (agent: priced)",
    });
    expect(priced.received).toHaveLength(0);
    expect((await send(pricedId, textTask("x"), "test-admin-key")).body).toMatchObject({
      result: { id: "task-1" },
      ucp: { price_per_task: 0.1, currency: "USD", transaction_id: null },
    });
    await priced.close();
  });

  test("every answer after the limit's check tells the limit", async () => {
    const owner = await gate.createOrg("telling", { rate_limit: 1000, rate_burst: 5000 });
    const fields = { url: agent.url, price_per_task: 1 };
    const { id: pricedId } = await gate.register({ name: "telling", ...fields }, owner.key);
    const { id: lockedId } = await gate.register({ name: "told", ...fields, agent_api_key: "k" }, owner.key);
    const refused = await Promise.all([send(pricedId, {}), send(pricedId, {}, owner.key), send(lockedId, {})]);
    expect(refused.map(({ status }) => status)).toEqual([402, 402, 401]);
    for (const { headers } of refused) expect(headers.get("ratelimit-limit")).toBe("5000");
  });

  test("metrics count what was routed", async () => {
    const metrics = (await gate.call("GET", "/metrics")).body;
    expect(metrics.agents.flaky).toMatchObject({ requests: 3 });
    expect(metrics.errors_by_type).toMatchObject({ protocol_error: 1 });
    const text = await fetch(`${gate.url}/metrics`, {
      headers: { authorization: "Bearer test-admin-key", accept: "text/plain" },
    });
    expect(await text.text()).toContain("agentgate_tasks_running 0");
    expect((await gate.call("GET", "/metrics", undefined, null)).status).toBe(401);
  });
});
