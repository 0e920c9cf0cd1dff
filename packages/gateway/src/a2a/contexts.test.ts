import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestGateway, type TestGateway, textTask } from "../testing/index.ts";
import { cardOf, type RawAgent, type RawAnswer, rpcResult, startRawAgent } from "./testing/raw-agent.ts";

/** A context that an agent makes for its answer is its caller's, whatever the answer is and on whatever entrance it came. */

let gate: TestGateway;
let orgs: { key: string }[];
let contexts = 0;
beforeAll(async () => {
  gate = await startTestGateway();
  orgs = await Promise.all(["ann", "bob"].map((name) => gate.createOrg(name, { rate_limit: 1e6, rate_burst: 1e6 })));
});
afterAll(() => gate.close());

const startAgent = (streaming: boolean) => {
  const answer: RawAnswer = ({ body }, response) => {
    const contextId = body.params.message.contextId ?? `context-${++contexts}`;
    const message = { messageId: "r", role: "ROLE_AGENT", contextId, parts: [{ text: "hi" }] };
    const task = { id: `task-${contexts}`, contextId, status: { state: "TASK_STATE_COMPLETED" } };
    const isTask = body.params.message.parts[0].text === "task";
    const result = rpcResult(body.id, JSON.stringify(isTask ? { task } : { message }));
    if (body.method === "SendMessage") return void response.end(result);
    response.setHeader("content-type", "text/event-stream");
    response.end(`data: ${result}\n\n`);
  };
  return startRawAgent(answer, (url) => cardOf(url, { capabilities: { streaming } }));
};

const a2a = (text: string, ids: object) => {
  return { message: { messageId: "m", role: "ROLE_USER", parts: [{ text }], ...ids } };
};
const legacy = (text: string, ids: object) => {
  return { message: { kind: "message", messageId: "m", role: "user", parts: [{ kind: "text", text }], ...ids } };
};
const simple = (text: string, ids: object) => {
  const task = textTask(text);
  return { ...task, message: { ...task.message, ...ids } };
};
const rpc = (method: string, params: object) => ({ jsonrpc: "2.0", id: 1, method, params });
type Body = (text: string, ids: object) => object;
const entrances: [name: string, path: string, body: Body][] = [
  ["JSON-RPC", "", (text, ids) => rpc("SendMessage", a2a(text, ids))],
  ["a JSON-RPC stream", "", (text, ids) => rpc("SendStreamingMessage", a2a(text, ids))],
  ["0.3", "", (text, ids) => rpc("message/send", legacy(text, ids))],
  ["a stream of 0.3", "", (text, ids) => rpc("message/stream", legacy(text, ids))],
  ["HTTP+JSON", "/message:send", a2a],
  ["an HTTP+JSON stream", "/message:stream", a2a],
  ["a simple task", "/task", simple],
  ["a simple stream", "/task/stream", simple],
];

describe.each([
  ["streams", true],
  ["does not stream", false],
])("of an agent that %s", (_, streaming) => {
  let agent: RawAgent;
  let id: string;
  beforeAll(async () => {
    agent = await startAgent(streaming);
    id = (await gate.register({ url: agent.url })).id;
  });
  afterAll(() => agent.close());

  const known = entrances.filter(([name]) => streaming || name === "a simple stream" || !name.includes("stream"));
  const cases = known.flatMap(([name, ...how]) => ["message", "task"].map((answer) => [name, answer, ...how] as const));

  test.each(cases)("over %s, with a %s", async (_name, answer, path, body) => {
    const send = async (org: number, ids: object) => {
      const { body: said } = await gate.call("POST", `/agents/${id}${path}`, body(answer, ids), orgs[org]!.key);
      return typeof said === "string" ? said : JSON.stringify(said);
    };
    await send(0, {});
    const contextId = `context-${contexts}`;
    const asked = agent.received.length;
    expect(await send(1, { contextId })).toMatch(/not found/i);
    expect(agent.received.length).toBe(asked);
    expect(await send(0, { contextId })).not.toMatch(/not found/i);
    expect(agent.received.length).toBe(asked + 1);
  });
});
