import { SOON_MS } from "@agentgate/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startAgent, startTestGateway, type TestAgent, type TestGateway } from "../../testing/index.ts";
import { mcpCalls } from "../testing/mcp-calls.ts";

/** Answers that are passed on as they are over HTTP are built for MCP: what would hold up everybody is not. */

let gate: TestGateway;
let agent: TestAgent;
const many = `[${"{},".repeat(200_001)}{}]`;
beforeAll(async () => {
  gate = await startTestGateway();
  agent = await startAgent((_, response) => {
    response.writeHead(200, { "content-type": "application/json" });
    response.end(many);
  });
});
afterAll(async () => {
  await gate.close();
  await agent.close();
});
const { call } = mcpCalls(() => gate.url);

test("an answer of many small pieces has failed, and costs nothing", async () => {
  const payer = await gate.createOrg("payer");
  const owner = await gate.createOrg("owner");
  await gate.call("POST", `/orgs/${payer.id}/topup`, { amount: 1 });
  const { id } = await gate.register({ name: "Many", url: agent.url, price_per_task: 0.5 }, owner.key);
  const { frame } = await call(
    `/agents/${id}/mcp`,
    "tools/call",
    { name: "ask", arguments: { message: "hi" } },
    { key: payer.key },
  );
  expect(frame.result.isError).toBe(true);
  expect(frame.result.content[0].text).toContain("more than 200000 elements");
  const available = async () => (await gate.call("GET", `/orgs/${payer.id}/wallet`)).body.available;
  await expect.poll(available, { timeout: SOON_MS }).toBe(1);
});
