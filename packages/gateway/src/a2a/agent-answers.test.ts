import { freePort } from "@agentgate/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestGateway, type TestGateway } from "../testing/index.ts";
import { callsTo, textMessage } from "./testing/calls.ts";
import { cardOf, type RawAgent, rpcResult, startRawAgent } from "./testing/raw-agent.ts";

/** What agents answer besides A2A, and what their callers are told of it. */

let gate: TestGateway;
let odd: RawAgent;
let oddId: string;
let oddRestId: string;
let answer: [status: number, body: string, headers?: Record<string, string>];
beforeAll(async () => {
  gate = await startTestGateway();
  const card = (url: string, protocolBinding: string) =>
    cardOf(url, { supportedInterfaces: [{ url, protocolBinding, protocolVersion: "1.0" }] });
  odd = await startRawAgent((_, response) => response.writeHead(answer[0], answer[2]).end(answer[1]));
  oddId = (await gate.register({ url: odd.url })).id;
  oddRestId = (await gate.register({ card: card(odd.url, "HTTP+JSON") })).id;
});
afterAll(async () => {
  await gate.close();
  await odd.close();
});

const { post, rpc } = callsTo(() => gate.url);
const shown = async (path: string, body: unknown) => {
  const response = await post(path, body);
  const { error }: any = await response.json();
  return [response.status, error.code, error.message];
};

test.each<[what: string, status: number, body: string, seen: number, said: string]>([
  ["a page", 200, "<html>", 500, "no A2A answer"],
  ["nothing", 204, "", 500, "answer"],
  ["a list", 200, "[1]", 500, "answer"],
  ["a redirect", 302, "", 502, "HTTP 302"],
  ["a login", 401, "<html>", 401, "HTTP 401"],
  ["an error of its own", 401, '{"error":"who are you"}', 401, "who are you"],
  ["a limit", 429, '{"error":{"code":429,"message":"slow down"}}', 429, "slow down"],
  ["a crash", 500, '{"detail":"boom"}', 502, "boom"],
  ["a busy proxy", 503, "<html>", 502, "HTTP 503"],
])("%s (%i %s) is %i", async (_what, status, body, seen, said) => {
  answer = [status, body];
  const rest = await shown(`/agents/${oddRestId}/message:send`, textMessage());
  expect(rest).toEqual([seen, seen, expect.stringContaining(said)]);
  const call = { jsonrpc: "2.0", id: 1, method: "SendMessage", params: textMessage() };
  const [httpStatus, code, text] = await shown(`/agents/${oddId}`, call);
  // What is no valid answer is the protocol's own error; the rest has its real status.
  expect([httpStatus, text]).toEqual([seen === 500 ? 200 : seen, expect.stringContaining(said)]);
  if (seen === 500) expect(code).toBe(-32006);
});

test("a byte order mark does no harm; an error of the protocol keeps its status, whatever that is", async () => {
  const result = '{"message":{"messageId":"r","role":"ROLE_AGENT","parts":[]}}';
  answer = [200, `\ufeff${rpcResult(1, result)}`];
  expect((await rpc(oddId, "SendMessage", textMessage())).result.message.messageId).toBe("r");
  answer = [200, `\ufeff${result}`];
  expect((await post(`/agents/${oddRestId}/message:send`, textMessage())).status).toBe(200);
  answer = [500, '{"jsonrpc":"2.0","id":1,"error":{"code":-32004,"message":"not me"}}'];
  expect((await rpc(oddId, "SendMessage", textMessage())).error.code).toBe(-32004);
  const details = [{ "@type": "type.googleapis.com/google.rpc.ErrorInfo", reason: "TASK_NOT_CANCELABLE" }];
  answer = [409, JSON.stringify({ error: { code: 409, message: "too late", details } })];
  expect(await shown(`/agents/${oddRestId}/message:send`, textMessage())).toEqual([400, 400, "too late"]);
  answer = [
    502,
    JSON.stringify({ error: { code: 502, message: "m", details: [{ reason: "INVALID_AGENT_RESPONSE" }] } }),
  ];
  expect(await shown(`/agents/${oddRestId}/message:send`, textMessage())).toEqual([500, 500, "m"]);
});

test("an agent that is gone cannot be reached", async () => {
  const gone = await gate.register({ card: cardOf(`http://127.0.0.1:${await freePort()}/`) });
  const call = { jsonrpc: "2.0", id: 1, method: "SendMessage", params: textMessage() };
  const [status, , text] = await shown(`/agents/${gone.id}`, call);
  expect([status, text]).toEqual([502, expect.stringContaining("Cannot reach agent")]);
});

test("when a limit is over is told as the agent says it, on both bindings and for both ways of sending", async () => {
  answer = [429, '{"error":"slow down"}', { "retry-after": "7" }];
  const call = (method: string) => ({ jsonrpc: "2.0", id: 1, method, params: textMessage() });
  for (const [path, body] of [
    [`/agents/${oddRestId}/message:send`, textMessage()],
    [`/agents/${oddRestId}/message:stream`, textMessage()],
    [`/agents/${oddId}`, call("SendMessage")],
    [`/agents/${oddId}`, call("SendStreamingMessage")],
    [`/agents/${oddId}/task`, { message: { parts: [{ type: "text", text: "hi" }] } }],
  ] as const) {
    const response = await post(path, body);
    expect([response.status, response.headers.get("retry-after")]).toEqual([429, "7"]);
    await response.text();
  }
});

test("a conflict without a reason says that the task cannot be cancelled", async () => {
  answer = [200, '{"task":{"id":"t","contextId":"c","status":{"state":"TASK_STATE_INPUT_REQUIRED"}}}'];
  await post(`/agents/${oddRestId}/message:send`, textMessage());
  answer = [409, '{"message":"Task cannot be canceled"}'];
  const { error } = (await rpc(oddRestId, "CancelTask", { id: "t" })) as any;
  expect([error.code, error.message]).toEqual([-32002, "Task cannot be canceled"]);
});
