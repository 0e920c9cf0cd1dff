import { afterAll, beforeAll, expect, test } from "vitest";
import { rpcResult, startRawAgent } from "./testing/raw-agent.ts";
import { type StreamStand, startStreamStand } from "./testing/stream-stand.ts";

/** Readers who leave, and what they have set going. */

let stand: StreamStand;
beforeAll(async () => {
  stand = await startStreamStand();
});
afterAll(() => stand.close());

test("a reader who leaves lets go of the agent's stream; the money finds its end all the same", async () => {
  const before = await stand.wallet();
  const reader = await stand.open(stand.paid, stand.payer.key);
  await expect.poll(() => reader.states()).toEqual(["WORKING"]);
  const left = stand.steered.latest;
  reader.leave();
  await expect.poll(() => left.closed).toBe(true);
  expect((await stand.wallet()).held).toBe(1);
  stand.steered.tasks.set(left.taskId, "TASK_STATE_COMPLETED");
  await expect.poll(stand.wallet).toEqual({ balance: before.balance - 1, held: 0 });
  await expect
    .poll(async () => (await stand.gate.call("GET", `/agents/${stand.paid}/logs`)).body[0])
    .toMatchObject({ status: "success", task_id: left.taskId });
});

test("a task that goes on after its answer is paid for when it is done, and not when it fails", async () => {
  const before = await stand.wallet();
  const send = async () => {
    const message = { messageId: "m", role: "ROLE_USER", parts: [{ text: "go" }] };
    const body = { message, configuration: { returnImmediately: true } };
    return (await stand.gate.call("POST", `/agents/${stand.paid}/message:send`, body, stand.payer.key)).body.task
      .id as string;
  };
  const ids = [await send(), await send()];
  await expect.poll(stand.wallet).toEqual({ balance: before.balance, held: 2 });
  stand.steered.tasks.set(ids[0]!, "TASK_STATE_COMPLETED");
  stand.steered.tasks.set(ids[1]!, "TASK_STATE_FAILED");
  await expect.poll(stand.wallet).toEqual({ balance: before.balance - 1, held: 0 });
});

test("readers of one task do not disturb each other", async () => {
  const first = await stand.open(stand.free);
  await expect.poll(() => first.states()).toEqual(["WORKING"]);
  const sent = stand.steered.latest;
  const second = await stand.open(stand.free, null, "SubscribeToTask", { id: sent.taskId });
  await expect.poll(() => second.states()).toEqual(["WORKING"]);
  const subscribed = stand.steered.latest;
  first.leave();
  await expect.poll(() => sent.closed).toBe(true);
  stand.steered.move(subscribed, "TASK_STATE_COMPLETED");
  await second.done;
  expect(second.states()).toEqual(["WORKING", "COMPLETED"]);
});

test.each(["SendStreamingMessage", "SubscribeToTask"])(
  "a reader of %s who leaves before the agent's first word lets go of it all the same; nothing is held or charged",
  async (method) => {
    let waiting = 0;
    const silent = await startRawAgent(({ body }, response) => {
      if (body.method === method) {
        waiting++;
        return void response.on("close", () => waiting--);
      }
      response.setHeader("content-type", "application/json");
      response.end(rpcResult(body.id, '{"task":{"id":"t","contextId":"c","status":{"state":"TASK_STATE_COMPLETED"}}}'));
    });
    const { id } = await stand.gate.register({ url: silent.url, price_per_task: 1 });
    const message = { messageId: "m", role: "ROLE_USER", parts: [] };
    await stand.gate.call("POST", `/agents/${id}/message:send`, { message }, stand.payer.key);
    const before = await stand.wallet();
    const leaving = new AbortController();
    const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params: { message, id: "t" } });
    const headers = { "content-type": "application/json", authorization: `Bearer ${stand.payer.key}` };
    const left = fetch(`${stand.gate.url}/agents/${id}`, { method: "POST", signal: leaving.signal, headers, body });
    left.catch(() => {});
    await expect.poll(() => waiting).toBe(1);
    leaving.abort();
    await expect.poll(() => waiting).toBe(0);
    await expect.poll(stand.wallet).toEqual(before);
    await silent.close();
  },
);
