import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestGateway, type TestGateway, textTask } from "../testing/index.ts";
import { cardOf, type RawAgent, rpcResult, startRawAgent } from "./testing/raw-agent.ts";

/** What is put aside for a call outlasts everything that the gateway does for it: with default times, at agents of every pace. */

let gate: TestGateway;
const troubles: string[] = [];
beforeAll(async () => {
  const log = {
    info() {},
    warn: (_: unknown, text: string) => troubles.push(text),
    error: (_: unknown, text: string) => troubles.push(text),
  };
  gate = await startTestGateway(
    "sqlite",
    { taskTimeoutMs: 29_000, settleMarginMs: 30_000, streamTimeoutMs: 60_000 },
    log as never,
  );
});
afterAll(() => gate.close());

async function payer() {
  const { id, key } = await gate.createOrg(`payer ${Math.random()}`, { rate_limit: 1e6, rate_burst: 1e6 });
  await gate.call("POST", `/orgs/${id}/topup`, { amount: 10 });
  return {
    key,
    isHeld: () => expect.poll(async () => (await wallet()).held).toBe(1),
    async cost() {
      await expect.poll(async () => (await wallet()).held, { timeout: 60_000 }).toBe(0);
      return 10 - (await wallet()).balance;
    },
  };
  async function wallet() {
    return (await gate.call("GET", `/orgs/${id}/wallet`)).body;
  }
}

const of03 = (url: string) => ({
  ...cardOf(url, { supportedInterfaces: undefined, capabilities: { streaming: true } }),
  protocolVersion: "0.3.0",
  preferredTransport: "JSONRPC",
  url,
});

/** Works on for so long by the gateway's clock, and takes so long for every question about it. */
function slowAgent(workMs: number, questionMs: number, card: (url: string) => object = cardOf): Promise<RawAgent> {
  const begun = new Map<string, number>();
  return startRawAgent(({ body: { id, method, params } }, response) => {
    const is03 = method.includes("/");
    const done = (taskId: string) => gate.clock.monotonic() - begun.get(taskId)! >= workMs;
    const task = (taskId: string) => {
      const state = done(taskId) ? "completed" : "working";
      const artifacts = done(taskId)
        ? [{ artifactId: "a", parts: [is03 ? { kind: "text", text: "ANSWER" } : { text: "ANSWER" }] }]
        : [];
      const status = { state: is03 ? state : `TASK_STATE_${state.toUpperCase()}` };
      return { ...(is03 && { kind: "task" }), id: taskId, contextId: "c", status, artifacts };
    };
    if (/send|Send/.test(method)) {
      const taskId = `t-${id}-${Math.random()}`;
      begun.set(taskId, gate.clock.monotonic());
      return void response.end(rpcResult(id, JSON.stringify(is03 ? task(taskId) : { task: task(taskId) })));
    }
    gate.clock.after(questionMs, () => response.end(rpcResult(id, JSON.stringify(task(params.id)))));
  }, card);
}

/** Lets time pass, a little at once, until this is so. */
async function pass(stepMs: number, mostMs: number, isSo: () => boolean): Promise<void> {
  for (let passedMs = 0; passedMs < mostMs && !isSo(); passedMs += stepMs) {
    gate.clock.skip(stepMs);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

const legacy = { message: { kind: "message", messageId: "m", role: "user", parts: [{ kind: "text", text: "x" }] } };
const current = { message: { messageId: "m", role: "ROLE_USER", parts: [{ text: "x" }] } };

test.each<
  [name: string, workMs: number, questionMs: number, fields: object, card: ((url: string) => object) | undefined]
>([
  ["of 0.3 that works for 75 s and thinks about each question", 75_000, 2_500, {}, of03],
  ["of 0.3 with a time of its own", 100_000, 100, { timeout_ms: 45_000 }, of03],
  ["of 1.0 that says it works on", 75_000, 2_500, {}, undefined],
  ["of 1.0 with a time of its own", 200_000, 100, { timeout_ms: 90_000 }, undefined],
  ["that never answers a question", 1e9, 1e9, {}, undefined],
])("an agent %s is paid", async (_, workMs, questionMs, fields, card) => {
  const agent = await slowAgent(workMs, questionMs, card);
  const { id } = await gate.register({
    card_url: `${agent.url}/.well-known/agent-card.json`,
    price_per_task: 1,
    ...fields,
  });
  const who = await payer();
  let answered = false;
  const params = card ? legacy : current;
  const body = { jsonrpc: "2.0", id: 1, method: card ? "message/send" : "SendMessage", params };
  const answer = gate.call("POST", `/agents/${id}`, body, who.key).finally(() => {
    answered = true;
  });
  await who.isHeld();
  let isOver = false;
  const cost = who.cost().finally(() => {
    isOver = true;
  });
  await pass(1_000, 300_000, () => answered && isOver);
  expect(await cost).toBe(1);
  const { body: said } = await answer;
  const taskId = said.result.id ?? said.result.task.id;
  expect(taskId).toBeTypeOf("string");
  await pass(10_000, workMs < 1e6 ? workMs : 0, () => false);
  if (questionMs < 1e6) {
    const asked = gate.call("GET", `/agents/${id}/tasks/${taskId}`, undefined, who.key);
    await pass(500, 5_000, () => false);
    expect(JSON.stringify((await asked).body)).toContain("ANSWER");
  }
  expect(troubles).toEqual([]);
  await agent.close();
});

test("the caller of a 0.3 agent is answered within the agent's time", async () => {
  const agent = await slowAgent(1e9, 10, of03);
  const { id } = await gate.register({ card_url: `${agent.url}/.well-known/agent-card.json` });
  const startedAt = gate.clock.monotonic();
  let answered = false;
  const body = { jsonrpc: "2.0", id: 1, method: "message/send", params: legacy };
  const answer = gate.call("POST", `/agents/${id}`, body).finally(() => {
    answered = true;
  });
  await pass(1_000, 120_000, () => answered);
  expect(gate.clock.monotonic() - startedAt).toBeLessThan(32_000);
  expect((await answer).body.result.status.state).toBe("working");
  await agent.close();
});

/** A stream of so many large pieces, and then the end. */
const talkative = (pieces: number, event: (text: string) => string, last: string) =>
  startRawAgent(
    (_, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      const write = (left: number) => {
        if (left === 0) return void response.end(last);
        if (response.write(event("PIECE".repeat(20_000)))) setImmediate(write, left - 1);
        else response.once("drain", () => write(left - 1));
      };
      write(pieces);
    },
    (url) => cardOf(url),
  );
const update = (result: object) => `data: ${rpcResult(1, JSON.stringify(result))}\n\n`;
const artifact = (text: string) =>
  update({ artifactUpdate: { taskId: "T", contextId: "c", artifact: { artifactId: "a", parts: [{ text }] } } });
const completed = update({
  statusUpdate: { taskId: "T", contextId: "c", status: { state: "TASK_STATE_COMPLETED" } },
});

test.each<[name: string, path: string, body: object, isA2A: boolean]>([
  ["a simple stream of a plain agent", "/task/stream", textTask("x"), false],
  ["a simple stream of an A2A agent", "/task/stream", textTask("x"), true],
  ["an A2A stream", "/message:stream", current, true],
])("%s whose reader stops reading and goes on after the time is paid, and cut off", async (name, path, body, isA2A) => {
  const agent = isA2A
    ? await talkative(
        400,
        (text) => artifact(text).replaceAll('"T"', JSON.stringify(name)),
        completed.replace('"T"', JSON.stringify(name)),
      )
    : await talkative(400, (text) => `data: ${text}\n\n`, 'event: result\ndata: {"text":"done"}\n\n');
  const card = isA2A
    ? { card_url: `${agent.url}/.well-known/agent-card.json` }
    : { name: "plain", url: `${agent.url}/x` };
  const { id } = await gate.register({ ...card, price_per_task: 1 });
  const who = await payer();
  const response = await fetch(`${gate.url}/agents/${id}${path}`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${who.key}` },
    body: JSON.stringify(body),
  });
  const reader = response.body!.getReader();
  let text = "";
  const decoder = new TextDecoder();
  while (!text.includes("PIECE")) text += decoder.decode((await reader.read()).value, { stream: true });
  // Time enough for every buffer on the way to fill.
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  await who.isHeld();
  let isOver = false;
  const cost = who.cost().finally(() => {
    isOver = true;
  });
  await pass(5_000, 200_000, () => isOver);
  expect(await cost).toBe(1);
  const rest = await (async () => {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return text;
      text += decoder.decode(value, { stream: true });
    }
  })().catch(() => "cut off");
  expect(rest).toBe("cut off");
  expect(troubles).toEqual([]);
  await agent.close();
});
