import { afterAll, beforeAll, expect, test } from "vitest";
import { startAgent, startTestGateway, type TestAgent, type TestGateway } from "../testing/index.ts";
import { frameFaults } from "./testing/frame-faults.ts";
import { eventsIn, mcpCalls, modernRequest } from "./testing/mcp-calls.ts";
import { TaskAgent } from "./testing/task-agent.ts";

/** Subscriptions: told of what changed, on whatever node it did; ended with their key; so many for each. */

let gate: TestGateway;
let other: TestGateway;
let agent: TestAgent;
let worker: TaskAgent;
beforeAll(async () => {
  gate = await startTestGateway("sqlite", { mcpTaskAfterMs: 50 });
  other = await gate.another();
  agent = await startAgent();
  worker = await new TaskAgent(() => ({ state: "TASK_STATE_WORKING" })).start();
});
afterAll(async () => {
  await gate.close();
  await agent.close();
  await worker.close();
});
const { post, call } = mcpCalls(() => gate.url);
const takes = { extensions: { "io.modelcontextprotocol/tasks": {} } };

async function listen(path: string, key: string, notifications: object, capabilities: object = {}) {
  const controller = new AbortController();
  const { body, headers } = modernRequest("subscriptions/listen", { notifications }, { capabilities, id: "s-1" });
  const response = await post(path, body, { ...headers, authorization: `Bearer ${key}` }, controller.signal);
  let text = "";
  let isOver = false;
  (async () => {
    const decoder = new TextDecoder();
    for await (const chunk of response.body!) text += decoder.decode(chunk, { stream: true });
    isOver = true;
  })().catch(() => {});
  const frames = () => {
    const told = eventsIn(text);
    for (const frame of told) expect(frameFaults("2026-07-28", "subscriptions/listen", frame)).toBe("");
    return told;
  };
  return { status: response.status, text: () => text, frames, isOver: () => isOver, leave: () => controller.abort() };
}

test("who listens to all agents' tools is told of a change by any node, and of no other's", async () => {
  const { key } = await gate.createOrg("listener");
  const { key: stranger } = await gate.createOrg("stranger");
  const stream = await listen("/mcp", key, { toolsListChanged: true });
  await expect.poll(() => stream.frames().length).toBe(1);
  const [first] = stream.frames();
  expect(first.method).toBe("notifications/subscriptions/acknowledged");
  expect(first.params).toMatchObject({
    notifications: { toolsListChanged: true },
    _meta: { "io.modelcontextprotocol/subscriptionId": "s-1" },
  });
  await other.register({ name: "Strange", url: agent.url }, stranger);
  gate.clock.skip(1_100);
  await new Promise((resolve) => setTimeout(resolve, 700));
  expect(stream.frames()).toHaveLength(1);
  await other.register({ name: "Own", url: agent.url }, key);
  await expect
    .poll(() => {
      gate.clock.skip(600);
      return stream.frames().map(({ method }) => method);
    })
    .toContain("notifications/tools/list_changed");
  const last = stream.frames().at(-1);
  expect(last.params._meta["io.modelcontextprotocol/subscriptionId"]).toBe("s-1");
  stream.leave();
});

test("a key that is revoked ends what it listens to, with a result", async () => {
  const { id, key: owner } = await gate.createOrg("revoker");
  const { body } = await gate.call("POST", `/orgs/${id}/keys`, { name: "k", scopes: ["tasks:call"] }, owner);
  const stream = await listen("/mcp", body.key, { toolsListChanged: true });
  await expect.poll(() => stream.frames().length).toBe(1);
  await gate.call("DELETE", `/orgs/${id}/keys/${body.id}`, undefined, owner);
  await expect.poll(stream.isOver).toBe(true);
  expect(stream.frames().at(-1)).toMatchObject({ id: "s-1", result: { resultType: "complete" } });
});

test("a caller has sixteen, and one that leaves makes room", async () => {
  const { key } = await gate.createOrg("many");
  const open = [];
  for (let n = 0; n < 16; n++) open.push(await listen("/mcp", key, { toolsListChanged: true }));
  const refused = await listen("/mcp", key, { toolsListChanged: true });
  expect(refused.status).toBe(429);
  // Each lives as long as its stream: no message of megabytes does.
  const large = await listen("/mcp", (await gate.createOrg("large")).key, {
    toolsListChanged: true,
    a: "x".repeat(70_000),
  });
  expect(large.status).toBe(413);
  open[0]!.leave();
  await expect
    .poll(async () => {
      const again = await listen("/mcp", key, { toolsListChanged: true });
      again.leave();
      return again.status;
    })
    .toBe(200);
  for (const one of open) one.leave();
});

test("a task is told as it goes", async () => {
  const { key } = await gate.createOrg("tasks");
  const card_url = `${worker.url}/.well-known/agent-card.json`;
  const { id } = await gate.register({ name: "Worker", url: worker.url, card_url });
  const path = `/agents/${id}/mcp`;
  const asked = { name: "work", arguments: { message: "go" } };
  const { frame } = await call(path, "tools/call", asked, { key, capabilities: takes });
  const { taskId } = frame.result;
  const undeclared = await listen(path, key, { taskIds: [taskId] });
  expect(undeclared.status).toBe(400);
  const stream = await listen(path, key, { taskIds: [taskId] }, takes);
  await expect.poll(() => stream.frames().length).toBe(2);
  expect(stream.frames()[1].params).toMatchObject({ taskId, status: "working" });
  worker.move(worker.latest, { state: "TASK_STATE_COMPLETED", makes: [{ text: "done" }] });
  await expect
    .poll(() => {
      gate.clock.skip(1_000);
      return stream.frames().at(-1).params.status;
    })
    .toBe("completed");
  stream.leave();
  const { key: stranger } = await gate.createOrg("tasks' stranger");
  const theirs = await listen(path, stranger, { taskIds: [taskId] }, takes);
  await expect.poll(theirs.text).toContain('"code":-32602');
});
