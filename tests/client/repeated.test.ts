import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { AgentGateClient, textOf } from "../../packages/client/src/index.ts";
import {
  startAgent,
  startTestGateway,
  type TestAgent,
  type TestGateway,
} from "../../packages/gateway/src/testing/index.ts";
import { type BreakingProxy, startBreakingProxy } from "./breaking-proxy.ts";
import { collected } from "./uses.ts";

/** What is sent over a line that breaks, to a gateway that runs: done, and paid for, once. */

let gate: TestGateway;
let line: BreakingProxy;
let agent: TestAgent;
let buyer: AgentGateClient;
let buyerId: string;
let agentId: string;
const PRICE = 0.25;
const timing = { random: () => 0 };

beforeAll(async () => {
  gate = await startTestGateway("sqlite", { topup: "open" });
  agent = await startAgent(async ({ body }, response) => {
    await sleep(50);
    const { id, message } = JSON.parse(body);
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ id, artifacts: [{ parts: [{ text: `Echo: ${message.parts[0].text}` }] }] }));
  });
  line = await startBreakingProxy(gate.url);
  const org = await gate.createOrg("buyer");
  buyerId = org.id;
  buyer = new AgentGateClient(line.url, { apiKey: org.key, timing });
  const seller = await gate.createOrg("seller");
  const fields = { name: "priced", url: agent.url, protocol: "plain", price_per_task: PRICE, org_id: seller.id };
  agentId = (await gate.register(fields)).id;
  await gate.call("POST", `/orgs/${buyerId}/topup`, { amount: 10 });
});
afterAll(async () => {
  await line.close();
  await gate.close();
  await agent.close();
});
beforeEach(() => {
  line.sent.length = 0;
  line.breaks.length = 0;
  agent.received.length = 0;
});

const balance = async () => (await gate.call("GET", `/orgs/${buyerId}/wallet`)).body.balance as number;

test("a task whose answer is lost twice is done and paid for once, and answered", async () => {
  const before = await balance();
  line.breaks.push("after", "after");
  const answer = await buyer.sendTask(agentId, "Hello!");
  expect(textOf(answer)).toBe("Echo: Hello!");
  expect(line.sent).toHaveLength(3);
  expect(new Set(line.sent.map(({ key }) => key)).size).toBe(1);
  expect(agent.received).toHaveLength(1);
  expect(before - (await balance())).toBeCloseTo(PRICE, 6);
});

test("money whose answer is lost is added once", async () => {
  const before = await balance();
  line.breaks.push("after");
  expect(await buyer.topupOrg(buyerId, { amount: 5 })).toMatchObject({ amount_added: 5, new_balance: before + 5 });
  expect(await balance()).toBeCloseTo(before + 5, 6);
});

test("a checkout that is completed over a broken line is completed once", async () => {
  const before = await balance();
  const { session_id } = await buyer.createCheckout(agentId, "Hello!");
  line.breaks.push("after");
  const done = await buyer.completeCheckout(session_id);
  expect(done.status).toBe("completed");
  expect(before - (await balance())).toBeCloseTo(PRICE, 6);
  expect(agent.received).toHaveLength(1);
});

test("a stream that breaks before the agent says anything is made anew, and paid for once", async () => {
  const before = await balance();
  line.breaks.push("begun");
  const events = await collected(buyer.streamTask(agentId, "Hello!"));
  expect(events.map(({ type }) => type)).toEqual(["status", "result"]);
  expect(textOf(events.at(-1)!.type === "result" && (events.at(-1) as { answer: unknown }).answer)).toBe(
    "Echo: Hello!",
  );
  expect(line.sent.length).toBeGreaterThan(1);
  expect(before - (await balance())).toBeCloseTo(PRICE, 6);
});

test("what makes something anew each time is not sent again: whoever asked is told", async () => {
  const admin = new AgentGateClient(line.url, { apiKey: gate.config.apiKey, timing });
  line.breaks.push("after");
  await expect(admin.createOrg("made once")).rejects.toMatchObject({ code: "unreachable" });
  expect(line.sent).toHaveLength(1);
  expect(await admin.listOrgs({ q: "made once" })).toHaveLength(1);
});

test("what is deleted and whose answer is lost is deleted", async () => {
  const admin = new AgentGateClient(line.url, { apiKey: gate.config.apiKey, timing });
  const { id } = await admin.createOrg("gone");
  line.breaks.push("after");
  expect(await admin.deleteOrg(id)).toBe(undefined);
  await expect(admin.deleteOrg(id)).rejects.toMatchObject({ status: 404 });
});
