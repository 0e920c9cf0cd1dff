import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { rpcResult, startRawAgent } from "./testing/raw-agent.ts";
import { type StreamStand, startStreamStand } from "./testing/stream-stand.ts";

/** What becomes of the price of tasks that go on when nobody waits for them any more. */

let stand: StreamStand;
beforeAll(async () => {
  stand = await startStreamStand();
});
afterAll(() => stand.close());

const body = {
  message: { messageId: "m", role: "ROLE_USER", parts: [{ text: "go" }] },
  configuration: { returnImmediately: true },
};
const send = async (agentId = stand.paid) =>
  (await stand.gate.call("POST", `/agents/${agentId}/message:send`, body, stand.payer.key)).body.task.id as string;
const leave = async () => {
  const reader = await stand.open(stand.paid, stand.payer.key);
  await expect.poll(() => reader.states()).toEqual(["WORKING"]);
  const { taskId } = stand.steered.latest;
  reader.leave();
  await expect.poll(() => stand.steered.latest.closed).toBe(true);
  return taskId;
};
const logged = async () => (await stand.gate.call("GET", `/agents/${stand.paid}/logs?limit=1`)).body[0];

test("a task that goes on after its answer is paid for when it is done, and not when it fails", async () => {
  const before = await stand.wallet();
  const ids = [await send(), await send()];
  await expect.poll(stand.wallet).toEqual({ balance: before.balance, held: 2 });
  stand.steered.tasks.set(ids[0]!, "TASK_STATE_COMPLETED");
  stand.steered.tasks.set(ids[1]!, "TASK_STATE_FAILED");
  await expect.poll(stand.wallet).toEqual({ balance: before.balance - 1, held: 0 });
});

describe.each([
  ["was answered at once", () => send()],
  ["lost its reader", leave],
] as const)("a task that %s", (_, begin) => {
  test("costs nothing when its agent forgets it", async () => {
    const before = await stand.wallet();
    const taskId = await begin();
    await expect.poll(async () => (await stand.wallet()).held).toBe(1);
    stand.steered.tasks.delete(taskId);
    await expect.poll(stand.wallet).toEqual(before);
    await expect.poll(logged).toMatchObject({ status: "error", task_id: taskId, error_detail: "a2a_-32001" });
  });

  test("is paid for when its agent is still at it as the time runs out: the work was taken on", async () => {
    const before = await stand.wallet();
    const taskId = await begin();
    // From the moment on in which the agent is asked for the task, its time runs.
    const { received } = stand.steered.agent;
    const asked = ({ body: { method, params } }: (typeof received)[number]) =>
      method === "GetTask" && params.id === taskId;
    await expect.poll(() => received.some(asked)).toBe(true);
    stand.gate.clock.skip(300_000);
    await expect.poll(stand.wallet).toEqual({ balance: before.balance - 1, held: 0 });
  });
});

test.each([
  ["comes back", 7, 1],
  ["does not come back", Number.POSITIVE_INFINITY, 0],
])("a task whose agent is away for a while and %s", async (_, absences, cost) => {
  let absent = 0;
  const agent = await startRawAgent(({ body: { method, id } }, response) => {
    if (method === "GetTask" && ++absent <= absences) return void response.writeHead(503).end();
    const state = method === "GetTask" ? "COMPLETED" : "WORKING";
    const task = `{"id":"t","contextId":"c","status":{"state":"TASK_STATE_${state}"}}`;
    response.end(rpcResult(id, method === "GetTask" ? task : `{"task":${task}}`));
  });
  const { id } = await stand.gate.register({ url: agent.url, price_per_task: 1 });
  const before = await stand.wallet();
  await send(id);
  let seen = 0;
  await expect
    .poll(() => {
      // Once for each answer: a request under way must not run out of time.
      if (seen !== absent) stand.gate.clock.skip(2_000);
      seen = absent;
      return stand.wallet();
    })
    .toEqual({ balance: before.balance - cost, held: 0 });
  expect(absent).toBe(8);
  await agent.close();
});
