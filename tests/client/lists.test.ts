import { afterAll, beforeAll, expect, test } from "vitest";
import { AgentGateClient, UcpShop } from "../../packages/client/src/index.ts";
import { openStand, type Stand } from "./stand.ts";
import { collected } from "./uses.ts";

/** Every list can be gone through with `for await`, over as many pages as there are. */

let stand: Stand;
let agentId: string;
let chainIds: string[];
let month: string;
const CALLS = 7;

beforeAll(async () => {
  stand = await openStand(AgentGateClient);
  const { admin, owner, ownerId, buyer, buyerId, plain, gate } = stand;
  gate.clock.today();
  month = new Date(gate.clock.now()).toISOString().slice(0, 7);
  await admin.topupOrg(buyerId, { amount: 50 });
  const register = (name: string) =>
    admin.registerAgent(name, plain.url, { protocol: "plain", orgId: ownerId, pricePerTask: 0.25, tags: ["a", "b"] });
  const agents = [];
  for (const name of ["one", "one", "two"]) agents.push(await register(name));
  agentId = agents[0]!.id;
  for (let call = 0; call < CALLS; call++) await buyer.sendTask(agentId, "hi");
  chainIds = [];
  for (const name of ["c", "d", "e"]) chainIds.push((await owner.createChain(name, [{ agentId }])).id);
  for (const url of ["/a", "/b", "/c"])
    await owner.sendWebhookTest((await owner.createWebhookEndpoint(plain.url + url)).id);
  for (const name of ["k", "l"]) await owner.keysOf(ownerId).create(name, ["tasks:call"]);
  await admin.setAgentGrant(agentId, buyerId, "call");
  await admin.setAgentGrant(agentId, (await admin.createOrg("another")).id, "call");
  await buyer.reviewAgent(agentId, { rating: 5 });
  await admin.reviewAgent(agentId, { rating: 4 });
  for (let times = 0; times < 3; times++) {
    const made = await buyer.createCheckout(agentId, "hi");
    if (times < 2) await buyer.completeCheckout(made.session_id);
  }
  await owner.createSignInLink();
});
afterAll(() => stand.close());

const ids = (entries: readonly object[]) => entries.map((entry) => (entry as { id: string }).id);

test("lists that say in Link where they go on", async () => {
  const { admin, anonymous, owner, ownerId } = stand;
  expect(ids(await collected(anonymous.agents({ tag: "a" })))).toEqual(ids(await anonymous.listAgents({ tag: "a" })));
  expect(await collected(anonymous.foundAgents({ q: "one" }))).toHaveLength(2);
  expect(await collected(anonymous.tags())).toEqual(await anonymous.listTags());
  expect(await collected(anonymous.agentsByName("one"))).toHaveLength(2);
  expect(await collected(owner.orgAgents(ownerId))).toHaveLength(3);
  expect(ids(await collected(admin.orgs()))).toEqual(ids(await admin.listOrgs()));
  expect(ids(await collected(owner.chains()))).toEqual([...chainIds].reverse());
  expect(await collected(anonymous.ucpProducts())).toHaveLength(3);
  const agentsOf = (entries: { url: string }[]) => entries.filter(({ url }) => url.includes("/agents/"));
  expect(agentsOf(await collected(anonymous.aiCatalog()))).toHaveLength(3);
});

test("lists that name their next page", async () => {
  const { admin, owner, ownerId, buyer, buyerId, anonymous } = stand;
  expect(await collected(admin.agentGrants(agentId))).toHaveLength(2);
  expect(await collected(admin.approvals())).toEqual([]);
  expect(await collected(owner.keysOf(ownerId).all())).toEqual(await owner.keysOf(ownerId).list());
  expect(await collected(owner.sessions())).toEqual([]);
  expect((await collected(buyer.entries(buyerId))).length).toBe(CALLS + 3);
  expect(await collected(buyer.holds(buyerId))).toEqual([]);
  expect(await collected(buyer.checkouts(buyerId))).toHaveLength(3);
  expect(await collected(buyer.orders(buyerId))).toHaveLength(2);
  expect(await collected(owner.webhookEndpoints())).toHaveLength(3);
  expect(await collected(owner.webhookDeliveries({ event: "webhook.test" }))).toHaveLength(3);
  expect((await collected(admin.audit({ action: "chain." }))).length).toBe(3);
  expect((await collected(owner.audit({ orgId: ownerId, action: "chain." }))).length).toBe(3);
  expect((await collected(owner.logs.all({ agentIds: [agentId], limit: 2 }))).length).toBeGreaterThanOrEqual(CALLS);
  expect((await collected(owner.agentLogs(agentId))).length).toBeGreaterThanOrEqual(CALLS);
  expect(await collected(owner.tasks())).toEqual([]);
  expect((await collected(buyer.statementLines(buyerId, month))).length).toBe(CALLS + 3);
  expect(await collected(new UcpShop(anonymous).products({ query: "one" }))).toHaveLength(2);
});

test("lists that are counted off", async () => {
  const { buyer, buyerId, anonymous } = stand;
  expect(await collected(buyer.transactions(buyerId, { role: "payer" }))).toHaveLength(CALLS + 2);
  expect(await collected(anonymous.reviews(agentId))).toHaveLength(2);
});

test("an export comes in pieces that are one text", async () => {
  const csv = (await collected(stand.buyer.exportOrgStatement(stand.buyerId, month))).join("");
  expect(csv.trim().split("\n").length).toBeGreaterThan(CALLS);
  const lines = (await collected(stand.admin.exportAudit("ndjson", { action: "chain." }))).join("").trim().split("\n");
  expect(lines.map((line) => JSON.parse(line).action)).toEqual(["chain.created", "chain.created", "chain.created"]);
  const calls = (await collected(stand.owner.logs.export("ndjson", { agentIds: [agentId] }))).join("").trim();
  expect(calls.split("\n").length).toBeGreaterThanOrEqual(CALLS);
});

test("a loop that is left asks for no more", async () => {
  const before = stand.exchanges.length;
  for await (const _ of stand.buyer.transactions(stand.buyerId)) break;
  expect(stand.exchanges.length).toBe(before + 1);
});
