import { methodOf, type Operation, operations, pathOf } from "@agentgate/protocol/a2a";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import WebSocket from "ws";
import { type ExampleAgent, serveExampleAgent } from "../../../../examples/a2a-agent/serve.ts";
import { startTestGateway, type TestGateway } from "../testing/index.ts";

/** A caller sees its own tasks, contexts and push configs alone, on every entrance: each operation in each binding and version. */

const unlimited = { rate_limit: 1e6, rate_burst: 1e6 };
let gate: TestGateway;
let agent: ExampleAgent;
let id: string;
let owner: string;
let stranger: string;
let foreign: { taskId: string; contextId: string };
beforeAll(async () => {
  gate = await startTestGateway();
  agent = await serveExampleAgent();
  id = (await gate.register({ card_url: `${agent.url}/.well-known/agent-card.json` })).id;
  owner = (await gate.createOrg("owner", unlimited)).key;
  stranger = (await gate.createOrg("stranger", unlimited)).key;
  const message = { messageId: "m", role: "ROLE_USER", parts: [{ text: "ask" }] };
  const { result } = await rpc("SendMessage", { message }, owner);
  foreign = { taskId: result.task.id, contextId: result.task.contextId };
  const config = { taskId: foreign.taskId, id: "config", url: "http://127.0.0.1:8999/hook" };
  expect((await rpc("CreateTaskPushNotificationConfig", config, owner)).result.id).toBe("config");
});
afterAll(async () => {
  await gate.close();
  await agent.close();
});

const headersOf = (key: string | null, version = "1.0") => ({
  "content-type": "application/json",
  "a2a-version": version,
  ...(key !== null && { authorization: `Bearer ${key}` }),
});

async function rpc(method: string, params: object, key: string | null, version = "1.0"): Promise<any> {
  const response = await fetch(`${gate.url}/agents/${id}`, {
    method: "POST",
    headers: headersOf(key, version),
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
  });
  const text = await response.text();
  return JSON.parse(/^data: (.*)$/m.exec(text)?.[1] ?? text);
}

/** Parameters that name somebody else's task, in 1.0's shape. */
function trespass(operation: Operation): Record<string, unknown>[] {
  const { taskId, contextId } = foreign;
  const message = { messageId: "t", role: "ROLE_USER", parts: [{ text: "hi" }] };
  switch (operation) {
    case "SendMessage":
    case "SendStreamingMessage":
      return [{ taskId }, { contextId }, { referenceTaskIds: [taskId] }].map((ids) => ({
        message: { ...message, ...ids },
      }));
    case "GetTask":
    case "CancelTask":
    case "SubscribeToTask":
      return [{ id: taskId }];
    case "CreateTaskPushNotificationConfig":
      return [{ taskId, id: "config", url: "http://127.0.0.1:8999/evil" }];
    case "GetTaskPushNotificationConfig":
    case "DeleteTaskPushNotificationConfig":
      return [{ taskId, id: "config" }];
    case "ListTaskPushNotificationConfigs":
      return [{ taskId }];
    default:
      return [];
  }
}

const toV03 = (operation: Operation, params: any): object => {
  if (params.message) {
    return { message: { ...params.message, role: "user", kind: "message", parts: [{ kind: "text", text: "hi" }] } };
  }
  if (operation === "CreateTaskPushNotificationConfig") {
    return { taskId: params.taskId, pushNotificationConfig: { id: params.id, url: params.url } };
  }
  return params.taskId ? { id: params.taskId, pushNotificationConfigId: params.id } : params;
};

const named = operations.filter((operation) => operation !== "ListTasks" && operation !== "GetExtendedAgentCard");

describe.each([
  ["another organization", () => stranger],
  ["nobody", () => null],
])("to %s", (_who, key) => {
  test.each(named)("%s over JSON-RPC 1.0: no such task", async (operation) => {
    for (const params of trespass(operation)) {
      expect((await rpc(operation, params, key())).error?.code).toBe(-32001);
    }
  });

  test.each(named)("%s over JSON-RPC 0.3: no such task", async (operation) => {
    for (const params of trespass(operation)) {
      const { error } = await rpc(methodOf(operation, "0.3")!, toV03(operation, params), key(), "0.3");
      expect(error?.code).toBe(-32001);
    }
  });

  test.each(named.flatMap((operation) => ["", "/v1"].map((base) => [operation, base] as const)))(
    "%s over HTTP+JSON %s: no such task",
    async (operation, base) => {
      for (const params of trespass(operation)) {
        const { method, path } = pathOf(operation, params);
        const body =
          base && params.message ? { message: { ...(params.message as object), content: [{ text: "hi" }] } } : params;
        const response = await fetch(`${gate.url}/agents/${id}${base}${path}`, {
          method,
          headers: headersOf(key(), base ? "0.3" : "1.0"),
          ...(method === "POST" && { body: JSON.stringify(body) }),
        });
        // Not that there is no such route: that there is no such task.
        const { error, code } = (await response.json()) as any;
        expect([response.status, code ?? error.details[0].reason]).toEqual([404, base ? -32001 : "TASK_NOT_FOUND"]);
      }
    },
  );

  test("ListTasks shows nothing of it", async () => {
    const { tasks, totalSize } = (await rpc("ListTasks", { contextId: foreign.contextId }, key())).result;
    expect([tasks, totalSize]).toEqual([[], 0]);
  });

  test("a simple task, its stream and its socket cannot continue it", async () => {
    const task = { id: "s", message: { taskId: foreign.taskId, parts: [{ type: "text", text: "hi" }] } };
    const unary = await gate.call("POST", `/agents/${id}/task`, task, key());
    expect([unary.status, unary.body.detail]).toEqual([404, expect.stringContaining("Task not found")]);
    const stream = await gate.call("POST", `/agents/${id}/task/stream`, task, key());
    expect(stream.body).toMatch(/event: error\ndata: .*Task not found/);
    const socket = new WebSocket(`${gate.url.replace("http", "ws")}/agents/${id}/task/ws`, {
      headers: headersOf(key()),
    });
    const answers: any[] = [];
    socket.on("message", (data) => answers.push(JSON.parse(data.toString())));
    await new Promise((resolve) => socket.on("open", resolve));
    socket.send(JSON.stringify({ type: "task", task }));
    await expect
      .poll(() => answers.at(-1))
      .toMatchObject({ type: "error", data: expect.stringContaining("Task not found") });
    socket.close();
  });
});

test("every operation stands in the matrix, and its owner passes", async () => {
  for (const operation of named) expect(trespass(operation)).not.toEqual([]);
  expect((await rpc("GetTask", { id: foreign.taskId }, owner)).result.id).toBe(foreign.taskId);
  expect((await rpc("ListTasks", {}, owner)).result.totalSize).toBe(1);
  const configs = (await rpc("ListTaskPushNotificationConfigs", { taskId: foreign.taskId }, owner)).result.configs;
  expect(configs).toEqual([{ taskId: foreign.taskId, id: "config", url: "http://127.0.0.1:8999/hook" }]);
});

test("a second node knows the owners as well", async () => {
  const second = await gate.another();
  const get = async (key: string) =>
    second.call("GET", `/agents/${id}/tasks/${foreign.taskId}`, undefined, key).then(({ status }) => status);
  expect([await get(owner), await get(stranger)]).toEqual([200, 404]);
});
