import { request as httpRequest } from "node:http";
import { expect, test } from "vitest";
import { startTestGateway } from "../testing/index.ts";
import { rpcResult, startRawAgent } from "./testing/raw-agent.ts";

const STREAMS = 2_000;
const WAVE = 250;

/** A repeatable choice of who leaves, and when. */
const leavesAfter = (index: number): number | undefined => ((index * 7919) % 3 === 0 ? (index * 31) % 40 : undefined);

test("2,000 streams whose readers come and go: no socket is left, every hold is resolved", {
  timeout: 90_000,
}, async () => {
  const states = new Map<string, string>();
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
    setTimeout(() => {
      states.set(taskId, "TASK_STATE_COMPLETED");
      const done = `{"statusUpdate":{"taskId":"${taskId}","contextId":"","status":{"state":"TASK_STATE_COMPLETED"}}}`;
      response.end(`data: ${rpcResult(id, done)}\n\n`);
    }, 60);
  });
  const gate = await startTestGateway("sqlite", { streamTimeoutMs: 30_000 });
  const card_url = `${agent.url}/.well-known/agent-card.json`;
  const { id } = await gate.register({ card_url, price_per_task: 1 });
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

  let finished = 0;
  for (let start = 0; start < STREAMS; start += WAVE) {
    const wave = Array.from({ length: WAVE }, (_, offset) => stream(start + offset));
    finished += (await Promise.all(wave)).filter(Boolean).length;
  }
  const stayed = Array.from({ length: STREAMS }, (_, index) => leavesAfter(index)).filter(
    (after) => after === undefined,
  );
  expect(finished).toBeGreaterThanOrEqual(stayed.length);
  await expect.poll(() => open, { timeout: 5_000 }).toBe(0);
  await expect.poll(held, { timeout: 20_000 }).toBe(0);
  await gate.close();
  expect(await agent.connections()).toBe(0);
  await agent.close();
});
