import { afterAll, beforeAll, expect, test } from "vitest";
import { type ExampleAgent, serveExampleAgent } from "../../../../../examples/a2a-agent/serve.ts";
import { startTestGateway, type TestGateway } from "../../testing/index.ts";
import { callsTo, textMessage } from "../testing/calls.ts";
import { type RawAgent, startRawSpeaker } from "../testing/raw-agent.ts";

/** The spellings, headers and media types that the bindings take. */

let gate: TestGateway;
let example: ExampleAgent;
let raw: RawAgent;
let id: string;
let rawId: string;
beforeAll(async () => {
  gate = await startTestGateway();
  [example, raw] = await Promise.all([serveExampleAgent(), startRawSpeaker()]);
  id = (await gate.register({ card_url: `${example.url}/.well-known/agent-card.json` })).id;
  rawId = (await gate.register({ url: raw.url })).id;
});
afterAll(async () => {
  await gate.close();
  await Promise.all([example.close(), raw.close()]);
});

const { get, post, rpc } = callsTo(() => gate.url);

test("with a slash at the end, with snake_case, with an encoded colon and an empty body", async () => {
  const slashed = await post(`/agents/${id}/`, {
    jsonrpc: "2.0",
    id: "s",
    method: "SendMessage",
    params: textMessage("ask"),
  });
  const task = ((await slashed.json()) as any).result.task;
  expect((await rpc(id, "ListTasks", { context_id: task.contextId, page_size: 1 })).result.tasks.length).toBe(1);
  const cancelled = await fetch(`${gate.url}/agents/${id}/tasks/${task.id}%3Acancel`, { method: "POST" });
  expect(((await cancelled.json()) as any).status.state).toBe("TASK_STATE_CANCELED");
  const gone = await get(`/agents/${id}/tasks/${task.id}:subscribe`);
  expect([gone.status, ((await gone.json()) as any).error.details[0].reason]).toEqual([400, "UNSUPPORTED_OPERATION"]);
});

test("a body of null says as little as none", async () => {
  const task = ((await (await post(`/agents/${id}/message:send`, textMessage("ask"))).json()) as any).task;
  const cancelled = await post(`/agents/${id}/tasks/${task.id}:cancel`, "null");
  expect([cancelled.status, ((await cancelled.json()) as any).status.state]).toEqual([200, "TASK_STATE_CANCELED"]);
});

test("extensions go both ways under either name", async () => {
  for (const name of ["a2a-extensions", "x-a2a-extensions"]) {
    const response = await post(
      `/agents/${rawId}`,
      { jsonrpc: "2.0", id: 1, method: "SendMessage", params: textMessage() },
      { [name]: "https://ext.example/one" },
    );
    expect(raw.received.at(-1)?.headers["a2a-extensions"]).toBe("https://ext.example/one");
    expect(response.headers.get("a2a-extensions")).toBe("https://ext.example/one");
  }
});

test.each([
  ["text/plain", false, false],
  ["application/json-patch+json", false, false],
  ["application/a2a+json", false, true],
  ["Application/JSON ; charset=utf-8", true, true],
])("a body of %s is taken over JSON-RPC: %s, over HTTP+JSON: %s", async (type, overRpc, overRest) => {
  const headers = { "content-type": type };
  const called = await post(
    `/agents/${rawId}`,
    { jsonrpc: "2.0", id: 1, method: "SendMessage", params: textMessage() },
    headers,
  );
  expect(((await called.json()) as any).error?.code).toBe(overRpc ? undefined : -32005);
  const sent = await post(`/agents/${rawId}/message:send`, textMessage(), headers);
  expect([sent.status, ((await sent.json()) as any).error?.details[0].reason]).toEqual(
    overRest ? [200, undefined] : [400, "CONTENT_TYPE_NOT_SUPPORTED"],
  );
});

test("a send with an Idempotency-Key is made once", async () => {
  const body = { jsonrpc: "2.0", id: 1, method: "SendMessage", params: textMessage("once") };
  const send = (id: number) => post(`/agents/${rawId}`, { ...body, id }, { "idempotency-key": "the-same" });
  const asked = raw.received.length;
  const first = await send(1);
  const second = await send(2);
  expect([second.headers.get("idempotency-replayed"), first.headers.get("ratelimit-limit")]).toEqual([
    "true",
    "1000000",
  ]);
  const [one, two] = [(await first.json()) as any, (await second.json()) as any];
  expect([two.id, two.result, raw.received.length - asked]).toEqual([2, one.result, 1]);
  const other = { ...body, params: textMessage("something else") };
  expect((await post(`/agents/${rawId}`, other, { "idempotency-key": "the-same" })).status).toBe(422);
});
