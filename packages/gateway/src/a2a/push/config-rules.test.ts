import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { startTestGateway, type TestGateway } from "../../testing/index.ts";
import { callsTo, textMessage } from "../testing/calls.ts";
import { cardOf, type RawAgent, rpcResult, startRawAgent } from "../testing/raw-agent.ts";

/** What is a push config, which task it belongs to, and what becomes of one that the agent does not take. */

const WEBHOOK = "http://127.0.0.1:8998/hook";

let gate: TestGateway;
let agent: RawAgent;
let id: string;
let refused: string | undefined;
let tasks = 0;
beforeAll(async () => {
  gate = await startTestGateway();
  agent = await startRawAgent(({ body: { id: rpcId, method, params } }, response) => {
    if (method === refused) {
      const error = { code: -32004, message: "not today" };
      return void response.end(JSON.stringify({ jsonrpc: "2.0", id: rpcId, error }));
    }
    const state = method === "SendMessage" ? "TASK_STATE_WORKING" : "TASK_STATE_COMPLETED";
    const taskId = params.message?.taskId ?? `task-${++tasks}`;
    const task = `{"task":{"id":"${taskId}","contextId":"c","status":{"state":"${state}"}}}`;
    if (method !== "SendStreamingMessage") return void response.end(rpcResult(rpcId, task));
    response.setHeader("content-type", "text/event-stream");
    response.end(`data: ${rpcResult(rpcId, task)}\n\n`);
  });
  id = (await gate.register({ url: agent.url })).id;
});
afterAll(async () => {
  await gate.close();
  await agent.close();
});
beforeEach(() => {
  refused = undefined;
});

const { post, rpc } = callsTo(() => gate.url);
const inline = (config: unknown) => ({ ...textMessage(), configuration: { taskPushNotificationConfig: config } });
const newTask = async () => (await rpc(id, "SendMessage", textMessage())).result.task.id as string;
const configsOf = async (taskId: string) =>
  (await rpc(id, "ListTaskPushNotificationConfigs", { taskId })).result.configs;
/** What the agent was told last of a config, which it may use. */
const told = () => {
  const { params } = agent.received.at(-1)!.body;
  return params.configuration?.taskPushNotificationConfig ?? params;
};
const notify = async (body: object, headers: object) => {
  const init = { method: "POST", headers: { "content-type": "application/json", ...headers } };
  return fetch(told().url, { ...init, body: JSON.stringify(body) });
};
const bearer = () => ({ authorization: `Bearer ${told().authentication.credentials}` });
const aboutTask = (taskId: string) => ({
  statusUpdate: { taskId, contextId: "c", status: { state: "TASK_STATE_WORKING" } },
});

test.each<[what: string, config: unknown]>([
  ["text", "http://127.0.0.1/"],
  ["without an address", {}],
  ["with an empty address", { url: "" }],
  ["with an address that is a number", { url: 7 }],
  ["with an id that is a number", { url: WEBHOOK, id: 7 }],
  ["with an id that no database keeps", { url: WEBHOOK, id: "a\0b" }],
  ["with credentials that are text", { url: WEBHOOK, authentication: "Bearer x" }],
  ["with a scheme that is a number", { url: WEBHOOK, authentication: { scheme: 7 } }],
])("a config %s is refused before the agent hears of it", async (_, config) => {
  const taskId = await newTask();
  const asked = agent.received.length;
  expect((await rpc(id, "SendMessage", inline(config))).error.code).toBe(-32602);
  expect((await rpc(id, "SendStreamingMessage", inline(config))).error.code).toBe(-32602);
  if (typeof config === "object") {
    const given = { ...config, taskId };
    expect((await rpc(id, "CreateTaskPushNotificationConfig", given)).error.code).toBe(-32602);
  }
  expect(agent.received.length).toBe(asked);
});

test("what else a message says goes to the agent with the config", async () => {
  const params = inline({ url: WEBHOOK, id: "mine" });
  Object.assign(params.configuration, { returnImmediately: true, historyLength: 3 });
  await rpc(id, "SendMessage", { ...params, metadata: { own: 1 } });
  const { configuration, ...rest } = agent.received.at(-1)!.body.params;
  expect(rest).toEqual({ ...textMessage(), metadata: { own: 1 } });
  expect(configuration).toMatchObject({ returnImmediately: true, historyLength: 3 });
});

test("a config of a stream belongs to the stream's task", async () => {
  const events = await (await post(`/agents/${id}/message:stream`, inline({ url: WEBHOOK, id: "mine" }))).text();
  const taskId = JSON.parse(events.replace("data: ", "")).task.id;
  expect((await notify(aboutTask("another"), bearer())).status).toBe(400);
  expect((await notify(aboutTask(taskId), bearer())).status).toBe(200);
  expect(await configsOf(taskId)).toEqual([{ id: "mine", url: WEBHOOK, taskId }]);
});

test.each(["SendMessage", "SendStreamingMessage"])("a config of a %s that failed is forgotten", async (method) => {
  refused = method;
  expect((await rpc(id, method, inline({ url: WEBHOOK }))).error.message).toBe("not today");
  expect((await notify(aboutTask("any"), bearer())).status).toBe(404);
});

test("a config that the agent does not take is not kept", async () => {
  const taskId = await newTask();
  refused = "CreateTaskPushNotificationConfig";
  const answer = await rpc(id, refused, { taskId, url: WEBHOOK });
  expect(answer.error).toMatchObject({ code: -32004, message: "not today" });
  expect((await notify(aboutTask(taskId), bearer())).status).toBe(404);
  expect(await configsOf(taskId)).toEqual([]);
});

test("a config of the same name takes the place of the older one", async () => {
  const taskId = await newTask();
  for (const url of [WEBHOOK, `${WEBHOOK}/2`])
    await rpc(id, "CreateTaskPushNotificationConfig", { taskId, id: "mine", url });
  await rpc(id, "CreateTaskPushNotificationConfig", { taskId, id: "other", url: WEBHOOK });
  const kept = (await configsOf(taskId)).map((config: any) => [config.id, config.url]);
  expect(kept).toEqual([
    ["mine", `${WEBHOOK}/2`],
    ["other", WEBHOOK],
  ]);
});

test("a task has 32 configs at most", async () => {
  const taskId = await newTask();
  const codes: unknown[] = [];
  for (let count = 0; count < 33; count++) {
    codes.push((await rpc(id, "CreateTaskPushNotificationConfig", { taskId, url: WEBHOOK })).error?.code);
  }
  expect(codes).toEqual([...Array(32).fill(undefined), -32602]);
  const more = inline({ url: WEBHOOK });
  Object.assign(more.message, { taskId });
  for (const method of ["SendMessage", "SendStreamingMessage"]) {
    expect((await rpc(id, method, more)).error.code).toBe(-32602);
  }
  const [{ id: name }] = await configsOf(taskId);
  const renewed = { taskId, id: name, url: `${WEBHOOK}/renewed` };
  expect((await rpc(id, "CreateTaskPushNotificationConfig", renewed)).result.url).toBe(renewed.url);
  expect(await configsOf(taskId)).toHaveLength(32);
});

test.each([
  ["GetTaskPushNotificationConfig", {}],
  ["GetTaskPushNotificationConfig", { id: "" }],
  ["DeleteTaskPushNotificationConfig", {}],
  ["DeleteTaskPushNotificationConfig", { id: "" }],
  ["DeleteTaskPushNotificationConfig", { id: 7 }],
  ["ListTaskPushNotificationConfigs", { pageToken: "x" }],
  ["ListTaskPushNotificationConfigs", { pageToken: "-1" }],
  ["ListTaskPushNotificationConfigs", { pageSize: -1 }],
  ["ListTaskPushNotificationConfigs", { pageSize: "2" }],
  ["ListTaskPushNotificationConfigs", { pageSize: 1.5 }],
])("%s with %j is refused", async (method, params) => {
  const taskId = await newTask();
  await rpc(id, "CreateTaskPushNotificationConfig", { taskId, url: WEBHOOK });
  expect((await rpc(id, method, { taskId, ...params })).error.code).toBe(-32602);
  expect(await configsOf(taskId)).toHaveLength(1);
});

test("an agent that sends no notifications has no configs", async () => {
  const silent = await startRawAgent(
    ({ body }, response) => void response.end(rpcResult(body.id, "{}")),
    (url) => cardOf(url, { capabilities: { streaming: true } }),
  );
  const { id: silentId } = await gate.register({ url: silent.url });
  const of = (verb: string) => `${verb}TaskPushNotificationConfig${verb === "List" ? "s" : ""}`;
  for (const method of ["Create", "Get", "List", "Delete"].map(of)) {
    expect((await rpc(silentId, method, { taskId: "t", id: "c", url: WEBHOOK })).error.code).toBe(-32003);
  }
  for (const method of ["SendMessage", "SendStreamingMessage"]) {
    expect((await rpc(silentId, method, inline({ url: WEBHOOK }))).error.code).toBe(-32003);
  }
  expect(silent.received).toEqual([]);
  await silent.close();
});

test("an agent may show its secret as the token; who shows none is told to", async () => {
  const taskId = await newTask();
  await rpc(id, "CreateTaskPushNotificationConfig", { taskId, url: WEBHOOK });
  const { token } = told();
  expect((await notify(aboutTask(taskId), { "x-a2a-notification-token": token })).status).toBe(200);
  const wrong = await notify(aboutTask(taskId), { "x-a2a-notification-token": `${token}x` });
  const nothing = await notify(aboutTask(taskId), {});
  for (const { status, headers } of [wrong, nothing]) {
    expect([status, headers.get("www-authenticate")]).toEqual([401, "Bearer"]);
  }
});
