import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { rpcResult, startRawAgent } from "../a2a/testing/raw-agent.ts";
import { testEngines } from "../storage/testing/index.ts";
import {
  ADMIN_KEY,
  type Answer,
  echo,
  startAgent,
  startTestGateway,
  type TestAgent,
  type TestGateway,
} from "../testing/index.ts";

const said = (response: Parameters<Answer>[1], body: unknown, status = 200) => {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
};

describe.each(testEngines())("running chains on %s", (engine) => {
  let gate: TestGateway;
  let own: { id: string; key: string };
  let seller: { id: string; key: string };
  const agents: TestAgent[] = [];
  beforeAll(async () => {
    gate = await startTestGateway(engine, { topup: "open" });
    own = await gate.createOrg("own", { tier: "enterprise" });
    seller = await gate.createOrg("seller", { tier: "enterprise" });
    await gate.call("POST", `/orgs/${own.id}/topup`, { amount: 10 });
  });
  afterAll(async () => {
    await gate.close();
    await Promise.all(agents.map((agent) => agent.close()));
  });

  /** Starts and registers an agent. */
  const agent = async (answer: Answer = echo, fields: object = {}) => {
    const started = await startAgent(answer);
    agents.push(started);
    const { id } = await gate.register({ name: `agent-${agents.length}`, url: started.url, ...fields }, seller.key);
    return { id, started };
  };
  const chainOf = async (...steps: object[]): Promise<string> => {
    const { status, body } = await gate.call("POST", "/chains/", { name: "chain", steps }, own.key);
    expect(status, JSON.stringify(body)).toBe(201);
    return body.id;
  };
  const run = (id: string, body: unknown = { input: "hi" }, headers: Record<string, string> = {}, key = own.key) =>
    post(`/chains/${id}/run`, body, headers, key);
  const post = async (path: string, body: unknown, headers: Record<string, string>, key = own.key) => {
    const response = await fetch(gate.url + path, {
      method: "POST",
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json", ...headers },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    return { status: response.status, headers: response.headers, body: (await response.json()) as any };
  };
  const balance = async () => (await gate.call("GET", `/orgs/${own.id}/wallet`)).body.balance;

  test("each step is told what the one before said, or what its template makes of it", async () => {
    const { id, started } = await agent();
    const chain = await chainOf(
      { agent_id: id },
      { agent_id: id, input_template: "{previous} after {input} {unknown}" },
    );
    const { status, body } = await run(chain, { input: "{previous}" });
    expect(status).toBe(200);
    expect(body).toEqual({
      chain_id: chain,
      chain_name: "chain",
      status: "success",
      final_output: "Echo: Echo: {previous} after {previous} {unknown}",
      trace_id: expect.stringMatching(/^[0-9a-f]{32}$/),
      trace: [
        {
          ...{ step: 1, agent_id: id, agent_name: "agent-1", status: "success", input: "{previous}" },
          output: "Echo: {previous}",
          raw_response: expect.objectContaining({ status: { state: "completed" } }),
          latency_ms: expect.any(Number),
        },
        expect.objectContaining({ step: 2, input: "Echo: {previous} after {previous} {unknown}" }),
      ],
    });
    const traces = started.received.map(({ headers }) => headers.traceparent);
    expect(new Set(traces).size).toBe(1);
    expect(traces[0]).toContain(body.trace_id);
    expect((await post(`/chains/${chain}/run`, undefined, {})).body.trace[0].input).toBe("");
    const logs = (await gate.call("GET", `/agents/${id}/logs`)).body;
    expect(logs).toHaveLength(4);
    expect(new Set(logs.map((row: any) => row.request_id)).size).toBe(2);
  });

  test("a given trace goes on", async () => {
    const { id, started } = await agent();
    const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    const { body } = await run(await chainOf({ agent_id: id }, { agent_id: id }), { input: "x" }, { traceparent });
    expect(body.trace_id).toBe("0af7651916cd43dd8448eb211c80319c");
    expect(started.received.map(({ headers }) => headers.traceparent)).toEqual([traceparent, traceparent]);
  });

  test.each([
    ["artifacts", { artifacts: [{ parts: [{ data: 1 }] }, { parts: [{ text: "a" }] }], text: "b" }, "a"],
    ["result.artifacts", { result: { artifacts: [{ parts: [{ text: "a" }] }] } }, "a"],
    ["result.message", { result: { message: { parts: [{ kind: "text", text: "a" }] } } }, "a"],
    ["result", { result: "a", text: "b" }, "a"],
    ["message", { message: { parts: [{ text: "a" }] }, text: "b" }, "a"],
    ["text", { text: "a" }, "a"],
    ["JSON", { n: "N", a: [1] }, '{"n":12345678901234567,"a":[1]}'],
    ["a string", "a", "a"],
  ])("an agent's text is looked for in its %s", async (_, answer, text) => {
    const { id } = await agent((_task, response) => {
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify(answer).replace('"N"', "12345678901234567"));
    });
    expect((await run(await chainOf({ agent_id: id }))).body.final_output).toBe(text);
  });

  test("a step that fails ends the run, and says why; what was paid before stays paid", async () => {
    const paid = await agent(echo, { price_per_task: 0.5 });
    const failing = await agent((_task, response) => said(response, { error: "no" }, 500), { price_per_task: 0.5 });
    const never = await agent();
    const chain = await chainOf({ agent_id: paid.id }, { agent_id: failing.id }, { agent_id: never.id });
    const before = await balance();
    const { status, body } = await run(chain);
    expect(status).toBe(200);
    expect(body.status).toBe("error");
    expect(body).not.toHaveProperty("final_output");
    expect(body.trace).toHaveLength(2);
    // What the agent itself said goes on, not what it cost.
    expect(body.trace[0].output).toBe("Echo: hi");
    expect(body.trace[0].raw_response.ucp.transaction_id).toEqual(expect.any(String));
    expect(body.trace[1]).toEqual({
      ...{ step: 2, agent_id: failing.id, agent_name: expect.any(String), status: "error" },
      ...{ error: expect.stringContaining("Agent returned error"), error_code: "agent_http_500", error_status: 502 },
      latency_ms: expect.any(Number),
    });
    expect(never.started.received).toEqual([]);
    expect(await balance()).toBeCloseTo(before - 0.5, 6);
  });

  test("an agent that is gone, and a payer without money, are told in the trace", async () => {
    const { id } = await agent();
    const chain = await chainOf({ agent_id: id });
    await gate.call("DELETE", `/agents/${id}`);
    expect((await run(chain)).body.trace).toEqual([
      expect.objectContaining({ agent_id: id, agent_name: "", status: "error", error_status: 404 }),
    ]);
    const dear = await agent(echo, { price_per_task: 1000 });
    const { body } = await run(await chainOf({ agent_id: dear.id }));
    expect(body.trace[0]).toMatchObject({ error_status: 402, error: expect.stringContaining("Insufficient balance") });
    expect(dear.started.received).toEqual([]);
    expect((await run(await chainOf({ agent_id: dear.id }), {}, {}, ADMIN_KEY)).body.status).toBe("success");
  });

  test("an agent with a key and a price is paid by the caller, whose key it never sees", async () => {
    const { id, started } = await agent(echo, { price_per_task: 0.25, agent_api_key: "the-agents-key" });
    const chain = await chainOf({ agent_id: id, agent_api_key: "the-agents-key" });
    const before = await balance();
    expect((await run(chain)).body.status).toBe("success");
    expect(await balance()).toBeCloseTo(before - 0.25, 6);
    expect((await run(chain, {}, {}, ADMIN_KEY)).body.status).toBe("success");
    expect(await balance()).toBeCloseTo(before - 0.25, 6);
    expect(JSON.stringify(started.received)).not.toContain(own.key);
    expect(JSON.stringify(started.received)).not.toContain("the-agents-key");
  });

  test("one Idempotency-Key covers the run: a repetition answers what the first did, whatever it was", async () => {
    let fails = true;
    const paid = await agent(echo, { price_per_task: 0.5 });
    const moody = await agent((task, response, request) =>
      fails ? said(response, {}, 500) : echo(task, response, request),
    );
    const chain = await chainOf({ agent_id: paid.id }, { agent_id: moody.id });
    const before = await balance();
    const first = await run(chain, { input: "x" }, { "idempotency-key": "once" });
    fails = false;
    const second = await run(chain, { input: "x" }, { "idempotency-key": "once" });
    expect(second.body).toEqual(first.body);
    expect(second.headers.get("idempotency-replayed")).toBe("true");
    expect(paid.started.received).toHaveLength(1);
    const good = await run(chain, { input: "x" }, { "idempotency-key": "again" });
    expect(good.body.status).toBe("success");
    expect((await run(chain, { input: "x" }, { "idempotency-key": "again" })).body).toEqual(good.body);
    expect(await balance()).toBeCloseTo(before - 1, 6);
    expect((await run(chain, { input: "y" }, { "idempotency-key": "again" })).status).toBe(422);
    // Keys are each caller's own.
    expect((await run(chain, { input: "z" }, { "idempotency-key": "again" }, ADMIN_KEY)).body.status).toBe("success");
  });

  test("ten at once under one key: one runs, nothing is paid twice", async () => {
    const paid = await agent(echo, { price_per_task: 0.1 });
    const chain = await chainOf({ agent_id: paid.id }, { agent_id: paid.id });
    const before = await balance();
    const all = await Promise.all(
      Array.from({ length: 10 }, () => run(chain, { input: "x" }, { "idempotency-key": "ten" })),
    );
    expect(all.filter(({ status }) => status === 200).length).toBeGreaterThan(0);
    expect(all.every(({ status }) => status === 200 || status === 409)).toBe(true);
    expect(paid.started.received).toHaveLength(2);
    expect(await balance()).toBeCloseTo(before - 0.2, 6);
  });

  test("a caller who hangs up stops the step; under its key the run goes on where it was", async () => {
    const paid = await agent(echo, { price_per_task: 0.5 });
    const { promise: arrived, resolve: arrive } = Promise.withResolvers<void>();
    const { promise: stopped, resolve: stop } = Promise.withResolvers<void>();
    let waits = true;
    const slow = await agent((task, response, request) => {
      if (!waits) return echo(task, response, request);
      response.on("close", stop);
      return arrive();
    });
    const never = await agent();
    const chain = await chainOf({ agent_id: paid.id }, { agent_id: slow.id }, { agent_id: never.id });
    const leaving = new AbortController();
    const before = await balance();
    const left = fetch(`${gate.url}/chains/${chain}/run`, {
      method: "POST",
      headers: { authorization: `Bearer ${own.key}`, "content-type": "application/json", "idempotency-key": "left" },
      body: '{"input":"x"}',
      signal: leaving.signal,
    }).catch(() => "left");
    await arrived;
    leaving.abort();
    await stopped;
    expect(await left).toBe("left");
    expect(never.started.received).toEqual([]);
    waits = false;
    let again = await run(chain, { input: "x" }, { "idempotency-key": "left" });
    for (let n = 0; again.status === 409 && n < 100; n++) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      again = await run(chain, { input: "x" }, { "idempotency-key": "left" });
    }
    expect(again.body).toMatchObject({ status: "success", final_output: "Echo: Echo: Echo: x" });
    expect(paid.started.received).toHaveLength(1);
    expect(await balance()).toBeCloseTo(before - 0.5, 6);
  });

  test("an agent that runs its own chain is stopped by the guard", async () => {
    let chain = "";
    let depth = 0;
    const looping = await agent(async ({ headers }, response) => {
      depth++;
      const { body } = await run(chain, {}, { "x-agentgate-chain": headers["x-agentgate-chain"] as string });
      said(response, { text: body.status === "error" ? body.trace[0].error : body.final_output });
    });
    chain = await chainOf({ agent_id: looping.id }, { agent_id: looping.id, input_template: "{previous}" });
    const { body } = await run(chain);
    expect(body).toMatchObject({
      status: "success",
      final_output: expect.stringContaining("came back to the same agent"),
    });
    // Siblings: each of a chain's steps begins where the chain did.
    expect(depth).toBe(2 + 4 + 8);
  });

  test("what agents are told and say is bounded, before it is made or paid for", async () => {
    const wordy = await agent((_task, response) => said(response, { text: "x".repeat(2 ** 20) }), {
      price_per_task: 0.5,
    });
    const before = await balance();
    const { body } = await run(await chainOf({ agent_id: wordy.id }));
    expect(body.trace[0]).toMatchObject({ status: "error", error_status: 502 });
    expect(await balance()).toBe(before);
    const { id } = await agent();
    const input_template = "{input}".repeat(100);
    const bomb = await run(await chainOf({ agent_id: id, input_template }), { input: "x".repeat(20_000) });
    expect(bomb.body.trace[0]).toMatchObject({ status: "error", error_status: 413 });
  });

  test("an A2A agent is spoken to in its own language", async () => {
    const a2a = await startRawAgent(({ body }, response) => {
      response.setHeader("content-type", "application/json");
      const parts = [{ text: `A2A: ${body.params.message.parts[0].text}` }];
      response.end(rpcResult(body.id, JSON.stringify({ message: { messageId: "m", role: "ROLE_AGENT", parts } })));
    });
    const { id } = await gate.register({ card_url: `${a2a.url}/.well-known/agent-card.json` }, seller.key);
    const plain = await agent();
    const { body } = await run(await chainOf({ agent_id: id }, { agent_id: plain.id }));
    expect(body).toMatchObject({ status: "success", final_output: "Echo: A2A: hi" });
    expect(a2a.received[0]!.body.method).toMatch(/^Send/);
    await a2a.close();
  });

  test("a limit stops a run for now: under its key it goes on from there, and pays nothing twice", async () => {
    const limited = await gate.createOrg("limited", { rate_limit: 0.001, rate_burst: 1 });
    const paid = await agent(echo, { price_per_task: 0.5 });
    const started = await startAgent(echo);
    agents.push(started);
    const one = await gate.register({ name: "limited", url: started.url }, limited.key);
    const chain = await chainOf({ agent_id: paid.id }, { agent_id: one.id }, { agent_id: one.id });
    const before = await balance();
    const first = await run(chain, { input: "x" }, { "idempotency-key": "limited" });
    expect(first.body.trace.map(({ status, error_status }: any) => error_status ?? status)).toEqual([
      "success",
      "success",
      429,
    ]);
    await gate.call("PUT", `/orgs/${limited.id}`, { rate_limit: 1000, rate_burst: 1000 });
    // A raised limit is in force from the next call on, and gives no tokens for the time before.
    const again = async () => (await run(chain, { input: "x" }, { "idempotency-key": "limited" })).body;
    await expect.poll(again).toMatchObject({ status: "success", final_output: "Echo: Echo: Echo: x" });
    expect(paid.started.received).toHaveLength(1);
    expect(started.received).toHaveLength(2);
    expect(await balance()).toBeCloseTo(before - 0.5, 6);
  });

  test("a chain that is changed in the middle of a run is not gone on with", async () => {
    const { id, started } = await agent(echo, { price_per_task: 0.5 });
    const limited = await gate.createOrg("slow", { rate_limit: 0.001, rate_burst: 1 });
    const other = await startAgent(echo);
    agents.push(other);
    const last = await gate.register({ name: "slow", url: other.url }, limited.key);
    await gate.call("POST", `/agents/${last.id}/task`, {}, own.key);
    const chain = await chainOf({ agent_id: id }, { agent_id: last.id });
    const first = await run(chain, { input: "x" }, { "idempotency-key": "changed" });
    expect(first.body.trace.at(-1).error_status).toBe(429);
    const steps = [{ agent_id: id, input_template: "other: {input}" }];
    await gate.call("PUT", `/chains/${chain}`, { steps }, own.key);
    const again = await run(chain, { input: "x" }, { "idempotency-key": "changed" });
    expect(again.body.trace).toEqual([
      expect.objectContaining({ error_status: 422, error_code: "idempotency_mismatch" }),
    ]);
    expect(started.received).toHaveLength(1);
    expect((await run(chain, { input: "x" }, { "idempotency-key": "changed" })).body).toEqual(again.body);
  });

  test("a stream tells each step as it begins and ends, then the result or the error", async () => {
    const { id } = await agent();
    const failing = await agent((_task, response) => said(response, {}, 500));
    const follow = async (chain: string, headers: Record<string, string> = {}) => {
      const response = await fetch(`${gate.url}/chains/${chain}/run/stream`, {
        method: "POST",
        headers: { authorization: `Bearer ${own.key}`, "content-type": "application/json", ...headers },
        body: '{"input":"x"}',
      });
      expect(response.headers.get("content-type")).toBe("text/event-stream");
      const events = (await response.text()).split("\n\n").filter((part) => part.startsWith("event:"));
      return {
        headers: response.headers,
        events: events.map((part) => {
          const [, type, data] = /^event: (\w+)\ndata: (.*)$/.exec(part)!;
          return [type, JSON.parse(data!)] as [string, any];
        }),
      };
    };
    const good = await chainOf({ agent_id: id }, { agent_id: id });
    const { events } = await follow(good, { "idempotency-key": "stream" });
    expect(events.map(([type, { step, status }]) => [type, step, status])).toEqual([
      ["step", 1, "running"],
      ["step", 1, "success"],
      ["step", 2, "running"],
      ["step", 2, "success"],
      ["result", undefined, "success"],
    ]);
    expect(events[0]![1].input).toBe("x");
    expect(events[4]![1].final_output).toBe("Echo: Echo: x");
    // The answer is one, however it is asked for.
    const repeated = await run(good, { input: "x" }, { "idempotency-key": "stream" });
    expect(repeated.body).toEqual(events[4]![1]);
    const streamed = await follow(good, { "idempotency-key": "stream" });
    expect(streamed.headers.get("idempotency-replayed")).toBe("true");
    expect(streamed.events.map(([type]) => type)).toEqual(["step", "step", "result"]);

    const bad = await follow(await chainOf({ agent_id: id }, { agent_id: failing.id }));
    expect(bad.events.at(-1)).toEqual(["error", expect.objectContaining({ status: "error" })]);
    expect(bad.events.at(-1)![1].trace).toHaveLength(2);
  });

  test("a caller may have so many runs under way, and another goes on beside it", async () => {
    const { promise: done, resolve: finish } = Promise.withResolvers<void>();
    const slow = await agent(async (task, response, request) => {
      await done;
      echo(task, response, request);
    });
    const chain = await chainOf({ agent_id: slow.id });
    const runs = Array.from({ length: 65 }, () => run(chain));
    const refused = await Promise.race(runs);
    expect(refused).toMatchObject({ status: 429, body: { code: "too_many_runs" } });
    expect(refused.headers.get("retry-after")).toBe("1");
    const others = run(chain, {}, {}, ADMIN_KEY);
    finish();
    expect((await others).status).toBe(200);
    expect((await Promise.all(runs)).map(({ status }) => status).filter((status) => status === 200)).toHaveLength(64);
  });
});
