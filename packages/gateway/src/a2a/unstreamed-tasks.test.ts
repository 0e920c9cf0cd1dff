import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { startTestGateway, type TestGateway, textTask } from "../testing/index.ts";
import { cardOf, type RawAgent, rpcResult, startRawAgent } from "./testing/raw-agent.ts";

/** Simple tasks that are sent to an agent that does not stream: it is asked for them until its turn is over. */

let gate: TestGateway;
let agent: RawAgent;
let id: string;
let tasks = 0;
/** The states that the task is in, one after another; in the last it stays. It is unknown where there is none. */
let states: string[] = [];
beforeAll(async () => {
  gate = await startTestGateway();
  agent = await startRawAgent(
    ({ body: { id: rpcId, method, params } }, response) => {
      const taskId = method === "SendMessage" ? `task-${++tasks}` : params.id;
      const state = method === "SendMessage" ? "WORKING" : states.length > 1 ? states.shift() : states[0];
      if (state === undefined) {
        const error = { code: -32001, message: "no such task" };
        return void response.end(JSON.stringify({ jsonrpc: "2.0", id: rpcId, error }));
      }
      const artifacts = state === "COMPLETED" ? [{ artifactId: "a", parts: [{ text: "done" }] }] : undefined;
      const task = { id: taskId, contextId: "c", status: { state: `TASK_STATE_${state}` }, artifacts };
      response.end(rpcResult(rpcId, JSON.stringify(method === "SendMessage" ? { task } : task)));
    },
    (url) => cardOf(url, { capabilities: { streaming: false } }),
  );
  id = (await gate.register({ url: agent.url })).id;
});
afterAll(async () => {
  await gate.close();
  await agent.close();
});
beforeEach(() => {
  agent.received.length = 0;
});

const methods = () => agent.received.map(({ body }) => body.method);
const call = (path: string) => gate.call("POST", `/agents/${id}/${path}`, textTask("go"));

test("the answer comes when the task is done", async () => {
  states = ["WORKING", "COMPLETED"];
  const { status, body } = await call("task");
  expect([status, body.status.state, body.artifacts[0].parts]).toEqual([
    200,
    "completed",
    [{ type: "text", text: "done" }],
  ]);
  expect(methods()).toEqual(["SendMessage", "GetTask", "GetTask"]);
  expect(agent.received[0]!.body.params.configuration).toEqual({ returnImmediately: true });
});

test("a stream says then what there is to say", async () => {
  states = ["COMPLETED"];
  expect((await call("task/stream")).body).toMatch(/event: chunk\ndata: done\n\n.*event: result/s);
});

test("a task that the agent does not know a moment later has failed", async () => {
  states = [];
  const { status, body } = await call("task");
  expect([status, body.detail]).toEqual([404, "Agent returned error: no such task"]);
});

test("a caller who leaves has the agent told to stop", async () => {
  states = ["WORKING"];
  const leaving = new AbortController();
  const left = fetch(`${gate.url}/agents/${id}/task/stream`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(textTask("go")),
    signal: leaving.signal,
  });
  left.catch(() => {});
  await expect.poll(methods).toContain("GetTask");
  leaving.abort();
  await expect.poll(methods).toContain("CancelTask");
  const told = agent.received.find(({ body }) => body.method === "CancelTask");
  expect(told!.body.params).toEqual({ id: `task-${tasks}` });
});
