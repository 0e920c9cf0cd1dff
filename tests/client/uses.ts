import { A2aAgent, type AgentGateClient, type ApiKeys, UcpShop } from "../../packages/client/src/index.ts";
import { tarGz } from "../../packages/gateway/src/deploy/testing/tar.ts";
import type { Stand } from "./stand.ts";

/** Makes an operation by its method, in earnest: what it needs first, then the call. */
export type Use = (stand: Stand) => Promise<unknown>;

/** The first thing that a loop would be given; leaves it. */
export async function first<T>(items: AsyncIterable<T>): Promise<T | undefined> {
  for await (const item of items) return item;
  return undefined;
}

export async function collected<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

const CREDENTIAL = { type: "bearer", token: "secret" } as const;
const NEXT_MONTH = () => new Date(Date.now() + 30 * 86_400_000);

const agentOf = (stand: Stand, fields: Parameters<AgentGateClient["registerAgent"]>[2] = {}) =>
  stand.admin.registerAgent(stand.name(), stand.plain.url, { protocol: "plain", ...fields });
const ownedBy = (stand: Stand, fields: object = {}) => agentOf(stand, { orgId: stand.ownerId, ...fields });
const spoken = (stand: Stand) =>
  stand.admin.registerAgentByCard(`${stand.a2a.url}/.well-known/agent-card.json`, { name: stand.name() });
const pricedOf = (stand: Stand) => ownedBy(stand, { pricePerTask: 0.25 });
/** The buyer's, after a call of an agent that the owner has. */
async function called(stand: Stand) {
  const agent = await ownedBy(stand);
  await stand.buyer.sendTask(agent.id, "hi");
  return agent;
}
async function paid(stand: Stand) {
  await stand.admin.topupOrg(stand.buyerId, 5);
  const agent = await pricedOf(stand);
  await stand.buyer.sendTask(agent.id, "hi");
  return agent;
}
const shop = (client: AgentGateClient) => new UcpShop(client);

const asking = async (stand: Stand) => {
  const agent = new A2aAgent(stand.owner, (await spoken(stand)).id);
  const { task } = await agent.sendMessage("hi");
  return { agent, taskId: task!.id };
};
const chainOf = async (stand: Stand) => stand.owner.createChain(stand.name(), [{ agentId: (await ownedBy(stand)).id }]);
const endpointOf = (stand: Stand) =>
  stand.owner.createWebhookEndpoint(`${stand.plain.url}/hook`, { events: ["task.failed"] });
/** An endpoint's delivery. */
const deliveryOf = async (stand: Stand) => {
  const endpoint = await endpointOf(stand);
  return { endpoint, delivery: await stand.owner.sendWebhookTest(endpoint.id) };
};
const deploymentOf = (stand: Stand) => {
  const yaml = `name: ${stand.name().replace(" ", "-")}\nurl: ${stand.plain.url}\nprotocol: plain\n`;
  return stand.owner.deployAgent(new Blob([tarGz({ name: "agent/agentgate.yaml", content: yaml })]), { version: "2" });
};
/** An agent of the owner's that waits for approval. */
const waiting = async (stand: Stand) => {
  const { id } = await stand.owner.registerAgent(stand.name(), stand.plain.url, { protocol: "plain" });
  const { pending } = await stand.admin.getAgent(id);
  return { id, version: pending!.version };
};
/** What the agent is to do stands under the gateway's extension, which is called after its host. */
const lineOf = (id: string) => ({
  ...{ item: { id }, quantity: 1 },
  "local.agentgate.agent_task": { message: { role: "ROLE_USER", parts: [{ text: "hi" }] } },
});
const cartOf = async (stand: Stand) => {
  await stand.admin.topupOrg(stand.buyerId, 5);
  const { id } = await pricedOf(stand);
  const found = await shop(stand.buyer).getProduct(`agent_${id}`);
  if (!("product" in found)) throw new Error(JSON.stringify(found));
  const [variant] = found.product.variants;
  return shop(stand.buyer).createCheckout({ line_items: [lineOf(variant!.id)] });
};
const openCart = async (stand: Stand) => {
  const made = await cartOf(stand);
  if (!("payment" in made)) throw new Error(JSON.stringify(made));
  return made;
};
const ordered = async (stand: Stand) => {
  const made = await openCart(stand);
  const done = await shop(stand.buyer).completeCheckout(made.id, made.payment!.instruments);
  if (!("order" in done)) throw new Error(JSON.stringify(done));
  return { checkout: done, orderId: done.order!.id };
};
const boughtAsTheGuideHasIt = async (stand: Stand) => {
  await stand.admin.topupOrg(stand.buyerId, 5);
  return stand.buyer.createCheckout((await pricedOf(stand)).id, "hi");
};

const keyUses = (name: string, keysOf: (stand: Stand) => ApiKeys): Record<string, Use> => {
  const made = async (stand: Stand) => (await keysOf(stand).create(stand.name(), ["tasks:call"], { rateLimit: 5 })).id;
  return {
    [`create${name}`]: (stand) => keysOf(stand).create(stand.name(), ["tasks:call"], { expiresIn: 86_400 }),
    [`list${name}s`]: (stand) => keysOf(stand).list(),
    [`get${name}`]: async (stand) => keysOf(stand).get(await made(stand)),
    [`update${name}`]: async (stand) => keysOf(stand).update(await made(stand), { rateLimit: null }),
    [`delete${name}`]: async (stand) => keysOf(stand).delete(await made(stand)),
    [`rotate${name}`]: async (stand) => keysOf(stand).rotate(await made(stand), 60),
    [`disable${name}`]: async (stand) => keysOf(stand).disable(await made(stand)),
    [`enable${name}`]: async (stand) => {
      const id = await made(stand);
      await keysOf(stand).disable(id);
      return keysOf(stand).enable(id);
    },
  };
};

export const uses: Record<string, Use> = {
  registerAgent: (stand) =>
    agentOf(stand, { skills: [{ id: "echo", name: "Echo" }], tags: ["demo"], agentApiKey: "k" }),
  listAgents: async (stand) => {
    await agentOf(stand, { tags: ["listed"] });
    return stand.anonymous.listAgents({ tag: "listed", limit: 1 });
  },
  listTags: ({ anonymous }) => anonymous.listTags(),
  searchAgents: ({ anonymous }) =>
    anonymous.searchAgents({ q: "thing", sort: "rating", facets: true, priceMax: 1, limit: 1 }),
  getAgentsByName: async (stand) => stand.anonymous.getAgentsByName((await agentOf(stand)).name, { version: "1.0.0" }),
  getLatestAgent: async (stand) => stand.anonymous.getLatestAgent((await agentOf(stand)).name),
  getAgent: async (stand) => stand.anonymous.getAgent((await agentOf(stand)).id),
  updateAgent: async (stand) => stand.admin.updateAgent((await agentOf(stand)).id, { pricePerTask: 0.5, tags: [] }),
  refreshAgent: async (stand) => stand.admin.refreshAgent((await spoken(stand)).id, { dryRun: true }),
  deleteAgent: async (stand) => stand.admin.deleteAgent((await agentOf(stand)).id),
  previewAgent: ({ admin, a2a }) => admin.previewAgent(a2a.url),
  rotateAgentWebhookSecret: async (stand) => {
    const { id } = await agentOf(stand, { webhookUrl: `${stand.plain.url}/hook` });
    return stand.admin.rotateAgentWebhookSecret(id);
  },
  setAgentGrant: async (stand) =>
    stand.admin.setAgentGrant((await agentOf(stand)).id, stand.buyerId, "call", {
      price: 0.1,
      expiresAt: NEXT_MONTH(),
    }),
  getAgentGrant: async (stand) => {
    const { id } = await agentOf(stand);
    await stand.admin.setAgentGrant(id, stand.buyerId, "discover");
    return stand.admin.getAgentGrant(id, stand.buyerId);
  },
  listAgentSkills: async (stand) => stand.admin.listAgentSkills((await agentOf(stand)).id, { limit: 5 }),
  listAgentGrants: async (stand) => {
    const { id } = await agentOf(stand);
    await stand.admin.setAgentGrant(id, stand.buyerId, "discover");
    return stand.admin.listAgentGrants(id, { limit: 5 });
  },
  deleteAgentGrant: async (stand) => {
    const { id } = await agentOf(stand);
    await stand.admin.setAgentGrant(id, stand.buyerId, "discover");
    return stand.admin.deleteAgentGrant(id, stand.buyerId);
  },
  setAgentCredential: async (stand) => stand.admin.setAgentCredential((await agentOf(stand)).id, CREDENTIAL),
  getAgentCredential: async (stand) => {
    const { id } = await agentOf(stand);
    await stand.admin.setAgentCredential(id, CREDENTIAL);
    return stand.admin.getAgentCredential(id);
  },
  deleteAgentCredential: async (stand) => {
    const { id } = await agentOf(stand);
    await stand.admin.setAgentCredential(id, CREDENTIAL);
    return stand.admin.deleteAgentCredential(id);
  },
  listApprovals: async (stand) => {
    await waiting(stand);
    return stand.admin.listApprovals({ state: "pending", kind: "agent", limit: 5 });
  },
  approveAgent: async (stand) => {
    const { id, version } = await waiting(stand);
    return stand.admin.approveAgent(id, version, "fine");
  },
  rejectAgent: async (stand) => {
    const { id, version } = await waiting(stand);
    return stand.admin.rejectAgent(id, "no", version);
  },
  suspendAgent: async (stand) => stand.admin.suspendAgent((await agentOf(stand)).id, "it leaks"),
  resumeAgent: async (stand) => {
    const { id } = await agentOf(stand);
    await stand.admin.suspendAgent(id, "it leaks");
    return stand.admin.resumeAgent(id, "mended");
  },
  reviewAgent: async (stand) => stand.buyer.reviewAgent((await called(stand)).id, { rating: 4, comment: "good" }),
  listReviews: async (stand) => {
    const { id } = await called(stand);
    await stand.buyer.reviewAgent(id, { rating: 4 });
    return stand.anonymous.listReviews(id, { limit: 1 });
  },
  getReviewStats: async (stand) => stand.anonymous.getReviewStats((await agentOf(stand)).id),
  getAgentCard: async (stand) => stand.anonymous.getAgentCard((await agentOf(stand)).id, { version: "1.0" }),
  getUpstreamAgentCard: async (stand) => stand.anonymous.getUpstreamAgentCard((await spoken(stand)).id),
  getCardSigningKeys: ({ anonymous }) => anonymous.getCardSigningKeys(),
  getAgentHealth: async (stand) => stand.anonymous.getAgentHealth((await agentOf(stand)).id),
  checkAgentHealth: async (stand) => stand.admin.checkAgentHealth((await agentOf(stand)).id),
  getAgentsHealth: ({ anonymous }) => anonymous.agentsHealth(),
  getAgentStats: async (stand) => stand.anonymous.stats.agent((await agentOf(stand)).id, { days: 7 }),

  sendTask: async (stand) => stand.anonymous.sendTask((await agentOf(stand)).id, "Hello!"),
  streamTask: async (stand) => collected(stand.anonymous.streamTask((await agentOf(stand)).id, "Hello!")),
  callJsonRpc: async (stand) =>
    (await asking(stand)).agent.callJsonRpc("GetTask", { id: (await asking(stand)).taskId }),
  sendMessage: async (stand) =>
    new A2aAgent(stand.owner, (await spoken(stand)).id).sendMessage("hi", { historyLength: 1 }),
  streamMessage: async (stand) => collected(new A2aAgent(stand.owner, (await spoken(stand)).id).streamMessage("hi")),
  listTasks: async (stand) => (await asking(stand)).agent.listTasks({ pageSize: 5, includeArtifacts: true }),
  getTask: async (stand) => {
    const { agent, taskId } = await asking(stand);
    return agent.getTask(taskId, { historyLength: 0 });
  },
  cancelTask: async (stand) => {
    const { agent, taskId } = await asking(stand);
    return agent.cancelTask(taskId);
  },
  subscribeToTask: async (stand) => {
    const { agent, taskId } = await asking(stand);
    return collected(agent.subscribeToTask(taskId));
  },
  createPushNotificationConfig: async (stand) => {
    const { agent, taskId } = await asking(stand);
    return agent.createPushConfig(taskId, { id: "p", url: `${stand.plain.url}/hook` });
  },
  listPushNotificationConfigs: async (stand) => {
    const { agent, taskId } = await asking(stand);
    await agent.createPushConfig(taskId, { id: "p", url: `${stand.plain.url}/hook` });
    return agent.listPushConfigs(taskId);
  },
  getPushNotificationConfig: async (stand) => {
    const { agent, taskId } = await asking(stand);
    await agent.createPushConfig(taskId, { id: "p", url: `${stand.plain.url}/hook` });
    return agent.getPushConfig(taskId, "p");
  },
  deletePushNotificationConfig: async (stand) => {
    const { agent, taskId } = await asking(stand);
    await agent.createPushConfig(taskId, { id: "p", url: `${stand.plain.url}/hook` });
    return agent.deletePushConfig(taskId, "p");
  },
  getExtendedAgentCard: async (stand) => new A2aAgent(stand.owner, (await spoken(stand)).id).getExtendedCard(),
  listKnownTasks: async (stand) => {
    await asking(stand);
    return stand.owner.listTasks({ role: "payer", states: ["TASK_STATE_INPUT_REQUIRED"], limit: 5 });
  },

  createOrg: (stand) =>
    stand.admin.createOrg(stand.name(), { rateLimit: 50, rateBurst: 100, costPerInvocation: 0.002 }),
  listOrgs: ({ admin }) => admin.listOrgs({ q: "own", limit: 1 }),
  getMyOrg: ({ owner }) => owner.getMyOrg(),
  getOrg: ({ owner, ownerId }) => owner.getOrg(ownerId),
  updateOrg: ({ owner, ownerId }) => owner.updateOrg(ownerId, { billingAlertThreshold: 100, walletLowThreshold: 1 }),
  deleteOrg: async (stand) => stand.admin.deleteOrg((await stand.admin.createOrg(stand.name())).id, { force: true }),
  listOrgAgents: async (stand) => {
    await ownedBy(stand);
    return stand.owner.listOrgAgents(stand.ownerId);
  },
  rotateKey: async (stand) => {
    const org = await stand.admin.createOrg(stand.name());
    return stand.clientFor(org.api_key!).rotateKey(org.id);
  },
  confirmRotation: async (stand) => {
    const org = await stand.admin.createOrg(stand.name());
    const { new_api_key } = await stand.clientFor(org.api_key!).rotateKey(org.id);
    return stand.clientFor(new_api_key).confirmRotation(org.id);
  },
  listOrgLimits: async (stand) => {
    await called(stand);
    return stand.buyer.listOrgLimits(stand.buyerId);
  },
  ...keyUses("OrgKey", ({ owner, ownerId }) => owner.keysOf(ownerId)),
  ...keyUses("AdminKey", ({ admin }) => admin.keysOf(null)),
  getMe: ({ owner }) => owner.me(),
  createSignInLink: ({ owner }) => owner.createSignInLink(),
  listSessions: async (stand) => {
    await signIn(stand);
    return stand.owner.listSessions({ limit: 5 });
  },
  deleteListedSession: async (stand) => {
    await signIn(stand);
    const { entries } = await stand.owner.listSessions();
    return stand.owner.endSession(entries[0]!.id);
  },
  deleteSessions: ({ owner }) => owner.endSessions(),

  getToolset: ({ owner, ownerId }) => owner.getToolset(ownerId),
  updateToolset: async (stand) =>
    stand.owner.updateToolset(stand.ownerId, [{ agent: (await ownedBy(stand)).id, tools: null }]),

  deleteToolset: ({ owner, ownerId }) => owner.deleteToolset(ownerId),

  getOrgWallet: ({ owner, ownerId }) => owner.getOrgWallet(ownerId),
  topupOrg: ({ buyer, buyerId }) => buyer.topupOrg(buyerId, { amount: 50 }),
  changeOrgTier: async (stand) => {
    const org = await stand.admin.createOrg(stand.name());
    return stand.clientFor(org.api_key!).changeOrgTier(org.id, "pro");
  },
  listOrgTransactions: async (stand) => {
    await paid(stand);
    return stand.buyer.listOrgTransactions(stand.buyerId, { role: "payer", limit: 1 });
  },
  getOrgTransactionSummary: ({ buyer, buyerId }) => buyer.getOrgTransactionSummary(buyerId),
  listOrgEntries: async (stand) => {
    await paid(stand);
    return stand.buyer.listOrgEntries(stand.buyerId, { limit: 1 });
  },
  listOrgHolds: ({ buyer, buyerId }) => buyer.listOrgHolds(buyerId),
  getOrgBilling: ({ owner, ownerId }) => owner.getOrgBilling(ownerId),
  getOrgBillingBreakdown: async (stand) => {
    await called(stand);
    return stand.owner.getOrgBillingBreakdown(stand.ownerId);
  },
  getOrgStatement: async (stand) => {
    await paid(stand);
    const month = new Date(stand.gate.clock.now()).toISOString().slice(0, 7);
    return stand.buyer.getOrgStatement(stand.buyerId, month, { limit: 1 });
  },
  listAudit: ({ admin }) => admin.listAudit({ limit: 1 }),
  listOrgAudit: async (stand) => {
    await endpointOf(stand);
    return stand.owner.listOrgAudit(stand.ownerId, { action: "webhook.", limit: 1 });
  },
  getLedgerState: ({ admin }) => admin.getLedgerState(),
  verifyLedger: ({ admin }) => admin.verifyLedger(),

  listLogs: async (stand) => {
    const { id } = await called(stand);
    return stand.owner.logs.list({ agentIds: [id], status: "success", limit: 1 });
  },
  getLog: async (stand) => {
    const { id } = await called(stand);
    const { entries } = await stand.owner.logs.list({ agentIds: [id] });
    return stand.owner.logs.get(entries[0]!.id);
  },
  getLogHistogram: ({ owner }) => owner.logs.histogram(),
  getLogFacets: ({ owner }) => owner.logs.facets(),
  getAgentLogs: async (stand) => stand.owner.getAgentLogs((await called(stand)).id, { limit: 1 }),
  getAgentUsage: async (stand) => stand.owner.getAgentUsage((await called(stand)).id),
  getAgentUsageBreakdown: async (stand) =>
    stand.owner.getAgentUsageBreakdown((await called(stand)).id, { period: "month", days: 90 }),
  getStatsSeries: ({ owner }) => owner.stats.series({ by: "agent", compare: true }),
  getStatsTop: ({ owner }) => owner.stats.top("agent", { limit: 5 }),
  getPublicStats: ({ anonymous }) => anonymous.stats.public(),
  listEvents: ({ owner }) => first(owner.followEvents({ topics: ["logs", "wallet"] })),

  createWebhookEndpoint: (stand) => endpointOf(stand),
  listWebhookEndpoints: async (stand) => {
    await endpointOf(stand);
    return stand.owner.listWebhookEndpoints();
  },
  getWebhookEndpoint: async (stand) => stand.owner.getWebhookEndpoint((await endpointOf(stand)).id),
  updateWebhookEndpoint: async (stand) =>
    stand.owner.updateWebhookEndpoint((await endpointOf(stand)).id, { description: "mine", status: "enabled" }),
  deleteWebhookEndpoint: async (stand) => stand.owner.deleteWebhookEndpoint((await endpointOf(stand)).id),
  rotateWebhookSecret: async (stand) => stand.owner.rotateWebhookSecret((await endpointOf(stand)).id),
  sendWebhookTest: async (stand) => (await deliveryOf(stand)).delivery,
  listWebhookDeliveries: async (stand) => {
    const { endpoint } = await deliveryOf(stand);
    return stand.owner.listWebhookDeliveries({ endpointId: endpoint.id, limit: 5 });
  },
  getWebhookDelivery: async (stand) => stand.owner.getWebhookDelivery((await deliveryOf(stand)).delivery.id),
  sendWebhookAgain: async (stand) => stand.owner.sendWebhookAgain((await deliveryOf(stand)).delivery.id),
  sendWebhooksAgain: async (stand) => {
    const { endpoint } = await deliveryOf(stand);
    return stand.owner.sendWebhooksAgain(endpoint.id, { from: "2026-01-01T00:00:00Z", status: "delivered" });
  },

  createChain: (stand) => chainOf(stand),
  listChains: async (stand) => {
    await chainOf(stand);
    return stand.owner.listChains({ limit: 1 });
  },
  getChain: async (stand) => stand.owner.getChain((await chainOf(stand)).id),
  updateChain: async (stand) => stand.owner.updateChain((await chainOf(stand)).id, { description: "better" }),
  deleteChain: async (stand) => stand.owner.deleteChain((await chainOf(stand)).id),
  runChain: async (stand) => stand.owner.runChain((await chainOf(stand)).id, "hi"),
  streamChainRun: async (stand) => collected(stand.owner.streamChain((await chainOf(stand)).id, "hi")),

  deployAgent: (stand) => deploymentOf(stand),
  getDeployment: async (stand) => stand.owner.getDeployment((await deploymentOf(stand)).id),
  getDeploymentLogs: async (stand) => stand.owner.getDeploymentLogs((await deploymentOf(stand)).id, { tail: 5 }),
  undeployAgent: async (stand) => stand.owner.undeployAgent((await deploymentOf(stand)).id),
  listDeploymentSecrets: async (stand) => stand.owner.listDeploymentSecrets((await deploymentOf(stand)).id),
  setDeploymentSecrets: async (stand) =>
    stand.owner.setDeploymentSecrets((await deploymentOf(stand)).id, { TOKEN: "secret" }),

  listUcpProducts: async (stand) => {
    await pricedOf(stand);
    return stand.anonymous.getUcpCatalog();
  },
  createCheckout: (stand) => boughtAsTheGuideHasIt(stand),
  getCheckout: async (stand) => stand.buyer.getCheckout((await boughtAsTheGuideHasIt(stand)).session_id),
  completeCheckout: async (stand) => stand.buyer.completeCheckout((await boughtAsTheGuideHasIt(stand)).session_id),
  listOrgCheckouts: async (stand) => {
    await boughtAsTheGuideHasIt(stand);
    return stand.buyer.listOrgCheckouts(stand.buyerId, { limit: 1 });
  },
  getOrgCheckout: async (stand) =>
    stand.buyer.getOrgCheckout(stand.buyerId, (await boughtAsTheGuideHasIt(stand)).session_id),
  cancelOrgCheckout: async (stand) =>
    stand.buyer.cancelOrgCheckout(stand.buyerId, (await boughtAsTheGuideHasIt(stand)).session_id),
  listOrgOrders: async (stand) => {
    await ordered(stand);
    return stand.buyer.listOrgOrders(stand.buyerId, { limit: 1 });
  },
  getOrgOrder: async (stand) => stand.buyer.getOrgOrder(stand.buyerId, (await ordered(stand)).orderId),
  getUcpProfile: ({ anonymous }) => anonymous.getUcpProfile(),
  getUcpVersionProfile: async ({ anonymous }) => {
    const { ucp } = await anonymous.getUcpProfile();
    return shop(anonymous).getProfile({ release: ucp.version });
  },
  getUcpSchema: ({ anonymous }) => shop(anonymous).getSchema("wallet.json"),
  getUcpPage: ({ anonymous }) => shop(anonymous).getPage("wallet"),
  rotateUcpKeys: ({ admin }) => shop(admin).rotateKeys(),
  searchCatalog: async (stand) => {
    await pricedOf(stand);
    return shop(stand.anonymous).searchCatalog({ query: "thing", filters: { price: { max: 500 } }, limit: 2 });
  },
  findProducts: async (stand) => shop(stand.anonymous).findProducts([`agent_${(await pricedOf(stand)).id}`]),
  getProduct: async (stand) => shop(stand.anonymous).getProduct(`agent_${(await pricedOf(stand)).id}`),
  createCheckoutSession: (stand) => cartOf(stand),
  getCheckoutSession: async (stand) => shop(stand.buyer).getCheckout((await openCart(stand)).id),
  updateCheckoutSession: async (stand) => {
    const { id, line_items } = await openCart(stand);
    const lines = line_items.map(({ item }) => ({ ...lineOf(item.id), quantity: 2 }));
    return shop(stand.buyer).updateCheckout(id, { line_items: lines });
  },
  completeCheckoutSession: async (stand) => (await ordered(stand)).checkout,
  cancelCheckoutSession: async (stand) => shop(stand.buyer).cancelCheckout((await openCart(stand)).id),
  getOrder: async (stand) => shop(stand.buyer).getOrder((await ordered(stand)).orderId),
  getOrderResult: async (stand) => shop(stand.buyer).getOrderResult((await ordered(stand)).orderId, 0),

  getHealth: ({ anonymous }) => anonymous.health(),
  getReadiness: ({ anonymous }) => anonymous.readiness(),
  getMetrics: ({ admin }) => admin.metrics(),
  listNodes: ({ admin }) => admin.listNodes(),
  listSettings: ({ admin }) => admin.listSettings(),
  listLogSinks: ({ admin }) => admin.listLogSinks(),
  getDiscovery: ({ anonymous }) => anonymous.discovery(),
  getAiCatalog: ({ anonymous }) => anonymous.getAiCatalog(),
  getApiCatalog: ({ anonymous }) => anonymous.getApiCatalog(),
  getSiteDirectory: ({ anonymous }) => anonymous.getSiteDirectory({ limit: 5 }),
  getSiteDirectorySchema: ({ anonymous }) => anonymous.getSiteDirectorySchema(),
};

/** A browser of the owner's. */
async function signIn({ owner }: Stand): Promise<void> {
  const { url } = await owner.createSignInLink();
  const code = new URL(url).searchParams.get("code");
  const { origin } = new URL(url);
  const response = await fetch(`${origin}/session`, {
    method: "POST",
    headers: { "content-type": "application/json", "x-agentgate-web": "1", origin, "sec-fetch-site": "same-origin" },
    body: JSON.stringify({ code }),
  });
  if (!response.ok) throw new Error(`not signed in: ${await response.text()}`);
}
