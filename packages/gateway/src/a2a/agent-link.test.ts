import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestGateway, type TestGateway } from "../testing/index.ts";
import { callsTo, textMessage } from "./testing/calls.ts";
import { cardOf, rpcResult, startRawAgent } from "./testing/raw-agent.ts";

/** How agents that do A2A in ways of their own are asked. */

let gate: TestGateway;
beforeAll(async () => {
  gate = await startTestGateway();
});
afterAll(() => gate.close());

const { get, post, rpc } = callsTo(() => gate.url);

test("an address with a query keeps it behind the path", async () => {
  const task = '{"id":"t","contextId":"c","status":{"state":"TASK_STATE_COMPLETED"}}';
  const keyed = await startRawAgent(({ method }, response) => {
    response.end(method === "POST" ? `{"task":${task}}` : task);
  });
  const supportedInterfaces = [{ url: `${keyed.url}/api/?k=1`, protocolBinding: "HTTP+JSON", protocolVersion: "1.0" }];
  const { id: keyedId } = await gate.register({ card: cardOf(keyed.url, { supportedInterfaces }) });
  await post(`/agents/${keyedId}/message:send`, textMessage());
  await get(`/agents/${keyedId}/tasks/t?historyLength=2`);
  const asked = keyed.received.map(({ path }) => path).filter((path) => !path.includes("/health"));
  expect(asked).toEqual(["/api/message:send?k=1", "/api/tasks/t?k=1&historyLength=2"]);
  await keyed.close();
});

test.each(["POST", "GET"])("an agent that knows subscriptions by %s alone can be subscribed to", async (verb) => {
  const task = '{"id":"t","contextId":"c","status":{"state":"TASK_STATE_WORKING"}}';
  const one = await startRawAgent(
    ({ path, method }, response) => {
      if (path.endsWith("message:send")) return void response.end(`{"task":${task}}`);
      if (method !== verb) return void response.writeHead(verb === "GET" ? 405 : 404).end('{"detail":"Not Found"}');
      response.setHeader("content-type", "text/event-stream");
      response.end(`data: {"task":${task.replace("WORKING", "COMPLETED")}}\n\n`);
    },
    (url) => cardOf(url, { supportedInterfaces: [{ url, protocolBinding: "HTTP+JSON", protocolVersion: "1.0" }] }),
  );
  const { id: oneId } = await gate.register({ url: one.url });
  await post(`/agents/${oneId}/message:send`, { ...textMessage(), configuration: { returnImmediately: true } });
  expect(await (await post(`/agents/${oneId}/tasks/t:subscribe`, "")).text()).toContain("COMPLETED");
  await one.close();
});

test("an agent of 0.3 reads lengths of histories as it likes; its callers of 1.0 get what they asked for", async () => {
  const said = (text: string) => ({
    kind: "message",
    messageId: text,
    role: "user",
    parts: [{ kind: "text", text }],
  });
  const task = { kind: "task", id: "t", status: { state: "completed" }, history: ["a", "b", "c"].map(said) };
  const legacy = await startRawAgent(
    ({ body }, response) => void response.end(rpcResult(body?.id, JSON.stringify(task))),
    (url) => ({ ...cardOf(url), supportedInterfaces: undefined, protocolVersion: "0.3.0", url }),
  );
  const { id: legacyId } = await gate.register({ url: legacy.url });
  const asked = { ...textMessage(), configuration: { historyLength: 1 } };
  const sent = (await rpc(legacyId, "SendMessage", asked)).result.task;
  expect(sent.history).toEqual([{ messageId: "c", role: "ROLE_USER", parts: [{ text: "c" }] }]);
  const history = async (params: object) => (await rpc(legacyId, "GetTask", { id: "t", ...params })).result.history;
  expect([await history({ historyLength: 0 }), (await history({ historyLength: 2 })).length]).toEqual([[], 2]);
  expect([(await history({})).length, (await history({ historyLength: 9 })).length]).toEqual([3, 3]);
  await legacy.close();
});

const of03 = (url: string) => ({ ...cardOf(url), supportedInterfaces: undefined, protocolVersion: "0.3.0", url });

test("a subscription to an agent of 0.3 begins with the task, and there is none to one that is over", async () => {
  let state = "working";
  const legacy = await startRawAgent(({ body }, response) => {
    const task = JSON.stringify({ kind: "task", id: "t", contextId: "c", status: { state } });
    if (body.method !== "tasks/resubscribe") return void response.end(rpcResult(body.id, task));
    const status = { state: "completed" };
    const update = { kind: "status-update", taskId: "t", contextId: "c", status, final: true };
    response.setHeader("content-type", "text/event-stream");
    response.end(`data: ${rpcResult(body.id, JSON.stringify(update))}\n\n`);
  }, of03);
  const { id } = await gate.register({ url: legacy.url });
  await rpc(id, "SendMessage", { ...textMessage(), configuration: { returnImmediately: true } });
  const events = await (await post(`/agents/${id}/tasks/t:subscribe`, "")).text();
  expect([...events.matchAll(/^data: (.*)$/gm)].map(([, event]) => JSON.parse(event!))).toMatchObject([
    { task: { id: "t", status: { state: "TASK_STATE_WORKING" } } },
    { statusUpdate: { taskId: "t", status: { state: "TASK_STATE_COMPLETED" } } },
  ]);
  state = "completed";
  expect((await rpc(id, "SubscribeToTask", { id: "t" })).error.code).toBe(-32004);
  await legacy.close();
});

test("an agent of 0.3 that lacks a method does not support the operation", async () => {
  const lacking = await startRawAgent(({ body }, response) => {
    const error = { code: -32601, message: "Method not found" };
    const told =
      body.method === "message/send" ? { result: { kind: "task", id: "t", status: { state: "working" } } } : { error };
    response.end(JSON.stringify({ jsonrpc: "2.0", id: body.id, ...told }));
  }, of03);
  const { id } = await gate.register({ url: lacking.url });
  await rpc(id, "SendMessage", { ...textMessage(), configuration: { returnImmediately: true } });
  expect((await rpc(id, "CancelTask", { id: "t" })).error.code).toBe(-32004);
  // Its own version has words for it.
  expect((await rpc(id, "tasks/cancel", { id: "t" })).error.code).toBe(-32601);
  await lacking.close();
});

test("an interface's tenant is told in its parameters, and over HTTP+JSON in its path", async () => {
  const received: [path: string, tenant: unknown][] = [];
  const shared = await startRawAgent(({ path, body, method }, response) => {
    received.push([path, (body?.params ?? body)?.tenant]);
    const task = { id: "t", contextId: "c", status: { state: "TASK_STATE_COMPLETED" } };
    const result = method === "GET" || body?.method === "GetTask" ? task : { task };
    response.end(path === "/" ? rpcResult(body.id, JSON.stringify(result)) : JSON.stringify(result));
  });
  for (const [protocolBinding, asked] of [
    [
      "JSONRPC",
      [
        ["/", "acme inc"],
        ["/", "acme inc"],
      ],
    ],
    [
      "HTTP+JSON",
      [
        ["/acme%20inc/message:send", "acme inc"],
        ["/acme%20inc/tasks/t", undefined],
      ],
    ],
  ] as const) {
    const supportedInterfaces = [{ url: shared.url, protocolBinding, protocolVersion: "1.0", tenant: "acme inc" }];
    const { id } = await gate.register({ card: cardOf(shared.url, { supportedInterfaces }) });
    received.length = 0;
    await rpc(id, "SendMessage", { ...textMessage(), tenant: "of-another" });
    expect((await rpc(id, "GetTask", { id: "t" })).result.id).toBe("t");
    expect(received).toEqual(asked);
  }
  await shared.close();
});

test("an agent that knows the subscription but not the task is not asked by GET as well", async () => {
  const details = [{ "@type": "type.googleapis.com/google.rpc.ErrorInfo", reason: "TASK_NOT_FOUND" }];
  const forgetful = await startRawAgent(
    ({ path }, response) => {
      const task = { id: "t", contextId: "c", status: { state: "TASK_STATE_WORKING" } };
      if (path.endsWith("message:send")) return void response.end(JSON.stringify({ task }));
      response.writeHead(404).end(JSON.stringify({ error: { code: 404, message: "no such task", details } }));
    },
    (url) => cardOf(url, { supportedInterfaces: [{ url, protocolBinding: "HTTP+JSON", protocolVersion: "1.0" }] }),
  );
  const { id } = await gate.register({ url: forgetful.url });
  await post(`/agents/${id}/message:send`, { ...textMessage(), configuration: { returnImmediately: true } });
  expect((await post(`/agents/${id}/tasks/t:subscribe`, "")).status).toBe(404);
  expect(forgetful.received.map(({ method }) => method)).toEqual(["POST", "POST"]);
  await forgetful.close();
});

test.each([
  ["of HTTP+JSON", '{"error":{"code":500,"message":"lost my words","details":[{"reason":"INVALID_AGENT_RESPONSE"}]}}'],
  ["of JSON-RPC", '{"jsonrpc":"2.0","id":1,"error":{"code":-32006,"message":"lost my words"}}'],
])("an error %s that an HTTP+JSON stream begins with is the agent's", async (_, data) => {
  const failing = await startRawAgent(
    (_request, response) => {
      response.setHeader("content-type", "text/event-stream");
      response.end(`event: error\ndata: ${data}\n\n`);
    },
    (url) => cardOf(url, { supportedInterfaces: [{ url, protocolBinding: "HTTP+JSON", protocolVersion: "1.0" }] }),
  );
  const { id } = await gate.register({ url: failing.url });
  const events = await (await post(`/agents/${id}/message:stream`, textMessage())).text();
  expect(events).toMatch(/^event: error\ndata: .*lost my words/);
  expect(events).toContain("INVALID_AGENT_RESPONSE");
  await failing.close();
});

test("an event or an answer that is larger than any may be is not taken in", async () => {
  const narrow = await gate.another({ responseBytesMax: 10_000 });
  const large = "x".repeat(20_000);
  let isStream = true;
  const talkative = await startRawAgent(({ body }, response) => {
    if (isStream) response.setHeader("content-type", "text/event-stream");
    response.write(isStream ? `data: ${large}` : `{"jsonrpc":"2.0","id":${body.id},"result":{"x":"${large}"}}`);
    if (!isStream) response.end();
  });
  const { id } = await gate.register({ url: talkative.url });
  for (isStream of [true, false]) {
    const call = { jsonrpc: "2.0", id: 1, method: "SendStreamingMessage", params: textMessage() };
    const { body } = await narrow.call("POST", `/agents/${id}`, call, null);
    expect(JSON.stringify(body)).toContain("too large");
    expect(JSON.stringify(body)).not.toContain("xxx");
  }
  await talkative.close();
});
