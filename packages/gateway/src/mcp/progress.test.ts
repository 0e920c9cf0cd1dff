import { SOON_MS } from "@agentgate/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestGateway, type TestGateway } from "../testing/index.ts";
import { frameFaults } from "./testing/frame-faults.ts";
import { eventsIn, mcpCalls, modernRequest } from "./testing/mcp-calls.ts";
import { TaskAgent } from "./testing/task-agent.ts";

/** What is told on the way, and what becomes of a call whose client leaves. */

let gate: TestGateway;
let agent: TaskAgent;
beforeAll(async () => {
  gate = await startTestGateway();
  agent = await new TaskAgent(() => ({ state: "TASK_STATE_WORKING" })).start();
});
afterAll(async () => {
  await gate.close();
  await agent.close();
});
const { post } = mcpCalls(() => gate.url);

async function stand() {
  const card_url = `${agent.url}/.well-known/agent-card.json`;
  const registered = await gate.register({ name: "Worker", url: agent.url, price_per_task: 0.05, card_url });
  const { id, key } = await gate.createOrg(`payer-${Math.random()}`);
  await gate.call("POST", `/orgs/${id}/topup`, { amount: 1 });
  const wallet = async () => (await gate.call("GET", `/orgs/${id}/wallet`)).body;
  return { path: `/agents/${registered.id}/mcp`, key, wallet };
}

/** A call under way, with what has come of it. */
function begin(path: string, key: string, { token = true, legacy = false } = {}) {
  const controller = new AbortController();
  const params = { name: "work", arguments: { message: "go" } };
  const meta = token ? { progressToken: "p" } : {};
  const sent = legacy
    ? { body: { jsonrpc: "2.0", id: 1, method: "tools/call", params: { ...params, _meta: meta } }, headers: {} }
    : modernRequest("tools/call", params, { meta });
  let text = "";
  const done = (async () => {
    const response = await post(
      path,
      sent.body,
      { ...sent.headers, authorization: `Bearer ${key}` },
      controller.signal,
    );
    const decoder = new TextDecoder();
    for await (const chunk of response.body!) text += decoder.decode(chunk, { stream: true });
    return response.headers.get("content-type")?.startsWith("text/event-stream") ? eventsIn(text) : [JSON.parse(text)];
  })();
  done.catch(() => {});
  return { done, text: () => text, leave: () => controller.abort() };
}
const started = async (count: number) => {
  await expect.poll(() => agent.tasks.size).toBe(count);
  await expect.poll(() => agent.openStreams(agent.latest.id)).toBe(1);
  return agent.latest;
};

test("what the agent says and makes is told, by a counter that rises", async () => {
  const { path, key } = await stand();
  const run = begin(path, key);
  const task = await started(agent.tasks.size + 1);
  agent.move(task, { state: "TASK_STATE_WORKING", says: [{ text: "Looking\u202e around" }] });
  await expect.poll(run.text).toContain("Looking around");
  await new Promise((resolve) => setTimeout(resolve, 300));
  agent.move(task, { state: "TASK_STATE_COMPLETED", makes: [{ text: "Found it" }] });
  const frames = await run.done;
  for (const frame of frames) expect(frameFaults("2026-07-28", "tools/call", frame)).toBe("");
  const progress = frames.slice(0, -1).map(({ params }) => params);
  expect(progress.map(({ progress }) => progress)).toEqual(progress.map((_, n) => n + 1));
  expect(progress.map(({ message }) => message)).toEqual(["Looking around", "Found it"]);
  expect(new Set(progress.map(({ progressToken }) => progressToken))).toEqual(new Set(["p"]));
  expect(frames.at(-1).result.content).toEqual([{ type: "text", text: "Found it" }]);
});

test("no more than four a second are told", async () => {
  const { path, key } = await stand();
  const run = begin(path, key);
  const task = await started(agent.tasks.size + 1);
  const begun = Date.now();
  for (let n = 0; n < 60; n++) {
    agent.move(task, { state: "TASK_STATE_WORKING", says: [{ text: `step ${n}` }] });
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  const seconds = (Date.now() - begun) / 1000;
  agent.move(task, { state: "TASK_STATE_COMPLETED", makes: [{ text: "done" }] });
  const frames = await run.done;
  expect(frames.length - 1).toBeLessThanOrEqual(Math.ceil(4 * seconds) + 1);
  expect(frames.length).toBeGreaterThan(1);
});

test.each([false, true])(
  "who leaves before a piece was delivered pays nothing, and the agent is told (legacy: %s)",
  async (legacy) => {
    const { path, key, wallet } = await stand();
    const run = begin(path, key, { token: false, legacy });
    const task = await started(agent.tasks.size + 1);
    expect(await wallet()).toMatchObject({ balance: 1, held: 0.05 });
    run.leave();
    await expect.poll(() => agent.cancelled, { timeout: SOON_MS }).toContain(task.id);
    await expect.poll(wallet).toMatchObject({ balance: 1, held: 0 });
  },
);

test("who leaves with a piece pays for it", async () => {
  const { path, key, wallet } = await stand();
  const run = begin(path, key);
  const task = await started(agent.tasks.size + 1);
  agent.move(task, { state: "TASK_STATE_WORKING", says: [{ text: "half of it" }] });
  await expect.poll(run.text).toContain("half of it");
  run.leave();
  await expect.poll(() => agent.cancelled, { timeout: SOON_MS }).toContain(task.id);
  await expect.poll(wallet).toMatchObject({ balance: 0.95, held: 0 });
});

test("a call that takes long shows that it lives, and beats where progress was asked for", async () => {
  const { path, key } = await stand();
  const run = begin(path, key);
  const quiet = begin(path, key, { token: false });
  const count = agent.tasks.size + 2;
  await started(count);
  gate.clock.skip(6_000);
  gate.clock.skip(16_000);
  await expect.poll(run.text).toContain('"progress":1');
  gate.clock.skip(16_000);
  await expect.poll(run.text).toContain('"progress":2');
  for (const task of [...agent.tasks.values()].slice(-2))
    agent.move(task, { state: "TASK_STATE_COMPLETED", makes: [{ text: "ok" }] });
  expect((await quiet.done).at(-1).result.content[0].text).toBe("ok");
  expect(quiet.text().startsWith("data: ") || quiet.text().startsWith(": ")).toBe(true);
  expect((await run.done).at(-1).result.content[0].text).toBe("ok");
});

test("a key that is revoked ends what was begun with it", async () => {
  const { path } = await stand();
  const { id, key: owner } = await gate.createOrg(`owner-${Math.random()}`);
  await gate.call("POST", `/orgs/${id}/topup`, { amount: 1 });
  const { body } = await gate.call("POST", `/orgs/${id}/keys`, { name: "short-lived", scopes: ["tasks:call"] }, owner);
  const run = begin(path, body.key);
  await started(agent.tasks.size + 1);
  await gate.call("DELETE", `/orgs/${id}/keys/${body.id}`, undefined, owner);
  const last = (await run.done).at(-1);
  expect(last.result).toMatchObject({ isError: true });
  expect(last.result._meta["dev.agentgate/problem"].status).toBe(401);
});
