import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { AgentGateClient } from "../agentgate-client.ts";
import { GatewayError } from "../errors/index.ts";
import { A2aAgent } from "../tasks/index.ts";
import { startRecordingGateway } from "../testing/recording-gateway.ts";
import { retryPause } from "./retry.ts";

let server: Awaited<ReturnType<typeof startRecordingGateway>>;
let waits: number[];
let now: number;
let gateway: AgentGateClient;
beforeEach(async () => {
  server = await startRecordingGateway();
  waits = [];
  now = 0;
  gateway = new AgentGateClient(server.url, {
    timing: {
      random: () => 0.5,
      now: () => now,
      sleep: async (ms) => {
        waits.push(ms);
        now += ms;
      },
    },
  });
});
afterEach(() => server.close());

test("a key that no header can hold is not told in the error", async () => {
  const told = await new AgentGateClient(server.url, { apiKey: "sk-one\nsk-two" }).listAgents().catch(String);
  expect(told).toMatch(/a header cannot hold the key/);
  expect(told).not.toContain("sk-");
});

type Step = "break" | number | [status: number, body: object, headers?: Record<string, string>];
/** Answers so, one after the other; then with success. */
const answers = (...steps: Step[]) =>
  server.answers((response) => {
    const step = steps.shift();
    if (step === "break") return void response.destroy();
    const [status, body, headers] = typeof step === "number" ? [step, {}] : (step ?? [200, { ok: true }]);
    response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
  });
const outcome = (call: Promise<unknown>) =>
  call.then(
    (value) => value,
    (error) => (GatewayError.isInstance(error) ? error.code : error),
  );
const keys = () => server.requests.map(({ headers }) => headers["idempotency-key"]);

test("what only reads is asked again when nobody knows what became of it, later each time", async () => {
  answers("break", 503);
  expect(await outcome(gateway.getAgent("id"))).toEqual({ ok: true });
  expect(waits).toEqual([250, 500]);
  answers("break", 502, 504);
  expect(await outcome(gateway.getAgent("id"))).toBe("http_504");
});

test("what the gateway says of an agent is not asked for again", async () => {
  answers([502, { code: "agent_http_500" }]);
  expect(await outcome(gateway.sendTask("id", "hi"))).toBe("agent_http_500");
  expect(server.requests).toHaveLength(1);
});

test("what must not be done twice goes under one key of its own, however often it is sent", async () => {
  answers("break", [409, { code: "idempotency_in_progress" }, { "retry-after": "1" }]);
  expect(await outcome(gateway.sendTask("id", "hi"))).toEqual({ ok: true });
  const [key, ...others] = keys();
  expect(key).toMatch(/^[0-9a-f]{32}$/);
  expect(others).toEqual([key, key]);
  expect(new Set(server.requests.map(({ body }) => body)).size).toBe(1);
  expect(waits).toEqual([250, 1500]);
  await gateway.topupOrg("id", { amount: 5 });
  await gateway.completeCheckout("id");
  await gateway.runChain("id");
  expect(new Set(keys()).size).toBe(4);
});

test("a key that is given is the one, and without repetitions there is none", async () => {
  answers("break");
  await gateway.sendTask("id", "hi", { idempotencyKey: "mine" });
  expect(keys()).toEqual(["mine", "mine"]);
  await gateway.sendTask("id", "hi", { retries: 0 });
  expect(keys().at(-1)).toBe(undefined);
});

test("where the gateway has no room for a key that nobody asked for, the call goes without", async () => {
  answers([429, { code: "idempotency_full" }, { "retry-after": "600" }]);
  expect(await outcome(gateway.sendTask("id", "hi"))).toEqual({ ok: true });
  expect(keys()).toEqual([expect.any(String), undefined]);
  answers([429, { code: "idempotency_full" }, { "retry-after": "600" }]);
  expect(await outcome(gateway.sendTask("id", "hi", { idempotencyKey: "mine" }))).toBe("idempotency_full");
});

test("what was refused for now is sent again when the gateway says so, whatever it is", async () => {
  for (const status of [429, 503]) {
    answers([status, { code: "busy" }, { "retry-after": "2" }]);
    expect(await outcome(gateway.createOrg("acme"))).toEqual({ ok: true });
  }
  expect(waits).toEqual([2250, 2250]);
});

test("what changes something and has no key is not sent again when nobody knows what became of it", async () => {
  for (const step of ["break", 502, 503, 429] as const) {
    answers(step);
    expect(await outcome(gateway.createOrg("acme"))).toBe(step === "break" ? "unreachable" : `http_${step}`);
  }
  expect(server.requests).toHaveLength(4);
});

test("changes that are the same twice as once are sent again, and what is gone then was deleted", async () => {
  answers("break");
  expect(await outcome(gateway.updateOrg("id", { rateLimit: 5 }))).toEqual({ ok: true });
  answers("break", 404);
  expect(await outcome(gateway.deleteAgent("id"))).toBe(undefined);
  answers(404);
  expect(await outcome(gateway.deleteAgent("id"))).toBe("http_404");
});

test("no wait goes beyond the call's time: what was refused is said at once", async () => {
  answers([429, { code: "too_many_requests" }, { "retry-after": "31" }]);
  expect(await outcome(gateway.getAgent("id"))).toBe("too_many_requests");
  answers([429, { code: "too_many_requests" }, { "retry-after": "3" }]);
  expect(await outcome(gateway.getAgent("id", { timeoutMs: 2_000 }))).toBe("too_many_requests");
  expect(waits).toEqual([]);
});

test("a wait ends with the caller's signal, and with the client", async () => {
  const real = new AgentGateClient(server.url);
  const refused: Step = [503, { code: "unavailable" }, { "retry-after": "20" }];
  answers(refused, refused);
  const controller = new AbortController();
  const call = outcome(real.getAgent("id", { signal: controller.signal }));
  await expect.poll(() => server.requests.length).toBe(1);
  controller.abort("enough");
  expect(await call).toBe("enough");
  const other = outcome(real.getAgent("id"));
  await expect.poll(() => server.requests.length).toBe(2);
  await real.close();
  expect(await other).toBe("closed");
});

describe("a stream", () => {
  const head = { "content-type": "text/event-stream" };
  const event = (name: string, data: string) => `event: ${name}\ndata: ${data}\n\n`;
  const streams = (...steps: string[][]) =>
    server.answers(async (response) => {
      const [step = [], ends] = [steps.shift(), steps.length === 0];
      response.writeHead(200, head);
      for (const text of step) response.write(text);
      await new Promise((resolve) => setTimeout(resolve, 20));
      if (ends) response.end();
      else response.destroy();
    });
  const read = async (id: string) => {
    const types: string[] = [];
    try {
      for await (const { type } of gateway.streamTask(id, "hi")) types.push(type);
    } catch (error) {
      types.push((error as GatewayError).code);
    }
    return types;
  };

  test("that breaks before a piece of the answer is made anew, under the same key", async () => {
    streams([event("status", "x")], [event("status", "x"), event("chunk", "a"), event("result", "{}")]);
    expect(await read("id")).toEqual(["status", "chunk", "result"]);
    expect(new Set(keys()).size).toBe(1);
    expect(server.requests).toHaveLength(2);
  });

  test("that breaks later is not: the agent does not say the same again", async () => {
    streams([event("status", "x"), event("chunk", "a")], [event("result", "{}")]);
    expect(await read("id")).toEqual(["status", "chunk", "unreachable"]);
    expect(server.requests).toHaveLength(1);
  });

  test("of a task by A2A goes on by subscribing to the task, which is asked for when it is over", async () => {
    const task = (state: string) => ({ id: "t", status: { state } });
    const data = (value: object) => `data: ${JSON.stringify(value)}\n\n`;
    let subscriptions = 0;
    server.answers(async (response, { url }) => {
      if (url === "/agents/id/tasks/t") return void response.end(JSON.stringify(task("TASK_STATE_COMPLETED")));
      const isOver = url.endsWith(":subscribe") && ++subscriptions === 2;
      if (isOver) return void response.writeHead(400).end('{"error":{"message":"It is over"}}');
      response.writeHead(200, head).write(data({ task: task("TASK_STATE_WORKING") }));
      await new Promise((resolve) => setTimeout(resolve, 20));
      response.destroy();
    });
    const states: unknown[] = [];
    for await (const { task } of new A2aAgent(gateway, "id").streamMessage("hi")) states.push(task?.status.state);
    expect(states).toEqual(["TASK_STATE_WORKING", "TASK_STATE_WORKING", "TASK_STATE_COMPLETED"]);
    expect(server.requests.map(({ url }) => url.split("/").at(-1))).toEqual([
      "message:stream",
      "t:subscribe",
      "t:subscribe",
      "t",
    ]);
  });
});

test("pauses grow up to a bound, and chance spreads them", () => {
  const error = new GatewayError("unreachable", "");
  const pause = (attempt: number, random: number) => retryPause(error, {}, attempt, random);
  expect([pause(0, 0), pause(0, 1), pause(3, 0.5), pause(20, 0.5)]).toEqual([125, 375, 2000, 8000]);
});
