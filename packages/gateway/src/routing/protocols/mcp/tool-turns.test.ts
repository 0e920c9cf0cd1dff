import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { mcpCalls } from "../../../mcp/testing/mcp-calls.ts";
import {
  answer,
  aTool,
  refuse,
  type Script,
  type ScriptedServer,
  serving,
  startScriptedServer,
} from "../../../mcp-servers/testing/scripted-server.ts";
import { startTestGateway, type TestGateway } from "../../../testing/index.ts";

let gate: TestGateway;
let server: ScriptedServer;
let script: Script;
let ann: { id: string; key: string };
let bob: { id: string; key: string };
let id: string;
beforeAll(async () => {
  gate = await startTestGateway();
  server = await startScriptedServer(
    serving(
      () => [aTool()],
      (...args) => script(...args),
    ),
  );
  // Of a tier whose rate no machine is fast enough to reach.
  [ann, bob] = [
    await gate.createOrg("ann", { tier: "enterprise" }),
    await gate.createOrg("bob", { tier: "enterprise" }),
  ];
  for (const { id: org } of [ann, bob]) await gate.call("POST", `/orgs/${org}/topup`, { amount: 10 });
  const owner = await gate.createOrg("owner", { tier: "enterprise" });
  id = (await gate.register({ protocol: "mcp", url: server.url, tools: { prices: { look: "0.05" } } }, owner.key)).id;
});
afterAll(async () => {
  await gate.close();
  await server.close();
});
beforeEach(() => {
  server.asked.length = 0;
});

const balance = async ({ id: org, key }: { id: string; key: string }) =>
  (await gate.call("GET", `/orgs/${org}/wallet`, undefined, key)).body.balance as number;
const rpc = async (method: string, params: unknown, key = ann.key) =>
  (await gate.call("POST", `/agents/${id}`, { jsonrpc: "2.0", id: 1, method, params }, key)).body;
const message = (parts: unknown[], more: object = {}) => ({
  message: { messageId: crypto.randomUUID(), role: "ROLE_USER", parts, ...more },
});
const ordered = (more: object = {}) => message([{ data: { tool: "look", arguments: { q: "x" } } }], more);

const asks: Script = (one, response) => {
  const { inputResponses, requestState } = one.params;
  if (!inputResponses) {
    return answer(one, response, {
      resultType: "input_required",
      requestState: "the server's own word",
      inputRequests: {
        city: {
          method: "elicitation/create",
          params: {
            mode: "form",
            message: "Which city?",
            requestedSchema: { type: "object", properties: { name: { type: "string" } } },
          },
        },
      },
    });
  }
  return answer(one, response, {
    content: [{ type: "text", text: `${requestState}: ${JSON.stringify(inputResponses)}` }],
  });
};

test("a tool that asks is an A2A task that waits for input; its answer goes on with the call", async () => {
  script = asks;
  const { result } = await rpc("SendMessage", ordered());
  const { task } = result;
  expect(task.status.state).toBe("TASK_STATE_INPUT_REQUIRED");
  expect(task.status.message.parts).toEqual([
    { text: "Which city?" },
    { data: { inputRequests: expect.objectContaining({ city: expect.anything() }) } },
  ]);
  expect(JSON.stringify(task)).not.toContain("own word");

  const answered = await rpc(
    "SendMessage",
    message([{ data: { inputResponses: { city: { action: "accept", content: { name: "Lahore" } } } } }], {
      taskId: task.id,
    }),
  );
  expect(answered.result.task).toMatchObject({ id: task.id, status: { state: "TASK_STATE_COMPLETED" } });
  expect(answered.result.task.artifacts[0].parts[0].text).toBe(
    'the server\'s own word: {"city":{"action":"accept","content":{"name":"Lahore"}}}',
  );
  const [first, second] = server.asked.filter(({ method }) => method === "tools/call");
  expect(second!.params).toMatchObject({ name: "look", arguments: { q: "x" }, requestState: "the server's own word" });
  expect(second!.id).not.toBe(first!.id);
  expect((await rpc("GetTask", { id: task.id })).result.status.state).toBe("TASK_STATE_COMPLETED");
});

test("a tool that fails with much to say is kept without it, for that costs nobody anything", async () => {
  const text = "no ".repeat(200_000);
  script = (one, response) => answer(one, response, { isError: true, content: [{ type: "text", text }] });
  const { task } = (await rpc("SendMessage", ordered())).result;
  expect(JSON.stringify(task.status.message).length).toBeGreaterThan(text.length);
  const kept = (await rpc("GetTask", { id: task.id })).result;
  expect(kept).toMatchObject({ id: task.id, status: { state: "TASK_STATE_FAILED" } });
  expect(JSON.stringify(kept).length).toBeLessThan(1_000);
});

test("a tool that asks back is not called again with more than is kept until then", async () => {
  script = asks;
  const large = message([{ data: { tool: "look", arguments: { q: "x".repeat(300_000) } } }]);
  const { task } = (await rpc("SendMessage", large)).result;
  expect(task.status).toMatchObject({
    state: "TASK_STATE_FAILED",
    message: { parts: [{ text: expect.stringContaining("asks back") }] },
  });
});

/** What ann has once nothing of hers is put aside any more. */
const settled = async () => {
  const wallet = async () => (await gate.call("GET", `/orgs/${ann.id}/wallet`, undefined, ann.key)).body;
  await expect.poll(async () => (await wallet()).held).toBe(0);
  return (await wallet()).balance as number;
};

/** A server that wants to be called this many times before it answers, and asks for nothing else. */
const busy =
  (times: number): Script =>
  (one, response) => {
    const calls = Number(one.params.requestState ?? 0) + 1;
    if (calls < times) return answer(one, response, { resultType: "input_required", requestState: `${calls}` });
    return answer(one, response, { content: [{ type: "text", text: `call ${calls}` }] });
  };
const calls = () => server.asked.filter(({ method }) => method === "tools/call");

test("a tool that asks for nothing but to be called again is, with its state, and is paid once", async () => {
  script = busy(3);
  const before = await settled();
  const { result } = await rpc("SendMessage", ordered());
  expect(result.message.parts).toEqual([{ text: "call 3" }]);
  expect(calls().map(({ params }) => [params.arguments, params.requestState])).toEqual([
    [{ q: "x" }, undefined],
    [{ q: "x" }, "1"],
    [{ q: "x" }, "2"],
  ]);
  expect(new Set(calls().map(({ id: name }) => name)).size).toBe(3);
  expect(await settled()).toBeCloseTo(before - 0.05);
});

test("so it is for clients of the gateway as a server, who hear nothing of it", async () => {
  script = busy(2);
  const { slug } = await gate.register({ protocol: "mcp", url: server.url }, ann.key);
  server.asked.length = 0;
  const { call } = mcpCalls(() => gate.url);
  const { frame } = await call("/mcp", "tools/call", { name: `${slug}__look`, arguments: { q: "x" } }, ann);
  expect(frame.result).toMatchObject({ resultType: "complete", content: [{ type: "text", text: "call 2" }] });
  expect(calls()).toHaveLength(2);
});

test("one that was answered and wants to be called again is given its new state, and the answer no more", async () => {
  script = (one, response) => {
    const { requestState, inputResponses } = one.params;
    if (requestState === "later") return answer(one, response, { content: [{ type: "text", text: "done" }] });
    if (inputResponses)
      return answer(one, response, { resultType: "input_required", requestState: "later", inputRequests: {} });
    return asks(one, response, undefined as never);
  };
  const { task } = (await rpc("SendMessage", ordered())).result;
  const told = await rpc("SendMessage", message([{ text: "Lahore" }], { taskId: task.id }));
  expect(told.result.task).toMatchObject({ id: task.id, status: { state: "TASK_STATE_COMPLETED" } });
  expect(calls().at(-1)!.params).not.toHaveProperty("inputResponses");
});

test("one that wants to be called again without end has failed, and costs nothing", async () => {
  script = busy(1_000);
  const before = await settled();
  const { task } = (await rpc("SendMessage", ordered())).result;
  expect(task.status).toMatchObject({
    state: "TASK_STATE_FAILED",
    message: { parts: [{ text: expect.stringContaining("again and again") }] },
  });
  expect(calls()).toHaveLength(10);
  expect(await settled()).toBe(before);
});

test("one text answers where one text is asked, from the simple entrances too", async () => {
  script = asks;
  const asked = await gate.call(
    "POST",
    `/agents/${id}/task`,
    { message: { parts: [{ type: "data", data: { tool: "look" } }] } },
    ann.key,
  );
  expect(asked.body.result.status.state).toBe("input-required");
  const { taskId } = asked.body.result;
  const told = await gate.call(
    "POST",
    `/agents/${id}/task`,
    { message: { taskId, parts: [{ type: "text", text: "Lahore" }] } },
    ann.key,
  );
  expect(JSON.stringify(told.body)).toContain('content\\":{\\"name\\":\\"Lahore');
});

test("what one form holds is answered with that, and where somebody was sent to with any words", async () => {
  const asking =
    (params: object): Script =>
    (one, response) => {
      const { inputResponses } = one.params;
      if (inputResponses)
        return answer(one, response, { content: [{ type: "text", text: JSON.stringify(inputResponses) }] });
      const inputRequests = { it: { method: "elicitation/create", params: { message: "Please", ...params } } };
      return answer(one, response, { resultType: "input_required", inputRequests });
    };
  const properties = { day: { type: "string" }, seats: { type: "integer" } };
  script = asking({ mode: "form", requestedSchema: { type: "object", properties } });
  const { task } = (await rpc("SendMessage", ordered())).result;
  const booked = await rpc("SendMessage", message([{ data: { day: "Monday", seats: 2 } }], { taskId: task.id }));
  expect(booked.result.task.artifacts[0].parts[0].text).toBe(
    '{"it":{"action":"accept","content":{"day":"Monday","seats":2}}}',
  );
  script = asking({ mode: "url", url: "https://pay.example/x" });
  const sent = (await rpc("SendMessage", ordered())).result.task;
  const been = await rpc("SendMessage", message([{ text: "Done." }], { taskId: sent.id }));
  expect(been.result.task.artifacts[0].parts[0].text).toBe('{"it":{"action":"accept"}}');
});

test.each<[what: string, parts: unknown[]]>([
  [
    "an answer to what was not asked",
    [{ data: { inputResponses: { city: { action: "accept", content: {} }, key: { action: "accept" } } } }],
  ],
  ["no answer to what was", [{ data: { inputResponses: {} } }]],
  ["an action that is none", [{ data: { inputResponses: { city: { action: "maybe" } } } }]],
  ["data that answers nothing", [{ data: { tool: "look" } }]],
])("%s is refused before anything is paid or sent, and the task waits on", async (_, parts) => {
  script = asks;
  const { task } = (await rpc("SendMessage", ordered())).result;
  server.asked.length = 0;
  const before = await balance(ann);
  expect((await rpc("SendMessage", message(parts, { taskId: task.id }))).error).toBeDefined();
  expect(server.asked).toEqual([]);
  expect(await balance(ann)).toBe(before);
  expect((await rpc("GetTask", { id: task.id })).result.status.state).toBe("TASK_STATE_INPUT_REQUIRED");
});

test("of two answers at once one is taken", async () => {
  script = asks;
  const { task } = (await rpc("SendMessage", ordered())).result;
  server.asked.length = 0;
  const answers = await Promise.all(
    [1, 2, 3].map(() => rpc("SendMessage", message([{ text: "Lahore" }], { taskId: task.id }))),
  );
  expect(answers.filter(({ result }) => result)).toHaveLength(1);
  expect(server.asked.filter(({ method }) => method === "tools/call")).toHaveLength(1);
});

test("somebody else's task is as one that is not there, and is not gone on with", async () => {
  script = asks;
  const { task } = (await rpc("SendMessage", ordered())).result;
  server.asked.length = 0;
  const before = await balance(bob);
  const nobodys = await rpc("SendMessage", message([{ text: "Lahore" }], { taskId: crypto.randomUUID() }), bob.key);
  for (const [method, params] of [
    ["SendMessage", message([{ text: "Lahore" }], { taskId: task.id })],
    ["GetTask", { id: task.id }],
    ["CancelTask", { id: task.id }],
  ] as const) {
    const { error } = await rpc(method, params, bob.key);
    expect([method, error.code, error.message.replace(task.id, "")]).toEqual([
      method,
      nobodys.error.code,
      expect.stringContaining("not found"),
    ]);
  }
  expect(server.asked).toEqual([]);
  await expect.poll(() => balance(bob)).toBe(before);
});

test("a task that waits may be cancelled, and goes on no more", async () => {
  script = asks;
  const { task } = (await rpc("SendMessage", ordered())).result;
  expect((await rpc("CancelTask", { id: task.id })).result.status.state).toBe("TASK_STATE_CANCELED");
  server.asked.length = 0;
  expect((await rpc("SendMessage", message([{ text: "x" }], { taskId: task.id }))).error).toBeDefined();
  expect(server.asked).toEqual([]);
});

test("another node goes on with a task", async () => {
  script = asks;
  const { task } = (await rpc("SendMessage", ordered())).result;
  const other = await gate.another();
  const { body } = await other.call(
    "POST",
    `/agents/${id}`,
    { jsonrpc: "2.0", id: 1, method: "SendMessage", params: message([{ text: "Lahore" }], { taskId: task.id }) },
    ann.key,
  );
  expect(body.result.task.status.state).toBe("TASK_STATE_COMPLETED");
});

/** A server that keeps its tasks. */
function keeping(): { script: Script; end(status: string, more?: object): void; asked: string[] } {
  let now: Record<string, unknown> = { status: "working" };
  const asked: string[] = [];
  const told = () => ({
    taskId: "up-1",
    createdAt: "2026-01-01T00:00:00Z",
    lastUpdatedAt: "2026-01-01T00:00:00Z",
    ttlMs: null,
    pollIntervalMs: 200,
    ...now,
  });
  return {
    asked,
    end: (status, more = {}) => {
      now = { status, ...more };
    },
    script(one, response) {
      asked.push(one.method);
      if (one.method === "tools/call") return answer(one, response, { resultType: "task", ...told() });
      if (one.params.taskId !== "up-1" || one.headers["mcp-name"] !== "up-1")
        return refuse(one, response, 200, { code: -32602, message: "no such task" });
      if (one.method === "tasks/cancel") now = { status: "cancelled" };
      if (one.method === "tasks/update")
        now = {
          status: "completed",
          result: { content: [{ type: "text", text: JSON.stringify(one.params.inputResponses) }] },
        };
      return answer(one, response, one.method === "tasks/get" ? told() : {});
    },
  };
}

test("a task that the server keeps is working until the server says otherwise", async () => {
  const kept = keeping();
  script = kept.script;
  const { task } = (await rpc("SendMessage", { ...ordered(), configuration: { returnImmediately: true } })).result;
  expect(task.status.state).toBe("TASK_STATE_WORKING");
  expect((await rpc("GetTask", { id: task.id })).result.status.state).toBe("TASK_STATE_WORKING");
  kept.end("completed", { result: { content: [{ type: "text", text: "late" }] } });
  const { result } = await rpc("GetTask", { id: task.id });
  expect(result).toMatchObject({
    status: { state: "TASK_STATE_COMPLETED" },
    artifacts: [{ parts: [{ text: "late" }] }],
  });
});

test("whoever waits for such a task gets its end", async () => {
  const kept = keeping();
  script = kept.script;
  const waiting = rpc("SendMessage", ordered());
  await expect.poll(() => kept.asked.includes("tasks/get")).toBe(true);
  kept.end("completed", { result: { content: [], isError: true } });
  expect((await waiting).result.task.status.state).toBe("TASK_STATE_FAILED");
});

test("cancelling goes all the way to the server", async () => {
  const kept = keeping();
  script = kept.script;
  const { task } = (await rpc("SendMessage", { ...ordered(), configuration: { returnImmediately: true } })).result;
  expect((await rpc("CancelTask", { id: task.id })).result.status.state).toBe("TASK_STATE_CANCELED");
  expect(kept.asked).toContain("tasks/cancel");
});

test("what such a task asks is answered to the server's own task", async () => {
  const kept = keeping();
  script = kept.script;
  kept.end("input_required", {
    inputRequests: {
      sure: {
        method: "elicitation/create",
        params: { message: "Sure?", requestedSchema: { type: "object", properties: {} } },
      },
    },
  });
  const { task } = (await rpc("SendMessage", ordered())).result;
  expect(task.status.state).toBe("TASK_STATE_INPUT_REQUIRED");
  const told = await rpc(
    "SendMessage",
    message([{ data: { inputResponses: { sure: { action: "decline" } } } }], { taskId: task.id }),
  );
  expect(told.result.task).toMatchObject({
    status: { state: "TASK_STATE_COMPLETED" },
    artifacts: [{ parts: [{ text: '{"sure":{"action":"decline"}}' }] }],
  });
});
