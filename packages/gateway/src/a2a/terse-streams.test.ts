import { afterAll, beforeAll, expect, test } from "vitest";
import { cardOf, rpcResult, startRawAgent } from "./testing/raw-agent.ts";
import { type StreamStand, startStreamStand } from "./testing/stream-stand.ts";

/** Agents whose streams say too little: what becomes of their tasks is asked for. */

let stand: StreamStand;
beforeAll(async () => {
  stand = await startStreamStand();
});
afterAll(() => stand.close());

const WORKING = '{"task":{"id":"t","contextId":"c","status":{"state":"TASK_STATE_WORKING"}}}';
const error = (code: number, message: string) =>
  `{"jsonrpc":"2.0","id":1,"error":{"code":${code},"message":"${message}"}}`;
const taskIn = (state: string) =>
  `{"id":"t","contextId":"c","status":{"state":"TASK_STATE_${state}"},"artifacts":[{"artifactId":"a","parts":[{"kind":"text","text":"missed"}]}]}`;

/** Streams `events` and breaks off or ends; cannot be subscribed to; its task is in these states, one after another. */
const told = async (
  events: string[],
  states: string[],
  end: "destroy" | "end" = "destroy",
  card: (url: string) => object = cardOf,
) => {
  const agent = await startRawAgent(({ body }, response) => {
    if (/stream$|Streaming/.test(body.method)) {
      response.setHeader("content-type", "text/event-stream");
      response.write(events.map((event) => `data: ${event}\n\n`).join(""));
      return void setTimeout(() => response[end](), 20);
    }
    response.setHeader("content-type", "application/json");
    if (!/get$|GetTask/.test(body.method)) return void response.end(error(-32601, "no such method"));
    const state = states.length > 1 ? states.shift()! : states[0]!;
    response.end(rpcResult(body.id, taskIn(state)));
  }, card);
  const { id } = await stand.gate.register({ url: agent.url, price_per_task: 1 });
  const before = await stand.wallet();
  const reader = await stand.open(id, stand.payer.key);
  await reader.done;
  await expect.poll(async () => (await stand.wallet()).held).toBe(0);
  await agent.close();
  return { text: reader.text, states: reader.states(), cost: before.balance - (await stand.wallet()).balance };
};

test("one that cannot be subscribed to is asked until its turn is over", async () => {
  const { states, cost } = await told([rpcResult(1, WORKING)], ["WORKING", "WORKING", "COMPLETED"]);
  expect([states, cost]).toEqual([["WORKING", "WORKING", "COMPLETED", "COMPLETED"], 1]);
});

test("one of 0.3 is asked for the task after a break: its subscription does not begin with it", async () => {
  const event = '{"kind":"task","id":"t","contextId":"c","status":{"state":"working"}}';
  const of03 = (url: string) => ({ ...cardOf(url), supportedInterfaces: undefined, protocolVersion: "0.3.0", url });
  const { states, cost, text } = await told([rpcResult(1, event)], ["COMPLETED"], "destroy", of03);
  expect([states, cost]).toEqual([["WORKING", "COMPLETED", "COMPLETED"], 1]);
  expect(text).toContain("missed");
});

test.each(["an error", "what is no A2A"])("one that ends in %s is asked how the task has ended", async (what) => {
  const last = what === "an error" ? error(-32603, "lost my words") : "<html>";
  const done = await told([rpcResult(1, WORKING), last], ["COMPLETED"], "end");
  expect([done.states, done.cost]).toEqual([["WORKING", "COMPLETED", "COMPLETED"], 1]);
  const lost = await told([rpcResult(1, WORKING), last], ["WORKING"], "end");
  expect([lost.states, lost.cost]).toEqual([["WORKING", "FAILED"], 0]);
  if (what === "an error") expect(lost.text).toContain("lost my words");
});

test("one that begins with nothing of A2A gives no valid answer", async () => {
  const { text, cost } = await told([rpcResult(1, '{"kind":"task","id":"t"}')], ["WORKING"], "end");
  expect([text, cost]).toEqual([expect.stringMatching(/^data: [^\n]*"error":\{"code":-32006/), 0]);
});
