import { afterAll, beforeAll, expect, test } from "vitest";
import { cardOf, rpcResult, startRawAgent } from "./testing/raw-agent.ts";
import { SteeredAgent } from "./testing/steered-agent.ts";
import { type StreamStand, startStreamStand } from "./testing/stream-stand.ts";

/** An agent's stream on its way to the caller: over breaks, to its end, without what is another's. */

let stand: StreamStand;
beforeAll(async () => {
  stand = await startStreamStand();
});
afterAll(() => stand.close());

test("events arrive as they are sent", async () => {
  const reader = await stand.open(stand.free);
  await expect.poll(() => reader.states()).toEqual(["WORKING"]);
  stand.steered.move(stand.steered.latest, "TASK_STATE_COMPLETED");
  await reader.done;
  expect(reader.states()).toEqual(["WORKING", "COMPLETED"]);
});

test("a stream that tells its task's end leaves nothing to ask for", async () => {
  const before = await stand.wallet();
  const reader = await stand.open(stand.paid, stand.payer.key);
  await expect.poll(() => reader.states()).toEqual(["WORKING"]);
  const asked = stand.steered.agent.received.length;
  stand.steered.move(stand.steered.latest, "TASK_STATE_COMPLETED");
  await expect.poll(stand.wallet).toEqual({ balance: before.balance - 1, held: 0 });
  expect(stand.steered.agent.received.length).toBe(asked);
});

test("a stream that breaks off is taken up again, and its reader misses nothing", async () => {
  const reader = await stand.open(stand.free);
  await expect.poll(() => reader.states()).toEqual(["WORKING"]);
  const { taskId } = stand.steered.latest;
  stand.steered.latest.response.destroy();
  await expect.poll(() => stand.steered.latest.method).toBe("SubscribeToTask");
  expect(stand.steered.latest.taskId).toBe(taskId);
  stand.steered.move(stand.steered.latest, "TASK_STATE_COMPLETED");
  await reader.done;
  expect(reader.states()).toEqual(["WORKING", "WORKING", "COMPLETED"]);
});

test("a task that ended while the stream was broken is told with its end", async () => {
  const reader = await stand.open(stand.paid, stand.payer.key);
  await expect.poll(() => reader.states()).toEqual(["WORKING"]);
  const before = await stand.wallet();
  expect(before.held).toBe(1);
  stand.steered.tasks.set(stand.steered.latest.taskId, "TASK_STATE_COMPLETED");
  stand.steered.latest.response.destroy();
  await reader.done;
  expect(reader.states()).toEqual(["WORKING", "COMPLETED", "COMPLETED"]);
  await expect.poll(stand.wallet).toEqual({ balance: before.balance - 1, held: 0 });
});

test("a stream that breaks off again and again is given up: it says failed, nothing is charged", async () => {
  const before = await stand.wallet();
  const opened = stand.steered.opened.length;
  const reader = await stand.open(stand.paid, stand.payer.key);
  for (let streams = 1; streams <= 4; streams++) {
    await expect.poll(() => stand.steered.opened.length).toBe(opened + streams);
    await expect.poll(() => reader.states()).toEqual(Array(streams).fill("WORKING"));
    stand.steered.latest.response.destroy();
    stand.gate.clock.skip(1_000);
  }
  await reader.done;
  expect(reader.states()).toEqual(["WORKING", "WORKING", "WORKING", "WORKING", "FAILED"]);
  expect(stand.steered.opened.length).toBe(opened + 4);
  await expect.poll(stand.wallet).toEqual(before);
});

test("an agent that does not stream is not asked to", async () => {
  const terse = await startRawAgent(
    ({ body }, response) => void response.end(rpcResult(body.id, "{}")),
    (url) => cardOf(url, { capabilities: { streaming: false } }),
  );
  const { id } = await stand.gate.register({ url: terse.url });
  for (const method of ["SendStreamingMessage", "SubscribeToTask"]) {
    const reader = await stand.open(id, null, method);
    await reader.done;
    expect(JSON.parse(reader.text).error.code).toBe(-32004);
  }
  expect(terse.received).toEqual([]);
  await terse.close();
});

test("an agent that dies in the middle: the stream says failed, nothing is charged", async () => {
  const dying = await new SteeredAgent().start();
  const { id } = await stand.gate.register({ card_url: dying.cardUrl, price_per_task: 5 });
  const before = await stand.wallet();
  const reader = await stand.open(id, stand.payer.key);
  await expect.poll(() => reader.states()).toEqual(["WORKING"]);
  const { taskId } = dying.latest;
  await dying.agent.close();
  await reader.done;
  expect(reader.states()).toEqual(["WORKING", "FAILED"]);
  const { statusUpdate } = JSON.parse(reader.text.split("data: ").at(-1)!).result;
  const contextId = `c-${taskId}`;
  const message = { messageId: expect.any(String), taskId, contextId, role: "ROLE_AGENT", parts: [expect.anything()] };
  const status = { state: "TASK_STATE_FAILED", timestamp: expect.stringMatching(/^\d{4}-.*Z$/), message };
  expect(statusUpdate).toEqual({ taskId, contextId, status });
  await expect.poll(stand.wallet).toEqual(before);
});

test.each<[string, (taskId: string) => object]>([
  ["an update", (taskId) => ({ statusUpdate: { taskId, contextId: "", status: { state: "TASK_STATE_WORKING" } } })],
  ["its end", (taskId) => ({ statusUpdate: { taskId, contextId: "", status: { state: "TASK_STATE_COMPLETED" } } })],
  [
    "an artifact",
    (taskId) => ({ artifactUpdate: { taskId, contextId: "", artifact: { artifactId: "a", parts: [] } } }),
  ],
  ["the task", (id) => ({ task: { id, contextId: "", status: { state: "TASK_STATE_WORKING" } } })],
])("%s of another's task is not passed on, and the stream says how its own has ended", async (_, event) => {
  const owner = await stand.open(stand.free, stand.payer.key);
  await expect.poll(() => owner.states()).toEqual(["WORKING"]);
  const others = stand.steered.latest.taskId;
  const reader = await stand.open(stand.free);
  await expect.poll(() => reader.states()).toEqual(["WORKING"]);
  const own = stand.steered.latest;
  stand.steered.tasks.set(own.taskId, "TASK_STATE_COMPLETED");
  stand.steered.event(own, JSON.stringify(event(others)));
  await reader.done;
  expect(reader.text).not.toContain(others);
  expect(reader.states().at(-1)).toBe("COMPLETED");
  owner.leave();
});

test("a stream that begins with an artifact is the caller's only if its task is", async () => {
  const owner = await stand.open(stand.free, stand.payer.key);
  await expect.poll(() => owner.states()).toEqual(["WORKING"]);
  const others = stand.steered.latest.taskId;
  stand.steered.leading = (id) => ({
    artifactUpdate: { taskId: id, contextId: "", artifact: { artifactId: "a", parts: [] } },
  });
  const reader = await stand.open(stand.free);
  await expect.poll(() => reader.text).toContain("artifactUpdate");
  stand.steered.leading = () => ({ artifactUpdate: { taskId: others, artifact: { artifactId: "a", parts: [] } } });
  const trespasser = await stand.open(stand.free);
  await trespasser.done;
  stand.steered.leading = undefined;
  expect(trespasser.text).toContain("INVALID_AGENT_RESPONSE");
  expect(trespasser.text).not.toContain(others);
  for (const each of [owner, reader]) each.leave();
});
