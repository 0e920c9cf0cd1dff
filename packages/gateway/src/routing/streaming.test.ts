import { afterAll, beforeAll, expect, test } from "vitest";
import WebSocket from "ws";
import { startAgent, startTestGateway, type TestAgent, type TestGateway, textTask } from "../testing/index.ts";

let gate: TestGateway;
let agent: TestAgent;
let id: string;
beforeAll(async () => {
  gate = await startTestGateway("sqlite");
  agent = await startAgent();
  id = (await gate.register({ name: "echo", url: agent.url })).id;
});
afterAll(async () => {
  await gate.close();
  await agent.close();
});

const stream = (agentId: string, init: RequestInit = {}) =>
  fetch(`${gate.url}/agents/${agentId}/task/stream`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(textTask("hi")),
    ...init,
  });
const events = (text: string) =>
  text
    .split("\n\n")
    .filter(Boolean)
    .map((block) => {
      const lines = block.split("\n");
      return [
        lines[0]!.replace("event: ", ""),
        lines
          .slice(1)
          .map((line) => line.replace("data: ", ""))
          .join("\n"),
      ];
    });

test("a stream tells its status, then the result", async () => {
  const response = await stream(id);
  expect(response.headers.get("content-type")).toMatch(/^text\/event-stream/);
  expect(response.headers.get("cache-control")).toContain("no-cache");
  expect(response.headers.get("ratelimit-limit")).toBe("1000000");
  const [status, result, ...rest] = events(await response.text());
  expect(status).toEqual(["status", "Routing task to echo"]);
  expect([result![0], JSON.parse(result![1]!)]).toMatchObject([
    "result",
    { artifacts: [{ parts: [{ text: "Echo: hi" }] }] },
  ]);
  expect(rest).toEqual([]);
});

test("an agent's events become chunks as they come", async () => {
  let release: () => void = () => {};
  const streaming = await startAgent((_, response) => {
    response.setHeader("content-type", "text/event-stream");
    response.write("data: one\n\ndata: two a\ndata: two b\n\n");
    release = () => response.end('event: result\ndata: {"done":true}\n\n');
  });
  const { id: streamingId } = await gate.register({ name: "streaming", url: streaming.url });
  const reader = (await stream(streamingId)).body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  while (!text.includes("two b")) text += (await reader.read()).value;
  release();
  for (let part = await reader.read(); !part.done; part = await reader.read()) text += part.value;
  expect(events(text)).toEqual([
    ["status", "Routing task to streaming"],
    ["chunk", "one"],
    ["chunk", "two a\ntwo b"],
    ["result", '{"done":true}'],
  ]);
  await streaming.close();
});

test("a failing agent ends the stream with an error", async () => {
  const failing = await startAgent((_, response) => response.destroy());
  const { id: failingId } = await gate.register({ name: "failing", url: failing.url });
  expect(events(await (await stream(failingId)).text()).at(-1)).toEqual([
    "error",
    expect.stringContaining("broke off"),
  ]);
  await failing.close();
});

test("refusals come before the stream", async () => {
  expect((await stream("00000000-0000-4000-8000-000000000000")).status).toBe(404);
  const { id: pricedId } = await gate.register({ name: "priced", url: agent.url, price_per_task: 1 });
  const refused = await stream(pricedId);
  expect([refused.status, refused.headers.get("content-type")]).toEqual([402, expect.stringContaining("json")]);
});

test("a reader who leaves cancels the agent's work", async () => {
  let closed = false;
  const endless = await startAgent((_task, response) => {
    response.setHeader("content-type", "text/event-stream");
    const timer = setInterval(() => response.write("data: x\n\n"), 10);
    response.on("close", () => {
      clearInterval(timer);
      closed = true;
    });
  });
  const { id: endlessId } = await gate.register({ name: "endless", url: endless.url });
  const controller = new AbortController();
  const response = await stream(endlessId, { signal: controller.signal });
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  while (!(await reader.read()).value!.includes("event: chunk"));
  controller.abort();
  await expect.poll(() => closed).toBe(true);
  await expect
    .poll(async () => (await gate.call("GET", `/agents/${endlessId}/logs`)).body[0]?.error_detail)
    .toBe("cancelled");
  await endless.close();
});

async function open(agentId: string, path = `/agents/${agentId}/task/ws`, headers: Record<string, string> = {}) {
  const socket = new WebSocket(`${gate.url.replace("http", "ws")}${path}`, { headers });
  const messages: any[] = [];
  let code: number | undefined;
  socket.on("message", (data) => messages.push(JSON.parse(data.toString())));
  socket.on("close", (given) => {
    code = given;
  });
  await new Promise((resolve, reject) => socket.once("open", resolve).once("error", reject));
  return {
    socket,
    messages,
    send: (message: unknown) => socket.send(typeof message === "string" ? message : JSON.stringify(message)),
    until: (count: number) => expect.poll(() => messages.length).toBeGreaterThanOrEqual(count),
    closedWith: () => expect.poll(() => code),
  };
}

test.each(["", "/v1"])("tasks over a socket under %s: wrapped or bare, one after the other", async (prefix) => {
  const { send, until, messages, socket } = await open(id, `${prefix}/agents/${id}/task/ws/`);
  send({ type: "task", task: textTask("one") });
  send(textTask("two"));
  await until(4);
  expect(messages.map(({ type }) => type)).toEqual(["status", "result", "status", "result"]);
  expect(messages[0].data).toBe("Routing task to echo");
  expect(messages.filter(({ type }) => type === "result").map(({ data }) => data.artifacts[0].parts[0].text)).toEqual([
    "Echo: one",
    "Echo: two",
  ]);
  socket.close();
});

test("a task over a socket that asks for pieces is told them as they come", async () => {
  let release: () => void = () => {};
  const streaming = await startAgent((_, response) => {
    response.setHeader("content-type", "text/event-stream");
    response.write("data: one\n\ndata: two\n\n");
    release = () => response.end('event: result\ndata: {"done":true}\n\n');
  });
  const { id: streamingId } = await gate.register({ name: "pieces", url: streaming.url });
  const { send, until, messages, socket } = await open(streamingId);
  send({ type: "task", task: textTask("x"), stream: true });
  await until(3);
  release();
  await until(4);
  expect(messages).toEqual([
    { type: "status", data: "Routing task to pieces" },
    { type: "chunk", data: "one" },
    { type: "chunk", data: "two" },
    { type: "result", data: { done: true } },
  ]);
  socket.close();
  await streaming.close();
});

test.each(["one-key", "not a key"])("an Idempotency-Key %j of a socket's head is no task's", async (key) => {
  const { send, until, messages, socket } = await open(id, undefined, { "idempotency-key": key });
  send(textTask("one"));
  send(textTask("two"));
  await until(4);
  expect(messages.map(({ type }) => type)).toEqual(["status", "result", "status", "result"]);
  socket.close();
});

test("a socket authenticates with an agent's key, and a wrong one is an error", async () => {
  const { id: lockedId } = await gate.register({ name: "locked", url: agent.url, agent_api_key: "agent-secret-key" });
  const { send, until, messages, socket } = await open(lockedId);
  send(textTask("x"));
  send({ type: "auth", token: "wrong" });
  send({ type: "auth", token: "agent-secret-key" });
  send(textTask("x"));
  await until(5);
  expect(messages.map(({ type }) => type)).toEqual(["error", "error", "status", "status", "result"]);
  expect(messages[2].data).toBe("Authenticated");
  socket.close();
});

test("a socket that tries one wrong key after another is closed, whatever comes after them", async () => {
  const { id: guardedId } = await gate.register({ name: "guarded", url: agent.url, agent_api_key: "agent-secret-key" });
  const { send, messages, closedWith } = await open(guardedId);
  for (const token of ["wrong-1", "wrong-2", "wrong-3", "agent-secret-key"]) send({ type: "auth", token });
  await closedWith().toBe(1008);
  expect(messages).toEqual(Array(3).fill({ type: "error", data: "Invalid API key", code: "invalid_api_key" }));
});

test("bad messages answer an error and never kill the socket", async () => {
  const { send, until, messages, socket } = await open(id);
  for (const bad of ["{", "[]", "5", "null", '{"type":"auth"}', "[".repeat(1000)]) send(bad);
  socket.send(Buffer.from([1, 2, 3]));
  send(textTask("still here"));
  await until(9);
  expect(messages.map(({ type }) => type).sort()).toEqual([...Array(7).fill("error"), "result", "status"]);
  socket.close();
});

test("a socket to an unknown agent says so at once and closes with 4004", async () => {
  const { until, messages, closedWith } = await open("00000000-0000-4000-8000-000000000000");
  await until(1);
  expect(messages).toEqual([{ type: "error", data: "Agent not found", code: "not_found" }]);
  await closedWith().toBe(4004);
});

test("an agent that is deleted under a socket closes it with 4004; an agent's own 404 does not", async () => {
  const lost = await startAgent((_, response) => {
    response.statusCode = 404;
    response.end("{}");
  });
  const { id: lostId } = await gate.register({ name: "lost", url: lost.url });
  const { send, until, messages, closedWith } = await open(lostId);
  send(textTask("x"));
  await until(2);
  expect(messages.map(({ type }) => type)).toEqual(["status", "error"]);
  await gate.call("DELETE", `/agents/${lostId}`);
  send(textTask("x"));
  await until(3);
  expect(messages[2]).toEqual({ type: "error", data: "Agent not found", code: "not_found" });
  await closedWith().toBe(4004);
  await lost.close();
});

test("other paths do not upgrade", async () => {
  await expect(open(id, "/nowhere/task/ws")).rejects.toThrow("404");
});

test("a socket that is not read from holds its tasks back", async () => {
  const large = JSON.stringify("x".repeat(16_000_000));
  const wordy = await startAgent((_, response) => response.end(large));
  const { id: wordyId } = await gate.register({ name: "wordy", url: wordy.url });
  const { send, socket, messages, until } = await open(wordyId);
  socket.pause();
  for (const text of ["one", "two", "three"]) send(textTask(text));
  await expect.poll(() => wordy.received.length).toBe(1);
  // The same work for a socket that is read from, meanwhile: time enough for more, were it taken.
  const other = await open(id);
  for (let n = 1; n <= 10; n++) {
    other.send(textTask("x"));
    await other.until(2 * n);
  }
  other.socket.close();
  expect(wordy.received).toHaveLength(1);
  socket.resume();
  await until(6);
  expect(messages.map(({ type }) => type)).toEqual(["status", "result", "status", "result", "status", "result"]);
  socket.close();
  await wordy.close();
});

test("messages that wait take no more room than the largest one may", async () => {
  const slow = await startAgent(() => {});
  const { id: slowId } = await gate.register({ name: "slow", url: slow.url });
  const { send, closedWith } = await open(slowId);
  const half = textTask("x".repeat(gate.config.anonymousRequestBytesMax / 2));
  for (let n = 0; n < 2; n++) send(half);
  await closedWith().toBe(1008);
  await slow.close();
});
