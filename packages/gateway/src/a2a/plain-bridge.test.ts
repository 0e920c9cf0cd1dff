import { afterAll, beforeAll, expect, test } from "vitest";
import { startAgent, startTestGateway, type TestAgent, type TestGateway } from "../testing/index.ts";

let gate: TestGateway;
let plain: TestAgent;
let id: string;
beforeAll(async () => {
  gate = await startTestGateway();
  plain = await startAgent();
  id = (await gate.register({ name: "plain", url: plain.url })).id;
});
afterAll(async () => {
  await gate.close();
  await plain.close();
});

const message = (text = "hi") => ({ message: { messageId: "m", role: "ROLE_USER", parts: [{ text }] } });
const post = async (path: string, body: object) => {
  const answer = await fetch(`${gate.url}/agents/${id}${path}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  return { status: answer.status, text: await answer.text() };
};
const rpc = async (method: string, params: unknown) =>
  JSON.parse((await post("", { jsonrpc: "2.0", id: 1, method, params })).text);

test("an agent of the plain contract answers A2A clients with messages", async () => {
  const { result } = await rpc("SendMessage", message("over A2A"));
  expect(result.message).toMatchObject({ role: "ROLE_AGENT", parts: [{ text: "Echo: over A2A" }] });
  const stream = (await post("/message:stream", message("s"))).text;
  expect(JSON.parse(stream.replace("data: ", "")).message.parts).toEqual([{ text: "Echo: s" }]);
  expect((await rpc("GetTask", { id: "x" })).error.code).toBe(-32001);
  expect((await rpc("ListTasks", { pageSize: 7 })).result).toMatchObject({ tasks: [], pageSize: 7 });
  expect((await rpc("ListTasks", { pageSize: 700 })).error.code).toBe(-32602);
  const pushed = { ...message(), configuration: { taskPushNotificationConfig: { url: "https://caller.example/" } } };
  expect((await rpc("SendMessage", pushed)).error.code).toBe(-32003);
  await expect
    .poll(async () => (await gate.call("GET", `/agents/${id}/logs?limit=1`)).body[0].error_detail)
    .toBe("a2a_-32003");
});

test.each<[missing: string, message: object]>([
  ["message", { role: "ROLE_USER" }],
  ["messageId", { messageId: undefined }],
  ["messageId", { messageId: "" }],
  ["messageId", { messageId: 7 }],
  ["role", { role: undefined }],
  ["role", { role: "ROLE_UNSPECIFIED" }],
  ["parts", { parts: undefined }],
  ["parts", { parts: [] }],
  ["parts", { parts: "hi" }],
  ["parts[1]", { parts: [{ text: "a" }, { metadata: {} }] }],
  ["parts[0]", { parts: ["hi"] }],
])("a message without its %s reaches no agent of the plain contract: %j", async (missing, change) => {
  const wrong = missing === "message" ? change : { message: { ...message().message, ...change } };
  const named = `${missing === "message" ? "message" : `message.${missing}`} `;
  const asked = plain.received.length;
  const { error } = await rpc("SendMessage", wrong);
  expect(error).toEqual({ code: -32602, message: expect.stringContaining(named) });
  for (const path of ["message:send", "message:stream"]) {
    const { status, text } = await post(`/${path}`, wrong);
    const told = JSON.parse(text).error;
    expect([status, told.status, told.message]).toEqual([400, "INVALID_ARGUMENT", error.message]);
  }
  expect(plain.received.length).toBe(asked);
});
