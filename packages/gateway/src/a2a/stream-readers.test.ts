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

test("a reader who leaves while a broken stream is taken up leaves none open at the agent", async () => {
  const opened = stand.steered.opened.length;
  const reader = await stand.open(stand.free);
  for (let streams = 1; streams <= 2; streams++) {
    await expect.poll(() => reader.states()).toEqual(Array(streams).fill("WORKING"));
    stand.steered.latest.response.destroy();
  }
  reader.leave();
  await reader.done;
  stand.gate.clock.skip(1_000);
  await expect.poll(() => stand.steered.opened.slice(opened).every(({ closed }) => closed)).toBe(true);
  // The gateway is done with it: a stream that is opened afterwards is the next reader's.
  const next = await stand.open(stand.free);
  await expect.poll(() => next.states()).toEqual(["WORKING"]);
  expect(stand.steered.opened.slice(opened).filter(({ closed }) => !closed)).toEqual([stand.steered.latest]);
  next.leave();
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
