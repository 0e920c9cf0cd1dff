import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestGateway, type TestGateway } from "../../testing/index.ts";
import { callsTo, textMessage } from "../testing/calls.ts";
import { cardOf, type RawAgent, startRawAgent } from "../testing/raw-agent.ts";

/** Agents of 0.3 over HTTP+JSON differ in what the body of a new push config is. */

let gate: TestGateway;
let agent: RawAgent;
let id: string;
/** Whether a body can be read, and the status of one that cannot. */
let reads: (body: any) => boolean;
let refusal: number;

beforeAll(async () => {
  gate = await startTestGateway();
  agent = await startRawAgent(
    ({ path, method, body }, response) => {
      response.setHeader("content-type", "application/json");
      if (!path.endsWith("/pushNotificationConfigs") || method !== "POST") {
        const task = { id: "t", contextId: "c", status: { state: "TASK_STATE_INPUT_REQUIRED" } };
        return void response.end(JSON.stringify(path.endsWith(":send") ? { task } : { configs: [] }));
      }
      if (!reads(body)) return void response.writeHead(refusal).end('{"detail":"no such field"}');
      response.end(JSON.stringify(body.config ?? body));
    },
    (url) => {
      const card = cardOf(url, { capabilities: { streaming: true, pushNotifications: true } });
      const legacy = { protocolVersion: "0.3.0", preferredTransport: "HTTP+JSON", url };
      return { ...card, supportedInterfaces: undefined, ...legacy };
    },
  );
  id = (await gate.register({ url: agent.url })).id;
  await callsTo(() => gate.url).post(`/agents/${id}/message:send`, textMessage());
});
afterAll(async () => {
  await gate.close();
  await agent.close();
});

const isConfig = (body: any) => typeof body.name === "string" && typeof body.pushNotificationConfig?.url === "string";
const isRequest = (body: any) =>
  body.parent === "tasks/t" && typeof body.configId === "string" && isConfig(body.config);

test.each<[string, (body: any) => boolean, number, tries: number, status: number]>([
  ["the config alone", isConfig, 400, 1, 200],
  ["the whole request, and cannot read the other", isRequest, 500, 2, 200],
  ["the whole request, and says so", isRequest, 400, 2, 200],
  ["the whole request, and finds the other unprocessable", isRequest, 422, 2, 200],
  ["neither", () => false, 400, 2, 400],
  ["nothing from this gateway", () => false, 403, 1, 403],
])("an agent that takes %s", async (_, takes, status, tries, expected) => {
  [reads, refusal] = [takes, status];
  agent.received.length = 0;
  const { post } = callsTo(() => gate.url);
  const config = { id: "mine", url: "http://127.0.0.1:8999/hook", token: "callers" };
  const answer = await post(`/agents/${id}/tasks/t/pushNotificationConfigs`, config);
  const created = agent.received.filter(
    ({ method, path }) => method === "POST" && path.endsWith("pushNotificationConfigs"),
  );
  expect([answer.status, created.length]).toEqual([expected, tries]);
  expect(created.every(({ path }) => path === "/v1/tasks/t/pushNotificationConfigs")).toBe(true);
  expect(created.some(({ text }) => text.includes("callers"))).toBe(false);
});
