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

const of03 = (url: string) => ({ ...cardOf(url), supportedInterfaces: undefined, protocolVersion: "0.3.0", url });

/** Streams `events` and breaks off or ends; cannot be subscribed to; its task is in these states, or answers, one after another. */
const told = async (
  events: string[],
  states: string[],
  end: "destroy" | "end" = "destroy",
  card: (url: string) => object = cardOf,
) => {
  const agent = await startRawAgent(({ body }, response) => {
    if (/stream$|Streaming/.test(body.method)) {
      response.setHeader("content-type", "text/event-stream");
      response.write(events.map((event) => `${event.startsWith("event: ") ? "" : "data: "}${event}\n\n`).join(""));
      return void setTimeout(() => response[end](), 20);
    }
    response.setHeader("content-type", "application/json");
    if (!/get$|GetTask/.test(body.method)) return void response.end(error(-32601, "no such method"));
    const state = states.length > 1 ? states.shift()! : states[0]!;
    response.end(state.startsWith("{") ? state : rpcResult(body.id, taskIn(state)));
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

test("one that begins with nothing at all gives no valid answer", async () => {
  const { text, cost } = await told([], ["WORKING"], "end");
  expect([text, cost]).toEqual([expect.stringMatching(/^data: [^\n]*"error":\{"code":-32006/), 0]);
});

test("one that does not know its task any more, while it is asked, has failed", async () => {
  const { states, cost } = await told([rpcResult(1, WORKING)], ["WORKING", error(-32001, "no such task")]);
  expect([states, cost]).toEqual([["WORKING", "WORKING", "FAILED"], 0]);
});

test("one that answers with another task when it is asked has failed, and nothing of that is passed on", async () => {
  const other = rpcResult(1, taskIn("COMPLETED").replace('"t"', '"of-another"'));
  const { states, cost, text } = await told([rpcResult(1, WORKING)], [other]);
  expect([states, cost]).toEqual([["WORKING", "FAILED"], 0]);
  expect(text).not.toMatch(/of-another|missed/);
});

test.each<[what: string, state: string, first: object]>([
  ["an artifact", "WORKING", { kind: "artifact-update", artifact: { artifactId: "a", parts: [] } }],
  ["an update", "INPUT_REQUIRED", { kind: "status-update", status: { state: "input-required" }, final: false }],
])("one of 0.3 that begins with %s has its task told first", async (_, state, first) => {
  const last = { kind: "status-update", status: { state: "completed" }, final: true };
  const events = [first, last].map((event) => rpcResult(1, JSON.stringify({ taskId: "t", contextId: "c", ...event })));
  const { text, cost } = await told(events, ["COMPLETED"], "end", of03);
  const results = [...text.matchAll(/^data: (.*)$/gm)].map(([, event]) => JSON.parse(event!).result);
  expect(results).toMatchObject([
    { task: { id: "t", contextId: "c", status: { state: `TASK_STATE_${state}` } } },
    "artifact" in first ? { artifactUpdate: { taskId: "t" } } : { statusUpdate: { taskId: "t" } },
    { statusUpdate: { taskId: "t", status: { state: "TASK_STATE_COMPLETED" } } },
  ]);
  expect([results.length, cost]).toEqual([3, 1]);
});

test.each([
  ["something", 1],
  ["nothing", 0],
])("one that is cancelled when it has delivered %s costs %i", async (what, price) => {
  const canceled = { taskId: "t", contextId: "c", status: { state: "TASK_STATE_CANCELED" } };
  const events = [
    WORKING,
    // An update need not name the task again.
    ...(what === "something" ? ['{"artifactUpdate":{"artifact":{"artifactId":"a","parts":[{"text":"some"}]}}}'] : []),
    JSON.stringify({ statusUpdate: canceled }),
  ].map((event) => rpcResult(1, event));
  const { states, text, cost } = await told(events, ["CANCELED"], "end");
  expect([states, text.includes("some"), cost]).toEqual([["WORKING", "CANCELED"], price === 1, price]);
});

test.each(["1.0", "0.3"])(
  "one of %s whose stream has named events beside its answers ends as it says",
  async (version) => {
    const isV1 = version === "1.0";
    const status = (state: string) =>
      isV1
        ? { statusUpdate: { taskId: "t", contextId: "c", status: { state: `TASK_STATE_${state.toUpperCase()}` } } }
        : { kind: "status-update", taskId: "t", contextId: "c", status: { state }, final: state === "completed" };
    const first = isV1 ? WORKING : '{"kind":"task","id":"t","contextId":"c","status":{"state":"working"}}';
    const beside = ["12:00", "{}", '{"time":12}', "[1]", "null", '"result"'].map(
      (data) => `event: ping\ndata: ${data}`,
    );
    const named = (name: string, result: string) => `event: ${name}\ndata: ${rpcResult(1, result)}`;
    const last = named("update", JSON.stringify(status("completed")));
    const events = [...beside, named("message", first), ...beside, last];
    const { states, cost, text } = await told(events, ["WORKING"], "end", isV1 ? cardOf : of03);
    expect([states, cost]).toEqual([["WORKING", "COMPLETED"], 1]);
    expect(text).not.toMatch(/12|ping/);
  },
);
