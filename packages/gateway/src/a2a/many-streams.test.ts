import { type ClientRequest, request as httpRequest } from "node:http";
import { expect, test } from "vitest";
import { startTestGateway } from "../testing/index.ts";
import { rpcResult, startRawAgent } from "./testing/raw-agent.ts";

const STREAMS = 2_000;
/** Clients, gateway and agent share one thread: with all of them at the door at once it would be late for its own time limits. */
const OPENING_AT_ONCE = 200;
/** What all of it may take beside what the process holds anyway: gateway, agent and clients share it. */
const GROWTH_BYTES_MAX = 400 * 2 ** 20;
/** Nothing here waits for a moment; this is only when to give up. */
const PATIENCE = { timeout: 120_000, interval: 50 };

/** When a reader leaves: before the stream begins, in its midst, at the moment it ends, or never. A repeatable choice. */
const plans = ["before", "midst", "end", "never", "never", "never"] as const;
type Plan = (typeof plans)[number];
const planOf = (index: number): Plan => plans[(index * 7919) % plans.length]!;
const stayingAmong = (streams: number) =>
  Array.from({ length: streams }, (_, index) => planOf(index)).filter((plan) => plan === "end" || plan === "never")
    .length;
const staying = stayingAmong(STREAMS);

test("2,000 streams at once whose readers leave at random: no socket is left, every hold is resolved", {
  timeout: 400_000,
}, async () => {
  const states = new Map<string, string>();
  const endings: (() => void)[] = [];
  let open = 0;
  let ending = false;
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
    const end = () => {
      states.set(taskId, "TASK_STATE_COMPLETED");
      const done = `{"statusUpdate":{"taskId":"${taskId}","contextId":"","status":{"state":"TASK_STATE_COMPLETED"}}}`;
      response.end(`data: ${rpcResult(id, done)}\n\n`);
    };
    // One whose reader left before it began may come as late as it likes.
    if (ending) end();
    else endings.push(end);
  });
  const gate = await startTestGateway("sqlite", { streamTimeoutMs: 300_000 });
  const { id } = await gate.register({ url: agent.url, price_per_task: 1 });
  const payer = await gate.createOrg("payer", { rate_limit: 1e6, rate_burst: 1e6 });
  await gate.call("POST", `/orgs/${payer.id}/topup`, { amount: STREAMS });
  const held = async () => (await gate.call("GET", `/orgs/${payer.id}/wallet`)).body.held as number;
  const headers = { authorization: `Bearer ${payer.key}`, "content-type": "application/json", "a2a-version": "1.0" };
  const body = JSON.stringify({ message: { messageId: "m", role: "ROLE_USER", parts: [{ text: "go" }] } });

  const leavingAtTheEnd: ClientRequest[] = [];
  let begun = 0;
  /** Resolves with whether the reader saw the task's end, once it reads no more. */
  const stream = (index: number): Promise<boolean> =>
    new Promise((resolve) => {
      const plan = planOf(index);
      const request = httpRequest(`${gate.url}/agents/${id}/message:stream`, { method: "POST", headers, agent: false });
      let text = "";
      request.on("response", (response) => {
        response.once("data", () => {
          if (plan === "midst") request.destroy();
          else if (plan !== "before") begun++;
        });
        response.on("data", (chunk) => {
          text += chunk;
        });
        response.on("end", () => resolve(text.includes("COMPLETED")));
        response.on("error", () => resolve(false));
      });
      request.on("error", () => resolve(false));
      // Some leave before the gateway has called the agent, some while it does so.
      if (plan === "before") request.on("finish", () => setTimeout(() => request.destroy(), index % 20));
      if (plan === "end") leavingAtTheEnd.push(request);
      request.end(body);
    });

  const before = process.memoryUsage.rss();
  let most = before;
  const streams: Promise<boolean>[] = [];
  while (streams.length < STREAMS) {
    for (let more = 0; more < OPENING_AT_ONCE; more++) streams.push(stream(streams.length));
    await expect.poll(() => begun, PATIENCE).toBe(stayingAmong(streams.length));
    most = Math.max(most, process.memoryUsage.rss());
  }
  // Whoever has left took the gateway's connection to the agent along: only streams with a reader are open there.
  await expect.poll(() => open, PATIENCE).toBe(staying);

  ending = true;
  for (const end of endings) end();
  for (const request of leavingAtTheEnd) request.destroy();
  const finished = (await Promise.all(streams)).filter(Boolean).length;
  most = Math.max(most, process.memoryUsage.rss());
  expect(finished).toBeGreaterThanOrEqual(staying - leavingAtTheEnd.length);
  expect(most - before).toBeLessThan(GROWTH_BYTES_MAX);
  await expect.poll(() => open, PATIENCE).toBe(0);
  await expect.poll(held, PATIENCE).toBe(0);

  // While the gateway still runs: no call is left, and the connections kept for further calls go by themselves.
  await expect.poll(() => agent.connections(), PATIENCE).toBe(0);
  await gate.close();
  await agent.close();
});
