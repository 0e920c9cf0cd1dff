import { request as httpRequest } from "node:http";
import { expect, test } from "vitest";
import { startTestGateway } from "../testing/index.ts";
import { rpcResult, startRawAgent } from "./testing/raw-agent.ts";

const STREAMS = 2_000;
/** What all of it may take beside what the process holds anyway: gateway, agent and clients share it. */
const GROWTH_BYTES_MAX = 400 * 2 ** 20;

/** A repeatable choice of who leaves, and when: before the stream begins, in its midst, about its end. */
const leavesAfter = (index: number): number | undefined =>
  (index * 7919) % 3 === 0 ? (index * 31) % 6_000 : undefined;
const staying = Array.from({ length: STREAMS }, (_, index) => leavesAfter(index)).filter(
  (ms) => ms === undefined,
).length;

test("2,000 streams at once whose readers leave at random: no socket is left, every hold is resolved", {
  timeout: 90_000,
}, async () => {
  const states = new Map<string, string>();
  const endings: (() => void)[] = [];
  let open = 0;
  const agent = await startRawAgent(({ body }, response) => {
    const { method, params, id } = body;
    if (method === "GetTask") {
      response.setHeader("content-type", "application/json");
      response.end(rpcResult(id, `{"id":"${params.id}","status":{"state":"${states.get(params.id)}"}}`));
      return;
    }
    const taskId = `task-${states.size}`;
    states.set(taskId, "TASK_STATE_WORKING");
    open++;
    response.on("close", () => open--);
    response.setHeader("content-type", "text/event-stream");
    response.write(`data: ${rpcResult(id, `{"task":{"id":"${taskId}","status":{"state":"TASK_STATE_WORKING"}}}`)}\n\n`);
    endings.push(() => {
      states.set(taskId, "TASK_STATE_COMPLETED");
      const done = `{"statusUpdate":{"taskId":"${taskId}","contextId":"","status":{"state":"TASK_STATE_COMPLETED"}}}`;
      response.end(`data: ${rpcResult(id, done)}\n\n`);
    });
  });
  const gate = await startTestGateway("sqlite", { streamTimeoutMs: 60_000 });
  const { id } = await gate.register({ url: agent.url, price_per_task: 1 });
  const payer = await gate.createOrg("payer", { rate_limit: 1e6, rate_burst: 1e6 });
  await gate.call("POST", `/orgs/${payer.id}/topup`, { amount: STREAMS });
  const held = async () => (await gate.call("GET", `/orgs/${payer.id}/wallet`)).body.held as number;
  const headers = { authorization: `Bearer ${payer.key}`, "content-type": "application/json", "a2a-version": "1.0" };
  const body = JSON.stringify({ message: { messageId: "m", role: "ROLE_USER", parts: [{ text: "go" }] } });

  const stream = (index: number): Promise<boolean> =>
    new Promise((resolve) => {
      const request = httpRequest(`${gate.url}/agents/${id}/message:stream`, { method: "POST", headers, agent: false });
      let text = "";
      request.on("response", (response) => {
        response.on("data", (chunk) => {
          text += chunk;
        });
        response.on("end", () => resolve(text.includes("COMPLETED")));
        response.on("error", () => resolve(false));
      });
      request.on("error", () => resolve(false));
      request.end(body);
      const after = leavesAfter(index);
      if (after !== undefined) setTimeout(() => request.destroy(), after);
    });

  const before = process.memoryUsage.rss();
  let most = before;
  const streams = Array.from({ length: STREAMS }, (_, index) => stream(index));
  await expect
    .poll(
      () => {
        most = Math.max(most, process.memoryUsage.rss());
        return open;
      },
      { timeout: 60_000 },
    )
    .toBeGreaterThanOrEqual(staying);
  for (const end of endings) end();
  const late = setInterval(() => {
    for (const end of endings.splice(0)) end();
  }, 100);
  const finished = (await Promise.all(streams)).filter(Boolean).length;
  clearInterval(late);
  expect(finished).toBeGreaterThanOrEqual(staying);
  expect(most - before).toBeLessThan(GROWTH_BYTES_MAX);
  await expect.poll(() => open, { timeout: 5_000 }).toBe(0);
  await expect.poll(held, { timeout: 30_000 }).toBe(0);
  await gate.close();
  await expect.poll(() => agent.connections(), { timeout: 10_000 }).toBe(0);
  await agent.close();
});
