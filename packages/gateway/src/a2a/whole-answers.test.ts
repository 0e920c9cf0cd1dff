import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestGateway, type TestGateway } from "../testing/index.ts";
import { cardOf, type RawAgent, startRawAgent } from "./testing/raw-agent.ts";

/** Everything that tasks and messages may hold comes through, whatever asks for it. */

const parts = [
  { text: "a", metadata: { language: "en" } },
  { raw: "aGVsbG8=", mediaType: "text/plain", filename: "hello.txt" },
  { url: "https://files.example/report.pdf", mediaType: "application/pdf", filename: "report.pdf" },
  { data: { rows: [1, 2] } },
];
const artifact = {
  artifactId: "a-1",
  name: "report",
  description: "d",
  parts,
  metadata: { pages: 2 },
  extensions: ["urn:x"],
};
const task = (state: string) => ({
  id: "t-1",
  contextId: "c-1",
  status: { state, timestamp: "2026-11-30T10:00:00.000Z" },
  artifacts: [artifact],
  history: [{ messageId: "m-0", role: "ROLE_USER", parts, taskId: "t-1", contextId: "c-1" }],
  metadata: { cost: 1 },
});
const message = {
  ...{ messageId: "m-2", role: "ROLE_AGENT", parts, taskId: "t-9", contextId: "c-9" },
  ...{ metadata: { a: 1 }, extensions: ["urn:x"], referenceTaskIds: ["t-8"] },
};

let gate: TestGateway;
let agent: RawAgent;
let id: string;
let answersMessage = false;
beforeAll(async () => {
  gate = await startTestGateway();
  agent = await startRawAgent(
    ({ method, path, body }, response) => {
      response.setHeader("content-type", "application/json");
      const say = (value: object) => response.end(JSON.stringify(value));
      if (path.endsWith(":cancel")) return say(task("TASK_STATE_CANCELED"));
      if (path.includes("pushNotificationConfigs")) return say({ ...body, id: body?.id ?? "config", taskId: "t-1" });
      if (method === "GET") return say(task("TASK_STATE_COMPLETED"));
      return say(answersMessage ? { message } : { task: task("TASK_STATE_WORKING") });
    },
    (url) => ({ ...cardOf(url), supportedInterfaces: [{ url, protocolBinding: "HTTP+JSON", protocolVersion: "1.0" }] }),
  );
  id = (await gate.register({ card_url: `${agent.url}/.well-known/agent-card.json` })).id;
});
afterAll(async () => {
  await gate.close();
  await agent.close();
});

const ask = { message: { messageId: "m-1", role: "ROLE_USER", parts: [{ text: "go" }] } };

test("a task, as it is sent, asked for, listed and cancelled", async () => {
  const sent = await gate.call("POST", `/agents/${id}/message:send`, ask);
  expect(sent.body.task).toMatchObject(task("TASK_STATE_WORKING"));
  const { id: taskId } = sent.body.task;
  expect((await gate.call("GET", `/agents/${id}/tasks/${taskId}?historyLength=5`)).body).toMatchObject({
    artifacts: [artifact],
  });
  const listed = await gate.call("GET", `/agents/${id}/tasks?includeArtifacts=true`);
  expect(listed.body.tasks).toMatchObject([{ artifacts: [artifact] }]);
  const canceled = await gate.call("POST", `/agents/${id}/tasks/${taskId}:cancel`, {});
  expect(canceled.body).toMatchObject({ status: { state: "TASK_STATE_CANCELED" }, artifacts: [artifact] });
});

test("a message", async () => {
  answersMessage = true;
  const { body } = await gate.call("POST", `/agents/${id}/message:send`, ask);
  expect(body.message).toMatchObject({ parts, metadata: { a: 1 }, extensions: ["urn:x"] });
  answersMessage = false;
});
