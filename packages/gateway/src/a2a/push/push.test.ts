import { randomUUID } from "node:crypto";
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { silentLog } from "../../runtime/index.ts";
import { openStorage } from "../../storage/index.ts";
import { startTestGateway, type TestGateway } from "../../testing/index.ts";
import { type RawAgent, rpcResult, startRawAgent } from "../testing/raw-agent.ts";

/** An answer that never comes, for the connection breaks off. */
const LOST = 0;

let gate: TestGateway;
let agent: RawAgent;
let receiver: Server;
let webhook: string;
let id: string;
let answers: number[] = [];
const got: { headers: IncomingHttpHeaders; text: string }[] = [];
beforeAll(async () => {
  gate = await startTestGateway();
  await gate.gateway.start();
  agent = await startRawAgent(({ body }, response) => {
    response.setHeader("content-type", "application/json");
    const task = `{"id":"task-${body.id}","contextId":"c","status":{"state":"TASK_STATE_WORKING"}}`;
    if (body.method === "SendStreamingMessage") {
      response.end(rpcResult(body.id, '{"message":{"messageId":"r","role":"ROLE_AGENT","parts":[]}}'));
      return;
    }
    response.end(rpcResult(body.id, body.method === "SendMessage" ? `{"task":${task}}` : "{}"));
  });
  receiver = createServer((request, response) => {
    let text = "";
    request.on("data", (chunk) => {
      text += chunk;
    });
    request.on("end", () => {
      got.push({ headers: request.headers, text });
      const status = answers.shift() ?? 200;
      if (status === LOST) return void response.destroy();
      response.writeHead(status, { location: "http://127.0.0.1:8998/elsewhere" }).end();
    });
  });
  await new Promise<void>((resolve) => receiver.listen(0, "127.0.0.1", resolve));
  webhook = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook`;
  id = (await gate.register({ url: agent.url })).id;
});
afterAll(async () => {
  await gate.close();
  await agent.close();
  receiver.close();
});
beforeEach(() => {
  answers = [];
  got.length = 0;
});

let calls = 0;
/** Sends a message with a config inside; answers the task and what the agent was told of the config. */
async function sendWith(config: object, key?: string) {
  const rpcId = ++calls;
  const params = {
    message: { messageId: "m", role: "ROLE_USER", parts: [{ text: "go" }] },
    configuration: { returnImmediately: true, taskPushNotificationConfig: config },
  };
  const call = { jsonrpc: "2.0", id: rpcId, method: "SendMessage", params };
  const { body } = await gate.call("POST", `/agents/${id}`, call, key);
  const told = agent.received.at(-1)!.body.params.configuration.taskPushNotificationConfig;
  return { taskId: `task-${rpcId}`, told, body };
}
const notify = (told: any, body: unknown, secret = told.authentication.credentials) =>
  fetch(told.url, {
    method: "POST",
    headers: { "content-type": "application/a2a+json", authorization: `Bearer ${secret}` },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
const update = (taskId: string, state = "COMPLETED") =>
  `{"statusUpdate": {"taskId":"${taskId}","contextId":"c","status":{"state":"TASK_STATE_${state}"},"x-big":1e400}}`;

test("the agent learns neither the caller's address nor its secrets; what it sends arrives with them, byte for byte", async () => {
  const authentication = { scheme: "Bearer", credentials: "canary-callers-secret" };
  const { told, taskId } = await sendWith({ url: webhook, id: "mine", authentication });
  expect(JSON.stringify(agent.received)).not.toMatch(/canary|\/hook/);
  expect(told.url).toMatch(`${gate.url}/a2a/push/`);
  expect((await notify(told, update(taskId))).status).toBe(200);
  await expect.poll(() => got.length).toBe(1);
  expect(got[0]!.text).toBe(update(taskId));
  expect(got[0]!.headers).toMatchObject({
    authorization: "Bearer canary-callers-secret",
    "content-type": "application/a2a+json",
  });
  const listed = await gate.call("GET", `/agents/${id}/tasks/${taskId}/pushNotificationConfigs`);
  expect(listed.body.configs).toEqual([{ url: webhook, authentication, id: "mine", taskId }]);
});

test("a token is shown where there are no other credentials", async () => {
  const { told, taskId } = await sendWith({ url: webhook, token: "only a token" });
  await notify(told, update(taskId));
  await expect.poll(() => got[0]?.headers["x-a2a-notification-token"]).toBe("only a token");
});

test("a receiver of 0.3 is told in its shape, and shown its token beside other credentials", async () => {
  const message = { kind: "message", messageId: "m", role: "user", parts: [] };
  const authentication = { schemes: ["Bearer"], credentials: "callers-secret" };
  const pushNotificationConfig = { url: webhook, token: "callers-token", authentication };
  const rpcId = ++calls;
  const params = { message, configuration: { blocking: false, pushNotificationConfig } };
  await gate.call("POST", `/agents/${id}`, { jsonrpc: "2.0", id: rpcId, method: "message/send", params });
  const told = agent.received.at(-1)!.body.params.configuration.taskPushNotificationConfig;
  // What cannot be told in 0.3 is not taken in, where it would stand before all that follows.
  const odd = { artifactUpdate: { taskId: `task-${rpcId}`, artifact: { artifactId: "a", parts: [{}] } } };
  expect((await notify(told, odd)).status).toBe(400);
  expect((await notify(told, update(`task-${rpcId}`))).status).toBe(200);
  await expect.poll(() => got.length).toBe(1);
  expect(JSON.parse(got[0]!.text)).toMatchObject({
    kind: "status-update",
    status: { state: "completed" },
    final: true,
  });
  expect(got[0]!.headers).toMatchObject({
    authorization: "Bearer callers-secret",
    "x-a2a-notification-token": "callers-token",
    "content-type": "application/json",
  });
});

test.each([
  ["a token", { token: "line\nbreak" }],
  ["credentials", { authentication: { scheme: "Bearer", credentials: "sch\u00f6n" } }],
])("%s that no header can carry is refused when the config is made", async (_, secrets) => {
  const asked = agent.received.length;
  const message = { messageId: "m", role: "ROLE_USER", parts: [] };
  const body = { message, configuration: { taskPushNotificationConfig: { url: webhook, ...secrets } } };
  const { status, body: answer } = await gate.call("POST", `/agents/${id}/message:send`, body);
  expect([status, answer.error.message, agent.received.length]).toEqual([400, expect.stringContaining("ASCII"), asked]);
});

test("twice deleted is deleted; a list comes in pages; a config is asked for by its name", async () => {
  const { taskId } = await sendWith({ url: webhook, id: "c0" });
  const path = `/agents/${id}/tasks/${taskId}/pushNotificationConfigs`;
  for (const name of ["c1", "c2"])
    expect((await gate.call("POST", path, { id: name, url: webhook })).body).toEqual({
      id: name,
      url: webhook,
      taskId,
    });
  const secrets = { token: "callers-token", authentication: { scheme: "Bearer", credentials: "callers-secret" } };
  const whole = { id: "c3", url: webhook, taskId, ...secrets };
  expect((await gate.call("POST", path, { id: "c3", url: webhook, ...secrets })).body).toEqual(whole);
  expect((await gate.call("GET", `${path}/c3`)).body).toEqual(whole);
  expect((await gate.call("GET", path)).body.configs).toContainEqual(whole);
  await gate.call("DELETE", `${path}/c3`);
  const page = async (query: string) => (await gate.call("GET", `${path}?pageSize=2${query}`)).body;
  const first = await page("");
  expect(first.configs.map((config: any) => config.id)).toEqual(["c0", "c1"]);
  expect(await page(`&pageToken=${first.nextPageToken}`)).toMatchObject({ configs: [{ id: "c2" }], nextPageToken: "" });
  for (let times = 0; times < 2; times++)
    expect(await gate.call("DELETE", `${path}/c1`)).toMatchObject({ status: 200, body: {} });
  expect((await gate.call("GET", `${path}/c1`)).body.error.details[0].reason).toBe("TASK_NOT_FOUND");
  const rpc = async (method: string, params: object) =>
    (await gate.call("POST", `/agents/${id}`, { jsonrpc: "2.0", id: 1, method, params })).body;
  expect((await rpc("GetTaskPushNotificationConfig", { taskId })).error.code).toBe(-32602);
  const legacy = await rpc("tasks/pushNotificationConfig/get", { id: taskId });
  expect(legacy.result.pushNotificationConfig.id).toBe("c0");
});

test.each([
  ["a redirect", 302],
  ["a crash", 500],
  ["a lost connection", LOST],
])("a delivery that fails by %s is tried again, in order", async (_, failure) => {
  const { told, taskId } = await sendWith({ url: webhook });
  answers = [failure];
  await notify(told, update(taskId, "WORKING"));
  await notify(told, update(taskId));
  await expect
    .poll(() => {
      gate.clock.skip(50);
      return got.length;
    })
    .toBe(3);
  expect(got.map(({ text }) => text)).toEqual([update(taskId, "WORKING"), update(taskId, "WORKING"), update(taskId)]);
  expect(new Set(got.slice(0, 2).map(({ headers }) => headers["x-agentgate-notification-id"])).size).toBe(1);
});

test("a config of a stream that was answered with a message belongs to no task: it goes", async () => {
  const message = { messageId: "m", role: "ROLE_USER", parts: [{ text: "go" }] };
  const body = { message, configuration: { taskPushNotificationConfig: { url: webhook } } };
  expect((await gate.call("POST", `/agents/${id}/message:stream`, body)).body).toContain('"message"');
  const told = agent.received.at(-1)!.body.params.configuration.taskPushNotificationConfig;
  await expect.poll(async () => (await notify(told, update("any task"))).status).toBe(404);
});

test("a receiver that is gone for good is forgotten", async () => {
  const { told, taskId } = await sendWith({ url: webhook });
  answers = [410];
  await notify(told, update(taskId));
  await expect.poll(async () => (await notify(told, update(taskId))).status).toBe(404);
});

test("nobody else can notify: not without the secret, not about another task", async () => {
  const { told, taskId } = await sendWith({ url: webhook });
  expect((await notify(told, update(taskId), "guess")).status).toBe(401);
  expect((await notify(told, update("another-task"))).status).toBe(400);
  expect((await notify(told, { hello: 1 })).status).toBe(400);
  expect(got).toEqual([]);
});

test.each([
  ['"ta\u017fkId":"another"', "a letter that folds"],
  ['"taskId":"another"', "the same name twice"],
  ['"TASKID":"another"', "another case"],
  ['"taskId ":"another"', "a blank"],
])("a notification that some read as another task's is refused: %s, %s", async (member) => {
  const { told, taskId } = await sendWith({ url: webhook });
  const text = `{"statusUpdate":{${member},"taskId":"${taskId}","contextId":"c","status":{"state":"TASK_STATE_WORKING"}}}`;
  expect((await notify(told, text)).status).toBe(400);
  const twice = update(taskId).replace("{", `{"statusUpdate":{"taskId":"another"},`);
  expect((await notify(told, twice)).status).toBe(400);
  expect(got).toEqual([]);
});

test("a notification that is too large, or made of too many pieces, is refused", async () => {
  const { told, taskId } = await sendWith({ url: webhook });
  const about = (metadata: unknown) =>
    notify(told, { statusUpdate: { taskId, contextId: "c", status: { state: "TASK_STATE_WORKING" }, metadata } });
  expect((await about({ text: "x".repeat(2 ** 20) })).status).toBe(413);
  expect((await about({ list: Array(60_000).fill({}) })).status).toBe(413);
  expect((await about({ text: "x".repeat(2 ** 19) })).status).toBe(200);
  await expect.poll(() => got.length).toBe(1);
});

test("an address that the gateway does not call is refused before the agent is asked", async () => {
  const strict = await gate.another({ allowPrivateNetworks: false });
  const asked = agent.received.length;
  for (const url of [
    "http://127.0.0.1:8080/",
    "http://[::ffff:7f00:1]/",
    "file:///etc/passwd",
    "http://169.254.169.254/",
  ]) {
    const message = { messageId: "m", role: "ROLE_USER", parts: [{ text: "go" }] };
    const body = { message, configuration: { taskPushNotificationConfig: { url } } };
    const { status, body: answer } = await strict.call("POST", `/agents/${id}/message:send`, body);
    expect([status, answer.error.message]).toEqual([400, expect.stringMatching(/Invalid push notification url/)]);
  }
  expect(agent.received.length).toBe(asked);
});

test("a receiver that takes nothing has a thousand notifications waiting at most", async () => {
  const { told, taskId } = await sendWith({ url: webhook });
  const config = new URL(told.url).pathname.split("/").at(-1)!;
  const storage = await openStorage({ ...gate.config, clock: gate.clock, log: silentLog });
  const due_at = BigInt(gate.clock.now() + 86_400_000) * 1000n;
  const lane = { id: config, topic: "a2a.push", owner: "ip:127.0.0.1", source: id, tenant: id, receiver: "hook" };
  const counts = { messages: 999n, bytes: 1_998n, added: 999n, failures: 1n, due_at, lease: null };
  await storage.db
    .insertInto("outbox_lanes")
    .values({ ...lane, ...counts })
    .execute();
  const waiting = Array.from({ length: 999 }, (_, index) => {
    const seq = BigInt(index + 1);
    return { id: randomUUID(), lane: config, seq, body: "{}", bytes: 2n, attempts: 1n, created_at: seq };
  });
  for (let from = 0; from < waiting.length; from += 100) {
    await storage.db
      .insertInto("outbox_messages")
      .values(waiting.slice(from, from + 100))
      .execute();
  }
  await storage.close();
  expect((await notify(told, update(taskId))).status).toBe(200);
  const refused = await notify(told, update(taskId));
  expect([refused.status, refused.headers.get("retry-after")]).toEqual([429, "60"]);
  // Another receiver does not wait for it.
  const other = await sendWith({ url: webhook });
  expect((await notify(other.told, update(other.taskId))).status).toBe(200);
  await expect.poll(() => got.map(({ text }) => text)).toEqual([update(other.taskId)]);
});

test("with an organization its configs go, and nobody else's", async () => {
  const [leaving, staying] = await Promise.all(["leaving", "staying"].map((name) => gate.createOrg(name)));
  const gone = await sendWith({ url: webhook }, leaving!.key);
  const kept = await sendWith({ url: webhook }, staying!.key);
  await gate.call("DELETE", `/orgs/${leaving!.id}`);
  await expect.poll(async () => (await notify(gone.told, update(gone.taskId))).status).toBe(404);
  expect((await notify(kept.told, update(kept.taskId))).status).toBe(200);
  await expect.poll(() => got.map(({ text }) => text)).toContain(update(kept.taskId));
});

const working = (id: string) => ({ task: { id, contextId: "c", status: { state: "TASK_STATE_WORKING" } } });
test.each<[kind: string, about: (taskId: string) => object, passed?: (taskId: string) => object]>([
  ["a task", working],
  ["a message", (taskId) => ({ message: { taskId, messageId: "m" } })],
  ["an artifact", (taskId) => ({ artifactUpdate: { taskId, artifact: { artifactId: "a" } } })],
  ["a task of 0.3", (id) => ({ kind: "task", id, contextId: "c", status: { state: "working" } }), working],
])("an agent may tell of %s", async (_, about, passed = about) => {
  const { told, taskId } = await sendWith({ url: webhook });
  expect((await notify(told, about("another"))).status).toBe(400);
  expect((await notify(told, about(taskId))).status).toBe(200);
  const delivered = () => got.map(({ text }) => JSON.parse(text));
  await expect.poll(delivered).toEqual([passed(taskId)]);
});

test("a config that is a month old is forgotten", async () => {
  const { told: old, taskId: oldTask } = await sendWith({ url: webhook });
  gate.clock.skip(20 * 86_400_000);
  const { told, taskId } = await sendWith({ url: webhook });
  gate.clock.skip(20 * 86_400_000);
  await expect.poll(async () => (await notify(old, update(oldTask))).status).toBe(404);
  expect((await notify(told, update(taskId))).status).toBe(200);
});
