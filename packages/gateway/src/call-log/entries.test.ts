import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ExampleAgent, serveExampleAgent } from "../../../../examples/a2a-agent/serve.ts";
import { testEngines } from "../storage/testing/index.ts";
import { echo, startAgent, startTestGateway, type TestAgent, type TestGateway, textTask } from "../testing/index.ts";

/** What the log's row says of a call, whatever entrance it came by. */

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const CALLER = "b7f3a4a0-0000-4000-8000-000000000001";
const PARENT = "b7f3a4a0-0000-4000-8000-000000000002";

describe.each(testEngines())("the log's row on %s", (engine) => {
  let gate: TestGateway;
  let example: ExampleAgent;
  let plain: TestAgent;
  let payer: { id: string; key: string };
  let owner: { id: string; key: string };
  const ids = { a2a: "", plain: "" };
  beforeAll(async () => {
    gate = await startTestGateway(engine);
    example = await serveExampleAgent();
    plain = await startAgent((task, response, request) =>
      task.body.includes("fail") ? response.writeHead(503).end("{}") : echo(task, response, request),
    );
    [owner, payer] = [await gate.createOrg("owner"), await gate.createOrg("payer")];
    const card_url = `${example.url}/.well-known/agent-card.json`;
    ids.a2a = (await gate.register({ card_url, price_per_task: 0.5 }, owner.key)).id;
    ids.plain = (await gate.register({ name: "plain", url: plain.url, price_per_task: 0.5 }, owner.key)).id;
    await gate.call("POST", `/orgs/${payer.id}/topup`, { amount: 1000 });
  });
  afterAll(async () => {
    await gate.close();
    await Promise.all([example.close(), plain.close()]);
  });

  const last = async (agent: keyof typeof ids) =>
    (await gate.call("GET", `/agents/${ids[agent]}/logs?limit=1`)).body[0];
  const post = async (path: string, body: unknown, headers: Record<string, string> = {}) => {
    const response = await fetch(gate.url + path, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        authorization: `Bearer ${payer.key}`,
        traceparent: `00-${TRACE}-b7ad6b7169203331-01`,
        "x-agentgate-chain": `${CALLER}:${PARENT}`,
        ...headers,
      },
      body: JSON.stringify(body),
    });
    return { response, text: await response.text() };
  };
  const message = { messageId: "m", role: "ROLE_USER", parts: [{ text: "count 3" }] };
  const rpc = (method: string) => ({ jsonrpc: "2.0", id: 1, method, params: { message } });
  const v1 = { "a2a-version": "1.0" };

  const sends: [entrance: string, agent: keyof typeof ids, send: () => Promise<unknown>, inEvents: boolean][] = [
    ["rest", "plain", () => post(`/agents/${ids.plain}/task`, textTask("Hello")), false],
    ["sse", "plain", () => post(`/agents/${ids.plain}/task/stream`, textTask("Hello")), false],
    ["rest", "a2a", () => post(`/agents/${ids.a2a}/task`, textTask("Hello")), true],
    ["sse", "a2a", () => post(`/agents/${ids.a2a}/task/stream`, textTask("Hello")), true],
    ["a2a_jsonrpc", "plain", () => post(`/agents/${ids.plain}`, rpc("SendMessage"), v1), false],
    ["a2a_jsonrpc", "a2a", () => post(`/agents/${ids.a2a}`, rpc("SendMessage"), v1), false],
    ["a2a_jsonrpc", "a2a", () => post(`/agents/${ids.a2a}`, rpc("SendStreamingMessage"), v1), true],
    ["a2a_rest", "a2a", () => post(`/agents/${ids.a2a}/message:send`, { message }, v1), false],
    ["a2a_rest", "a2a", () => post(`/agents/${ids.a2a}/message:stream`, { message }, v1), true],
  ];
  test.each(sends)("of a paid task over %s to an agent of %s", async (entrance, agent, send, inEvents) => {
    const before = (await last(agent))?.id;
    await send();
    // A stream's row is written when it is settled, a moment after its last event.
    await expect.poll(async () => (await last(agent)).id).not.toBe(before);
    const row = await last(agent);
    expect(row).toMatchObject({
      ...{ entrance, protocol: agent, status: "success", http_status: 200, price: 0.5, trace_id: TRACE },
      ...{ org_id: owner.id, payer_org_id: payer.id, parent_id: PARENT, key_id: null },
      event_count: inEvents ? expect.any(Number) : null,
      context_id: agent === "a2a" || entrance === "a2a_jsonrpc" ? expect.stringMatching(/./) : null,
    });
    for (const bytes of [row.request_bytes, row.response_bytes]) expect(bytes).toBeGreaterThan(30);
    expect(row.agent_ms).toBeLessThanOrEqual(row.latency_ms);
    expect(row.first_byte_ms).toBeLessThanOrEqual(row.latency_ms);
    const { body } = await gate.call("GET", `/orgs/${payer.id}/transactions?limit=1`);
    expect(row.transaction_id).toBe(body[0].id);
  });

  test("of a WebSocket's task", async () => {
    const socket = new WebSocket(`${gate.url.replace("http", "ws")}/agents/${ids.plain}/task/ws`);
    const answer = Promise.withResolvers<void>();
    socket.onopen = () => {
      socket.send(JSON.stringify({ type: "auth", token: payer.key }));
      socket.send(JSON.stringify({ type: "task", task: textTask("Hello") }));
    };
    socket.onmessage = ({ data }) => data.includes('"result"') && answer.resolve();
    await answer.promise;
    socket.close();
    expect(await last("plain")).toMatchObject({ entrance: "websocket", price: 0.5, parent_id: null });
  });

  test("of a chain's step", async () => {
    const steps = [{ agent_id: ids.plain, input_template: null }];
    const chain = (await gate.call("POST", "/chains/", { name: "c", steps }, payer.key)).body;
    await gate.call("POST", `/chains/${chain.id}/run`, { input: "x" }, payer.key);
    expect(await last("plain")).toMatchObject({ entrance: "chain", price: 0.5 });
  });

  test("of a task that is bought in the shop", async () => {
    const item = { agent_id: ids.plain, task: textTask("Hello") };
    const bought = await gate.call("POST", "/ucp/checkout", item, payer.key);
    await gate.call("POST", `/ucp/checkout/${bought.body.session_id}/complete`, undefined, payer.key);
    await expect.poll(async () => (await last("plain")).entrance).toBe("ucp");
    expect(await last("plain")).toMatchObject({ price: 0.5, payer_org_id: payer.id });
  });

  test("of a call that failed says that nothing was paid, and what the caller was told", async () => {
    const { response } = await post(`/agents/${ids.plain}/task`, textTask("fail"));
    expect(await last("plain")).toMatchObject({
      ...{ status: "error", error_detail: "http_503", http_status: response.status, price: 0, transaction_id: null },
      response_bytes: 2,
    });
  });

  test("of a key made for something names it; of a task without a trace, one of its own", async () => {
    const key = (await gate.call("POST", `/orgs/${payer.id}/keys`, { name: "k", scopes: ["tasks:call"] }, payer.key))
      .body;
    await fetch(`${gate.url}/agents/${ids.plain}/task`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${key.key}` },
      body: JSON.stringify(textTask("Hello")),
    });
    const row = await last("plain");
    expect(row).toMatchObject({ key_id: key.id, trace_id: row.id.replaceAll("-", ""), parent_id: null });
  });
});
