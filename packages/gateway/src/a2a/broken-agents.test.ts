import type { ServerResponse } from "node:http";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { cardOf, type RawAgent, rpcResult, startRawAgent } from "./testing/raw-agent.ts";
import type { Reader } from "./testing/stream-reader.ts";
import { type StreamStand, startStreamStand } from "./testing/stream-stand.ts";

/** Agents whose work has died, while they themselves still answer: their tasks stay as they are for ever. */

const TASK_TIMEOUT_MS = 30_000;

let stand: StreamStand;
let agent: RawAgent;
let id: string;
let open: ServerResponse;
let task: { id: string; state: string; step: number };
let asked: number;

beforeAll(async () => {
  stand = await startStreamStand({ taskTimeoutMs: TASK_TIMEOUT_MS, streamTimeoutMs: 3_600_000 });
  agent = await startRawAgent(({ body }, response) => {
    const told = {
      ...{ id: task.id, contextId: "c", metadata: { step: task.step } },
      ...{
        status: { state: `TASK_STATE_${task.state}` },
        artifacts: [{ artifactId: "a", parts: [{ text: "a part" }] }],
      },
    };
    if (body.method === "SendStreamingMessage") {
      response.setHeader("content-type", "text/event-stream");
      open = response;
      return void response.write(`data: ${rpcResult(1, JSON.stringify({ task: told }))}\n\n`);
    }
    if (body.method === "GetTask") {
      asked++;
      return void response.end(rpcResult(body.id, JSON.stringify(told)));
    }
    // Nobody is at work who could be subscribed to.
    const error = { code: -32001, message: "No queue for this task" };
    response.end(JSON.stringify({ jsonrpc: "2.0", id: body.id, error }));
  }, cardOf);
  id = (await stand.gate.register({ url: agent.url, price_per_task: 1 })).id;
});
afterAll(async () => {
  await stand.close();
  await agent.close();
});
beforeEach(() => {
  task = { id: `t-${Math.random()}`, state: "WORKING", step: 0 };
  asked = 0;
});

/** Lets time pass, and the agent be asked in between. */
async function pass(ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 5_000) {
    stand.gate.clock.skip(Math.min(5_000, ms - passed));
    await new Promise((resolve) => setTimeout(resolve, 60));
  }
}

async function broken(): Promise<Reader> {
  const reader = await stand.open(id, stand.payer.key);
  await expect.poll(() => reader.states()).toEqual(["WORKING"]);
  open.destroy();
  await expect.poll(() => asked).toBeGreaterThan(1);
  return reader;
}

describe.each([
  ["stays", (_: Reader) => {}],
  ["leaves then", (reader: Reader) => reader.leave()],
] as const)("a reader who %s:", (what, decide) => {
  test("a task that does not change for the agent's time has failed, and costs nothing", async () => {
    const before = await stand.wallet();
    const reader = await broken();
    expect((await stand.wallet()).held).toBe(1);
    decide(reader);
    await pass(TASK_TIMEOUT_MS - 6_000);
    expect((await stand.wallet()).held).toBe(1);
    await pass(12_000);
    await expect.poll(stand.wallet).toEqual(before);
    await reader.done;
    if (what === "stays") {
      expect(reader.states().at(-1)).toBe("FAILED");
      expect(reader.text).toContain("broke off");
    }
    const { body } = await stand.gate.call("GET", `/agents/${id}/logs?limit=1`);
    expect(body[0]).toMatchObject({ status: "error", error_detail: "protocol_error", task_id: task.id });
  });

  test("one that changes is asked for as long as it takes, and paid for when it is done", async () => {
    const before = await stand.wallet();
    const reader = await broken();
    decide(reader);
    for (let minute = 0; minute < 3; minute++) {
      await pass(TASK_TIMEOUT_MS - 12_000);
      task.step++;
      await pass(12_000);
    }
    expect((await stand.wallet()).held).toBe(1);
    task.state = "COMPLETED";
    await pass(12_000);
    await expect.poll(stand.wallet).toEqual({ balance: before.balance - 1, held: 0 });
    await reader.done;
    if (what === "stays") expect(reader.states().at(-1)).toBe("COMPLETED");
  });
});

test("a reader who leaves before the stream breaks leaves a task that may work on in silence", async () => {
  const before = await stand.wallet();
  const reader = await stand.open(id, stand.payer.key);
  await expect.poll(() => reader.states()).toEqual(["WORKING"]);
  reader.leave();
  await pass(3 * TASK_TIMEOUT_MS);
  expect((await stand.wallet()).held).toBe(1);
  task.state = "COMPLETED";
  await pass(12_000);
  await expect.poll(stand.wallet).toEqual({ balance: before.balance - 1, held: 0 });
});
