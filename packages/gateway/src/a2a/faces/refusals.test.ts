import { afterAll, beforeAll, expect, test } from "vitest";
import { type ExampleAgent, serveExampleAgent } from "../../../../../examples/a2a-agent/serve.ts";
import { startTestGateway, type TestGateway } from "../../testing/index.ts";
import { callsTo, textMessage } from "../testing/calls.ts";
import { type RawAgent, startRawSpeaker } from "../testing/raw-agent.ts";

/** What is no request, or one that the gateway refuses, is told in the binding's own words. */

let gate: TestGateway;
let example: ExampleAgent;
let raw: RawAgent;
let rawId: string;
beforeAll(async () => {
  gate = await startTestGateway();
  [example, raw] = await Promise.all([serveExampleAgent(), startRawSpeaker()]);
  rawId = (await gate.register({ url: raw.url })).id;
});
afterAll(async () => {
  await gate.close();
  await Promise.all([example.close(), raw.close()]);
});

const { post } = callsTo(() => gate.url);

test.each([
  ["no JSON", "{", -32700],
  ["no object", "[]", -32600],
  ["no method", '{"jsonrpc":"2.0","id":1}', -32600],
  ["a method nobody knows", '{"jsonrpc":"2.0","id":1,"method":"Nothing"}', -32601],
  ["a method of 0.1", '{"jsonrpc":"2.0","id":1,"method":"tasks/send","params":{"id":"x"}}', -32601],
  ["parameters that are none", '{"jsonrpc":"2.0","id":1,"method":"GetTask","params":[]}', -32602],
])("%s is told in JSON-RPC's words", async (_, body, code) => {
  const response = await post(`/agents/${rawId}`, body);
  expect([response.status, ((await response.json()) as any).error.code]).toEqual([200, code]);
});

test("what the gateway refuses has its real status in the binding's shape", async () => {
  const nobody = "00000000-0000-4000-8000-000000000000";
  const unknown = await post(`/agents/${nobody}`, {
    jsonrpc: "2.0",
    id: 9,
    method: "SendMessage",
    params: textMessage(),
  });
  expect([unknown.status, await unknown.json()]).toMatchObject([404, { id: 9, error: { message: "Agent not found" } }]);
  const priced = await gate.register({ url: raw.url, price_per_task: 1 });
  const unpaid = await post(`/agents/${priced.id}/message:send`, textMessage());
  expect([unpaid.status, await unpaid.json()]).toMatchObject([402, { error: { code: 402 } }]);
  const closed = await gate.register({ url: raw.url, agent_api_key: "let me in" });
  expect((await post(`/agents/${closed.id}/message:send`, textMessage())).status).toBe(401);
  const limited = await gate.createOrg("limited", { rate_limit: 0.001, rate_burst: 1 });
  const busy = await gate.register({ card_url: `${example.url}/.well-known/agent-card.json` }, limited.key);
  await post(`/agents/${busy.id}/message:send`, textMessage("hello"));
  const send = { jsonrpc: "2.0", id: 3, method: "SendMessage", params: textMessage() };
  const slowed = [await post(`/agents/${busy.id}/message:send`, textMessage()), await post(`/agents/${busy.id}`, send)];
  expect(slowed.map(({ status, headers }) => [status, Number(headers.get("retry-after")) > 0])).toEqual([
    [429, true],
    [429, true],
  ]);
  expect(await Promise.all(slowed.map((response) => response.json()))).toMatchObject([
    { error: { code: 429, status: "RESOURCE_EXHAUSTED" } },
    { id: 3, error: { code: -32059 } },
  ]);
});

test.each([
  ["GET", "message:send", "POST"],
  ["PATCH", "tasks/x", "GET, HEAD, POST"],
  ["DELETE", "rest/tasks", "GET, HEAD"],
  ["POST", "tasks/x:explode", "GET"],
  ["DELETE", "v1/tasks/x", "GET, HEAD, POST"],
])("%s is no verb of %s: 405 in the binding's shape, with those that are", async (method, path, allow) => {
  const response = await fetch(`${gate.url}/agents/${rawId}/${path}`, { method });
  expect([response.status, response.headers.get("allow")]).toEqual([405, allow]);
  const legacy = path.startsWith("v1/");
  expect(response.headers.get("content-type")).toContain(legacy ? "application/json" : "application/a2a+json");
  const expected = legacy ? { code: -32600 } : { error: { code: 405, status: "UNIMPLEMENTED" } };
  expect(await response.json()).toMatchObject(expected);
});
