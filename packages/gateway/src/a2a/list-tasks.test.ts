import type { ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Config } from "../config/index.ts";
import { startTestGateway, type TestGateway } from "../testing/index.ts";
import { callsTo, textMessage } from "./testing/calls.ts";
import { type RawAgent, rpcResult, startRawAgent } from "./testing/raw-agent.ts";

/** What one list of tasks may ask of its agent, and keep of it. */

let gate: TestGateway;
let agent: RawAgent;
let id: string;
let sent: number;
let underWay: number;
let mostUnderWay: number;
/** How the agent answers GetTask. */
let answer: (taskId: string, rpcId: unknown, response: ServerResponse) => void;
const { post, rpc } = callsTo(() => gate.url);

const task = (taskId: string, more: object = {}) => ({
  id: taskId,
  contextId: "c",
  status: { state: "TASK_STATE_COMPLETED", message: { messageId: "m", role: "ROLE_AGENT", parts: [{ text: "done" }] } },
  ...more,
});
const artifacts = (data: unknown) => ({ artifacts: [{ artifactId: "a", parts: [{ data }] }] });
const tell = (value: object | string) => (_: string, rpcId: unknown, response: ServerResponse) => {
  const text = rpcResult(rpcId, typeof value === "string" ? value : JSON.stringify(value));
  sent += text.length;
  response.setHeader("content-type", "application/json");
  response.end(text);
};

beforeEach(() => {
  sent = underWay = mostUnderWay = 0;
});

async function start(count: number, overrides: Partial<Config> = {}, state = "TASK_STATE_COMPLETED"): Promise<void> {
  gate = await startTestGateway("sqlite", overrides);
  let made = 0;
  agent = await startRawAgent(({ body }, response) => {
    if (body.method === "SendMessage") {
      const { id: taskId, contextId } = task(`t${made++}`);
      return tell({ task: { id: taskId, contextId, status: { state } } })("", body.id, response);
    }
    underWay += 1;
    mostUnderWay = Math.max(mostUnderWay, underWay);
    response.on("close", () => underWay--);
    return answer(body.params.id, body.id, response);
  });
  id = (await gate.register({ name: "lister", url: agent.url })).id;
  for (let i = 0; i < count; i++) expect((await post(`/agents/${id}/message:send`, textMessage())).status).toBe(200);
  sent = 0;
}
afterEach(async () => {
  await gate.close();
  await agent.close();
});
const asked = () => agent.received.filter(({ body }) => body?.method === "GetTask").map(({ body }) => body.params.id);
const list = async (params: object = {}) => (await rpc(id, "ListTasks", params)).result;
const hasContent = (told: any) => told.status.message !== undefined;

test("each task is asked for once, a few at a time, whether it was at work or not", async () => {
  await start(30, {}, "TASK_STATE_WORKING");
  answer = (taskId, rpcId, response) => void setTimeout(() => tell(task(taskId))(taskId, rpcId, response), 10);
  const { tasks, totalSize } = await list({ pageSize: 100 });
  expect([tasks.length, totalSize, tasks.filter(hasContent).length]).toEqual([30, 30, 30]);
  expect(asked().sort()).toEqual(Array.from({ length: 30 }, (_, i) => `t${i}`).sort());
  expect(mostUnderWay).toBe(4);
});

test("what nobody asked for is not kept, and the list takes no more of its agent than one answer may", async () => {
  await start(30, { responseBytesMax: 1_000_000 });
  answer = (taskId, ...rest) => tell(task(taskId, artifacts("x".repeat(100_000))))(taskId, ...rest);
  const { tasks } = await list({ pageSize: 100 });
  expect(tasks.map((told: any) => told.id).sort()).toEqual(Array.from({ length: 30 }, (_, i) => `t${i}`).sort());
  expect(tasks.every((told: any) => told.status.state === "TASK_STATE_COMPLETED" && told.contextId === "c")).toBe(true);
  expect(tasks.every((told: any) => told.artifacts === undefined)).toBe(true);
  const whole = tasks.filter(hasContent).length;
  // How many are asked for at once, and so share the room, is a matter of moments.
  expect(whole).toBeGreaterThan(2);
  expect(whole).toBeLessThanOrEqual(10);
  expect(sent).toBeLessThan(2_100_000);
  expect(
    await list({ pageSize: 100, includeArtifacts: true }).then((told) => JSON.stringify(told).length),
  ).toBeLessThan(1_010_000);
});

test("tasks of a hundred thousand parts are answered as they are remembered, and hold nobody up", async () => {
  await start(20);
  const parts = `[${"{},".repeat(2_000_000)}{}]`;
  answer = (taskId, ...rest) =>
    tell(JSON.stringify(task(taskId, artifacts("PARTS"))).replace('"PARTS"', parts))(taskId, ...rest);
  const before = process.memoryUsage().rss;
  let worst = 0;
  let last = performance.now();
  const timer = setInterval(() => {
    worst = Math.max(worst, performance.now() - last - 10);
    last = performance.now();
  }, 10);
  const { tasks } = await list({ pageSize: 100 });
  clearInterval(timer);
  expect([tasks.length, tasks.filter(hasContent).length]).toEqual([20, 0]);
  expect(process.memoryUsage().rss - before).toBeLessThan(400_000_000);
  // The agent, in this process too, writes 6 MB at a time.
  expect(worst).toBeLessThan(1_000);
});

test("an agent that tells more history than it was asked for is cut to that", async () => {
  await start(3);
  const history = [1, 2, 3].map((n) => ({ messageId: `h${n}`, role: "ROLE_USER", parts: [{ text: "x" }] }));
  answer = (taskId, ...rest) => tell(task(taskId, { history }))(taskId, ...rest);
  const told = async (historyLength: number) =>
    (await list({ historyLength })).tasks[0].history.map(({ messageId }: any) => messageId);
  expect([await told(0), await told(2)]).toEqual([[], ["h2", "h3"]]);
  expect((await list()).tasks[0].history).toHaveLength(3);
});

test("every request beyond the first takes a token of the caller's, of which a quarter stays for other calls", async () => {
  await start(20, { rateLimit: 0.001, rateBurst: 40 });
  answer = (taskId, ...rest) => tell(task(taskId))(taskId, ...rest);
  const { tasks } = await list({ pageSize: 100 });
  // 20 of 40 went for the messages and one for the list; 9 more, then 10 are left.
  expect([tasks.length, asked().length, tasks.filter(hasContent).length]).toEqual([20, 10, 10]);
  const again = await list({ pageSize: 100 });
  expect([again.tasks.length, again.tasks.filter(hasContent).length]).toEqual([20, 1]);
});

test("a list takes no longer than one answer; what has come by then is told", async () => {
  await start(12, { taskTimeoutMs: 1_500 });
  answer = (taskId, ...rest) => void (Number(taskId.slice(1)) >= 6 && tell(task(taskId))(taskId, ...rest));
  const startedAt = performance.now();
  const { tasks } = await list({ pageSize: 100 });
  expect(performance.now() - startedAt).toBeLessThan(6 * 1_500);
  expect([tasks.length, tasks.filter(hasContent).length]).toEqual([12, 6]);
});

test("an agent that answers none of them in time is told as one that timed out", async () => {
  await start(3, { taskTimeoutMs: 300 });
  answer = () => {};
  const response = await fetch(`${gate.url}/agents/${id}/tasks`);
  expect(response.status).toBe(504);
});

test("a caller who leaves asks for nothing more", async () => {
  await start(20);
  answer = (taskId, ...rest) => void setTimeout(() => tell(task(taskId))(taskId, ...rest), 100);
  const leaving = new AbortController();
  const listing = fetch(`${gate.url}/agents/${id}/tasks?pageSize=100`, { signal: leaving.signal });
  await expect.poll(() => asked().length).toBe(4);
  leaving.abort();
  await expect(listing).rejects.toThrow();
  await sleep(500);
  expect(asked().length).toBeLessThanOrEqual(8);
});
