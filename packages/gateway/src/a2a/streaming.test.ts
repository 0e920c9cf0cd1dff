import type { ServerResponse } from "node:http";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestGateway, type TestGateway } from "../testing/index.ts";
import { cardOf, type RawAgent, type RawRequest, rpcResult, startRawAgent } from "./testing/raw-agent.ts";

/** An agent whose streams a test steers, and whose tasks it keeps. */
class SteeredAgent {
  agent!: RawAgent;
  readonly tasks = new Map<string, string>();
  /** Streams that were opened, by method. */
  readonly opened: { method: string; taskId: string; response: ServerResponse; closed: boolean }[] = [];
  /** What streams begin with, instead of their task. */
  leading: ((taskId: string) => object) | undefined;
  #count = 0;

  async start(): Promise<this> {
    this.agent = await startRawAgent((request, response) => this.#answer(request, response));
    return this;
  }

  task(id: string): string {
    return `{"id":"${id}","contextId":"c-${id}","status":{"state":"${this.tasks.get(id)}"}}`;
  }

  event(stream: { response: ServerResponse }, result: string): void {
    stream.response.write(`data: ${rpcResult(1, result)}\n\n`);
  }

  /** Moves a task and tells it on a stream. */
  move(stream: { response: ServerResponse; taskId: string }, state: string): void {
    this.tasks.set(stream.taskId, state);
    const { taskId } = stream;
    this.event(
      stream,
      `{"statusUpdate":{"taskId":"${taskId}","contextId":"c-${taskId}","status":{"state":"${state}"}}}`,
    );
  }

  #answer({ body }: RawRequest, response: ServerResponse): void {
    const { method, params, id: rpcId } = body;
    const json = (text: string) => response.setHeader("content-type", "application/json").end(text);
    const error = (code: number) => json(`{"jsonrpc":"2.0","id":${rpcId},"error":{"code":${code},"message":"no"}}`);
    if (method === "SendStreamingMessage" || method === "SendMessage") {
      const taskId = `t${++this.#count}-${Math.random()}`;
      this.tasks.set(taskId, "TASK_STATE_WORKING");
      if (method === "SendMessage") {
        json(rpcResult(rpcId, `{"task":${this.task(taskId)}}`));
        return;
      }
      this.#open(method, taskId, response);
      return;
    }
    if (!this.tasks.has(params.id)) {
      error(-32001);
      return;
    }
    if (method === "GetTask") {
      json(rpcResult(rpcId, this.task(params.id)));
      return;
    }
    if (method === "SubscribeToTask" && this.tasks.get(params.id) === "TASK_STATE_WORKING") {
      this.#open(method, params.id, response);
      return;
    }
    error(-32004);
  }

  #open(method: string, taskId: string, response: ServerResponse): void {
    const stream = { method, taskId, response, closed: false };
    this.opened.push(stream);
    response.on("close", () => {
      stream.closed = true;
    });
    response.setHeader("content-type", "text/event-stream");
    this.event(stream, this.leading ? JSON.stringify(this.leading(taskId)) : `{"task":${this.task(taskId)}}`);
  }
}

let gate: TestGateway;
let steered: SteeredAgent;
let free: string;
let paid: string;
let payer: { id: string; key: string };
beforeAll(async () => {
  gate = await startTestGateway("sqlite", { streamTimeoutMs: 300_000 });
  steered = await new SteeredAgent().start();
  const card_url = `${steered.agent.url}/.well-known/agent-card.json`;
  free = (await gate.register({ card_url })).id;
  paid = (await gate.register({ card_url, price_per_task: 1 })).id;
  payer = await gate.createOrg("payer", { rate_limit: 1e6, rate_burst: 1e6 });
  await gate.call("POST", `/orgs/${payer.id}/topup`, { amount: 1000 });
});
afterAll(async () => {
  await gate.close();
  await steered.agent.close();
});

const wallet = async () => {
  const { balance, held } = (await gate.call("GET", `/orgs/${payer.id}/wallet`)).body;
  return { balance, held };
};

interface Reader {
  text: string;
  states(): string[];
  done: Promise<void>;
  leave(): void;
}

async function open(
  id: string,
  key: string | null = null,
  method = "SendStreamingMessage",
  params?: object,
): Promise<Reader> {
  const controller = new AbortController();
  const response = await fetch(`${gate.url}/agents/${id}`, {
    method: "POST",
    signal: controller.signal,
    headers: {
      "content-type": "application/json",
      "a2a-version": "1.0",
      ...(key !== null && { authorization: `Bearer ${key}` }),
    },
    body: JSON.stringify({
      jsonrpc: "2.0",
      id: 1,
      method,
      params: params ?? { message: { messageId: "m", role: "ROLE_USER", parts: [{ text: "go" }] } },
    }),
  });
  const reader: Reader = {
    text: "",
    states: () => [...reader.text.matchAll(/TASK_STATE_(\w+)/g)].map(([, state]) => state!),
    done: Promise.resolve(),
    leave: () => controller.abort(),
  };
  reader.done = (async () => {
    for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) reader.text += chunk;
  })().catch(() => {});
  return reader;
}
const latest = () => steered.opened.at(-1)!;

test("events arrive as they are sent", async () => {
  const reader = await open(free);
  await expect.poll(() => reader.states()).toEqual(["WORKING"]);
  steered.move(latest(), "TASK_STATE_COMPLETED");
  await reader.done;
  expect(reader.states()).toEqual(["WORKING", "COMPLETED"]);
});

test("a stream that breaks off is taken up again, and its reader misses nothing", async () => {
  const reader = await open(free);
  await expect.poll(() => reader.states()).toEqual(["WORKING"]);
  const { taskId } = latest();
  latest().response.destroy();
  await expect.poll(() => latest().method).toBe("SubscribeToTask");
  expect(latest().taskId).toBe(taskId);
  steered.move(latest(), "TASK_STATE_COMPLETED");
  await reader.done;
  expect(reader.states()).toEqual(["WORKING", "WORKING", "COMPLETED"]);
});

test("a task that ended while the stream was broken is told with its end", async () => {
  const reader = await open(paid, payer.key);
  await expect.poll(() => reader.states()).toEqual(["WORKING"]);
  const before = await wallet();
  expect(before.held).toBe(1);
  steered.tasks.set(latest().taskId, "TASK_STATE_COMPLETED");
  latest().response.destroy();
  await reader.done;
  expect(reader.states()).toEqual(["WORKING", "COMPLETED", "COMPLETED"]);
  await expect.poll(wallet).toEqual({ balance: before.balance - 1, held: 0 });
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
  const owner = await open(free, payer.key);
  await expect.poll(() => owner.states()).toEqual(["WORKING"]);
  const others = latest().taskId;
  const reader = await open(free);
  await expect.poll(() => reader.states()).toEqual(["WORKING"]);
  const own = latest();
  steered.tasks.set(own.taskId, "TASK_STATE_COMPLETED");
  steered.event(own, JSON.stringify(event(others)));
  await reader.done;
  expect(reader.text).not.toContain(others);
  expect(reader.states().at(-1)).toBe("COMPLETED");
  owner.leave();
});

test("a stream that begins with an artifact is the caller's only if its task is", async () => {
  const owner = await open(free, payer.key);
  await expect.poll(() => owner.states()).toEqual(["WORKING"]);
  const others = latest().taskId;
  steered.leading = (id) => ({
    artifactUpdate: { taskId: id, contextId: "", artifact: { artifactId: "a", parts: [] } },
  });
  const reader = await open(free);
  await expect.poll(() => reader.text).toContain("artifactUpdate");
  steered.leading = () => ({ artifactUpdate: { taskId: others, artifact: { artifactId: "a", parts: [] } } });
  const trespasser = await open(free);
  await trespasser.done;
  steered.leading = undefined;
  expect(trespasser.text).toContain("INVALID_AGENT_RESPONSE");
  expect(trespasser.text).not.toContain(others);
  for (const each of [owner, reader]) each.leave();
});

test("an agent that dies in the middle: the stream says failed, nothing is charged", async () => {
  const dying = await new SteeredAgent().start();
  const { id } = await gate.register({ card_url: `${dying.agent.url}/.well-known/agent-card.json`, price_per_task: 5 });
  const before = await wallet();
  const reader = await open(id, payer.key);
  await expect.poll(() => reader.states()).toEqual(["WORKING"]);
  await dying.agent.close();
  await reader.done;
  expect(reader.states().at(-1)).toBe("FAILED");
  await expect.poll(wallet).toEqual(before);
});

test("a reader who leaves lets go of the agent's stream; the money finds its end all the same", async () => {
  const before = await wallet();
  const reader = await open(paid, payer.key);
  await expect.poll(() => reader.states()).toEqual(["WORKING"]);
  const left = latest();
  reader.leave();
  await expect.poll(() => left.closed).toBe(true);
  expect((await wallet()).held).toBe(1);
  steered.tasks.set(left.taskId, "TASK_STATE_COMPLETED");
  await expect.poll(wallet).toEqual({ balance: before.balance - 1, held: 0 });
  await expect
    .poll(async () => (await gate.call("GET", `/agents/${paid}/logs`)).body[0])
    .toMatchObject({ status: "success", task_id: left.taskId });
});

test("a task that goes on after its answer is paid for when it is done, and not when it fails", async () => {
  const before = await wallet();
  const send = async () => {
    const message = { messageId: "m", role: "ROLE_USER", parts: [{ text: "go" }] };
    const body = { message, configuration: { returnImmediately: true } };
    return (await gate.call("POST", `/agents/${paid}/message:send`, body, payer.key)).body.task.id as string;
  };
  const ids = [await send(), await send()];
  await expect.poll(wallet).toEqual({ balance: before.balance, held: 2 });
  steered.tasks.set(ids[0]!, "TASK_STATE_COMPLETED");
  steered.tasks.set(ids[1]!, "TASK_STATE_FAILED");
  await expect.poll(wallet).toEqual({ balance: before.balance - 1, held: 0 });
});

test("readers of one task do not disturb each other", async () => {
  const first = await open(free);
  await expect.poll(() => first.states()).toEqual(["WORKING"]);
  const sent = latest();
  const second = await open(free, null, "SubscribeToTask", { id: sent.taskId });
  await expect.poll(() => second.states()).toEqual(["WORKING"]);
  const subscribed = latest();
  first.leave();
  await expect.poll(() => sent.closed).toBe(true);
  steered.move(subscribed, "TASK_STATE_COMPLETED");
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
    const { id } = await gate.register({ url: silent.url, price_per_task: 1 });
    const message = { messageId: "m", role: "ROLE_USER", parts: [] };
    await gate.call("POST", `/agents/${id}/message:send`, { message }, payer.key);
    const before = await wallet();
    const leaving = new AbortController();
    const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params: { message, id: "t" } });
    const headers = { "content-type": "application/json", authorization: `Bearer ${payer.key}` };
    const left = fetch(`${gate.url}/agents/${id}`, { method: "POST", signal: leaving.signal, headers, body });
    left.catch(() => {});
    await expect.poll(() => waiting).toBe(1);
    leaving.abort();
    await expect.poll(() => waiting).toBe(0);
    await expect.poll(wallet).toEqual(before);
    await silent.close();
  },
);

describe("an agent whose stream says too little", () => {
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
    const { id } = await gate.register({ url: agent.url, price_per_task: 1 });
    const before = await wallet();
    const reader = await open(id, payer.key);
    await reader.done;
    await expect.poll(async () => (await wallet()).held).toBe(0);
    await agent.close();
    return { text: reader.text, states: reader.states(), cost: before.balance - (await wallet()).balance };
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
});
