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

describe("a context that its caller names", () => {
  let agent: RawAgent;
  let id: string;
  beforeAll(async () => {
    agent = await startAgent(true);
    id = (await gate.register({ url: agent.url })).id;
  });
  afterAll(() => agent.close());
  const sent = () => agent.received.at(-1)!.body.params.message.contextId;
  const known = entrances.filter(([name]) => name !== "an HTTP+JSON stream");

  test.each(known)("over %s, by nobody in particular keeps nobody from the name", async (name, path, body) => {
    const contextId = `session of ${name}`;
    const send = async (key: string | null, context = contextId) => {
      const { status, body: said } = await gate.call(
        "POST",
        `/agents/${id}${path}`,
        body("message", { contextId: context }),
        key,
      );
      return { status, text: typeof said === "string" ? said : JSON.stringify(said) };
    };
    const first = await send(null);
    expect(first.status).toBe(200);
    const scoped = sent();
    expect(scoped).not.toBe(contextId);
    expect(first.text).toContain(scoped);
    // It stays the caller's, by the name it gave and by the one it was answered with, and is no bearer's that nobody has.
    for (const context of [contextId, scoped]) {
      await send(null, context);
      expect(sent()).toBe(scoped);
    }
    const [ann, bob] = orgs;
    const asked = agent.received.length;
    expect((await send(ann!.key, scoped)).text).toMatch(/not found/i);
    expect(agent.received.length).toBe(asked);
    expect((await send(ann!.key)).status).toBe(200);
    expect(sent()).toBe(contextId);
    // An organization's is its own, as ever; the caller that was there before keeps what it had.
    expect((await send(bob!.key)).text).toMatch(/not found/i);
    await send(null);
    expect(sent()).toBe(scoped);
  });

  test("nobody in particular has no context of an organization under another name", async () => {
    const send = (key: string | null) =>
      gate.call("POST", `/agents/${id}/message:send`, a2a("message", { contextId: "of ann" }), key);
    expect((await send(orgs[0]!.key)).status).toBe(200);
    const asked = agent.received.length;
    expect((await send(null)).status).toBe(404);
    expect(agent.received.length).toBe(asked);
  });
});
