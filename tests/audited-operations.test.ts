import { inspect } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cardOf, type RawAgent, startRawAgent } from "../packages/gateway/src/a2a/testing/raw-agent.ts";
import { actions } from "../packages/gateway/src/access/index.ts";
import { openDatabase, type RawDatabase } from "../packages/gateway/src/audit/testing/raw-database.ts";
import { formOf, sendForm } from "../packages/gateway/src/deploy/testing/form.ts";
import { tarGz } from "../packages/gateway/src/deploy/testing/tar.ts";
import { silentLog } from "../packages/gateway/src/runtime/index.ts";
import { testEngines } from "../packages/gateway/src/storage/testing/index.ts";
import { startTestGateway, type TestGateway } from "../packages/gateway/src/testing/index.ts";

/**
 * No change without its row in the audit log, and no row without its change: every operation of the gateway's document that may change
 * something is made here, on both engines, and is told to fail where its row would be written. One that is added fails here until it is
 * made, too, or is said not to be somebody's administration, and why.
 */

/** What leaves no row. */
const unaudited: Record<string, string> = {
  ...reasoned("a task: the call log has it, and the ledger what was paid", [
    ...["callJsonRpc", "sendTask", "streamTask", "sendMessage", "streamMessage", "cancelTask", "subscribeToTask"],
    ...["createPushNotificationConfig", "deletePushNotificationConfig", "takePushNotification"],
    ...["runChain", "streamChainRun", "callAgentMcp", "callMcp", "callShopMcp"],
  ]),
  ...reasoned("a purchase: its checkout, order and ledger entries are kept", [
    ...["createCheckoutSession", "updateCheckoutSession", "completeCheckoutSession", "cancelCheckoutSession"],
    ...["createCheckout", "completeCheckout", "cancelOrgCheckout"],
  ]),
  ...reasoned("a question that is long enough for a body; nothing is changed", [
    ...["searchCatalog", "findProducts", "getProduct"],
  ]),
  ...reasoned("a look at an agent, as the gateway itself looks at all of them; nothing is changed", [
    ...["previewAgent", "checkAgentHealth"],
  ]),
  ...reasoned("a caller's opinion, shown with its author; it governs nothing", ["reviewAgent"]),
  ...reasoned("a browser's session, which is the same caller as its key: what is done with it is told of that key", [
    ...["createSession", "deleteSession", "deleteSessions", "deleteListedSession", "createSignInLink"],
  ]),
  ...reasoned("a delivery, which is listed with each of its attempts; who is told of what stays as it was", [
    ...["sendWebhookTest", "sendWebhookAgain", "sendWebhooksAgain"],
  ]),
};

function reasoned(reason: string, operations: readonly string[]): Record<string, string> {
  return Object.fromEntries(operations.map((operation) => [operation, reason]));
}

type Made = { status: number; body: any; headers?: Headers };
/** Makes what an operation needs, and answers how it is called. */
type Scenario = (stand: Stand) => Promise<() => Promise<Made>>;

/** A secret that must not come out anywhere; distinct in its whole length. */
const canary = (name: string) => `canary-${name}-5f1d0c8e7b`;

class Stand {
  readonly gate: TestGateway;
  readonly agent: RawAgent;
  readonly org: { id: string; key: string };
  readonly #complaints: readonly string[];
  #made = 0;

  constructor(gate: TestGateway, agent: RawAgent, org: { id: string; key: string }, complaints: readonly string[]) {
    this.#complaints = complaints;
    this.gate = gate;
    this.agent = agent;
    this.org = org;
  }

  name(): string {
    this.#made += 1;
    return `thing ${this.#made}`;
  }

  /** @returns what it answered with success */
  async make(method: string, path: string, body?: unknown, key?: string): Promise<any> {
    const answer = await this.gate.call(method, path, body, key);
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${this.told(answer.body)}`);
    return answer.body;
  }

  /** What was answered, and what the gateway has said last of what went wrong in it. */
  told(body: unknown): string {
    return `${JSON.stringify(body)}\n${this.#complaints.slice(-3).join("\n")}`;
  }

  call(method: string, path: string, body?: unknown, key?: string): () => Promise<Made> {
    return () => this.gate.call(method, path, body, key);
  }

  newAgent(fields: object = {}, key?: string): Promise<any> {
    return this.make("POST", "/agents/", { name: this.name(), url: this.agent.url, protocol: "plain", ...fields }, key);
  }

  newEndpoint(): Promise<any> {
    const url = `${this.agent.url}/hook?token=${canary("endpoint")}`;
    return this.make("POST", "/webhooks/endpoints", { url, events: ["task.failed"] }, this.org.key);
  }

  newOrg(): Promise<any> {
    return this.make("POST", "/orgs/", { name: this.name() });
  }

  newChain(agentId: string): Promise<any> {
    const steps = [{ agent_id: agentId, agent_api_key: canary("chain") }];
    return this.make("POST", "/chains/", { name: this.name(), steps }, this.org.key);
  }

  async deploy(): Promise<Made> {
    const yaml = `name: ${this.name().replace(" ", "-")}\nurl: ${this.agent.url}\nprotocol: plain\n`;
    const archive = tarGz({ name: "agent/agentgate.yaml", content: yaml });
    return sendForm(this.gate, formOf(archive), this.org.key);
  }
}

/** The operations on keys, of an organization and of the admin. */
const keyScenarios = (name: string, path: (stand: Stand) => string): Record<string, Scenario> => {
  const create = { name: "a key", scopes: ["tasks:call"], expires_in: 86_400 };
  const ofNew =
    (method: string, rest: string, body?: object, before?: string): Scenario =>
    async (stand) => {
      const { id } = await stand.make("POST", path(stand), create);
      if (before) await stand.make("POST", `${path(stand)}/${id}${before}`);
      return stand.call(method, `${path(stand)}/${id}${rest}`, body);
    };
  return {
    [`create${name}`]: async (stand) => stand.call("POST", path(stand), create),
    [`update${name}`]: ofNew("PATCH", "", { rate_limit: 5 }),
    [`delete${name}`]: ofNew("DELETE", ""),
    [`rotate${name}`]: ofNew("POST", "/rotate", {}),
    [`disable${name}`]: ofNew("POST", "/disable"),
    [`enable${name}`]: ofNew("POST", "/enable", undefined, "/disable"),
  };
};

const ofAgent =
  (method: string, rest: string, body?: object, fields: object = {}): Scenario =>
  async (stand) =>
    stand.call(method, `/agents/${(await stand.newAgent(fields)).id}${rest}`, body);
const ofEndpoint =
  (method: string, rest: string, body?: object): Scenario =>
  async (stand) =>
    stand.call(method, `/webhooks/endpoints/${(await stand.newEndpoint()).id}${rest}`, body, stand.org.key);
const ofChain =
  (method: string, body?: object): Scenario =>
  async (stand) =>
    stand.call(method, `/chains/${(await stand.newChain((await stand.newAgent()).id)).id}`, body, stand.org.key);
/** Decides about an agent of an organization's, which waits. */
const deciding =
  (verdict: string): Scenario =>
  async (stand) => {
    const { id } = await stand.newAgent({}, stand.org.key);
    const { pending } = await stand.make("GET", `/agents/${id}`);
    return stand.call("POST", `/agents/${id}/${verdict}`, { expected: pending.version, reason: "so" });
  };

const scenarios: Record<string, Scenario> = {
  registerAgent: async (stand) => {
    const secrets = { agent_api_key: canary("agent-key"), webhook_url: `${stand.agent.url}/h?t=${canary("hook")}` };
    return () =>
      stand.gate.call("POST", "/agents/", { name: stand.name(), url: stand.agent.url, protocol: "plain", ...secrets });
  },
  updateAgent: ofAgent("PUT", "", { price_per_task: 0.5, agent_api_key: canary("new-agent-key") }),
  deleteAgent: ofAgent("DELETE", "", undefined, { agent_api_key: canary("agent-key") }),
  refreshAgent: async (stand) => {
    const card = cardOf(stand.agent.url, { description: "an old card" });
    const { id } = await stand.make("POST", "/agents/", { card, name: stand.name(), url: stand.agent.url });
    return stand.call("POST", `/agents/${id}/refresh`);
  },
  approveAgent: deciding("approve"),
  rejectAgent: deciding("reject"),
  suspendAgent: ofAgent("POST", "/suspend", { reason: "it leaks" }),
  resumeAgent: async (stand) => {
    const { id } = await stand.newAgent();
    await stand.make("POST", `/agents/${id}/suspend`, { reason: "it leaks" });
    return stand.call("POST", `/agents/${id}/resume`, {});
  },
  rotateAgentWebhookSecret: async (stand) => {
    const { id } = await stand.newAgent({ webhook_url: `${stand.agent.url}/hook` });
    return stand.call("POST", `/agents/${id}/webhook/rotate-secret`);
  },
  setAgentCredential: ofAgent("PUT", "/credentials", { type: "bearer", token: canary("credential") }),
  deleteAgentCredential: async (stand) => {
    const { id } = await stand.newAgent();
    const credential = {
      ...{ type: "oauth2", token_url: `${stand.agent.url}/token`, client_id: "gate" },
      client_secret: canary("client-secret"),
    };
    await stand.make("PUT", `/agents/${id}/credentials`, credential);
    return stand.call("DELETE", `/agents/${id}/credentials`);
  },
  setAgentGrant: async (stand) => {
    const [{ id }, { id: orgId }] = [await stand.newAgent({ price_per_task: 0.5 }), await stand.newOrg()];
    return stand.call("PUT", `/agents/${id}/grants/${orgId}`, { actions: "call", price: 0.1 });
  },
  deleteAgentGrant: async (stand) => {
    const [{ id }, { id: orgId }] = [await stand.newAgent(), await stand.newOrg()];
    await stand.make("PUT", `/agents/${id}/grants/${orgId}`, { actions: ["discover"] });
    return stand.call("DELETE", `/agents/${id}/grants/${orgId}`);
  },

  createOrg: async (stand) => () =>
    stand.gate.call("POST", "/orgs/", { name: stand.name(), api_key: canary("org-key") }),
  updateOrg: async (stand) => stand.call("PUT", `/orgs/${(await stand.newOrg()).id}`, { rate_limit: 7 }),
  deleteOrg: async (stand) => stand.call("DELETE", `/orgs/${(await stand.newOrg()).id}`),
  changeOrgTier: async (stand) => stand.call("POST", `/orgs/${(await stand.newOrg()).id}/tier`, { tier: "pro" }),
  topupOrg: async (stand) => stand.call("POST", `/orgs/${(await stand.newOrg()).id}/topup`, { amount: 5 }),
  rotateKey: async (stand) => stand.call("POST", `/orgs/${(await stand.newOrg()).id}/rotate-key`),
  confirmRotation: async (stand) => {
    const { id } = await stand.newOrg();
    await stand.make("POST", `/orgs/${id}/rotate-key`);
    return stand.call("POST", `/orgs/${id}/confirm-rotation`);
  },
  ...keyScenarios("OrgKey", ({ org }) => `/orgs/${org.id}/keys`),
  ...keyScenarios("AdminKey", () => "/admin-keys"),

  createWebhookEndpoint: async (stand) => {
    const url = `${stand.agent.url}/hook?token=${canary("endpoint")}`;
    return stand.call("POST", "/webhooks/endpoints", { url, events: ["task.failed"] }, stand.org.key);
  },
  updateWebhookEndpoint: ofEndpoint("PUT", "", { description: "another" }),
  deleteWebhookEndpoint: ofEndpoint("DELETE", ""),
  rotateWebhookSecret: ofEndpoint("POST", "/rotate-secret"),

  deployAgent: async (stand) => () => stand.deploy(),
  undeployAgent: async (stand) => {
    const { body } = await stand.deploy();
    await stand.make("PUT", `/deploy/${body.id}/secrets`, { TOKEN: canary("forgotten") }, stand.org.key);
    return stand.call("DELETE", `/deploy/${body.id}`, undefined, stand.org.key);
  },
  setDeploymentSecrets: async (stand) => {
    const { body } = await stand.deploy();
    return stand.call("PUT", `/deploy/${body.id}/secrets`, { TOKEN: canary("deployment") }, stand.org.key);
  },

  createChain: async (stand) => {
    const steps = [{ agent_id: (await stand.newAgent()).id, agent_api_key: canary("step") }];
    return stand.call("POST", "/chains/", { name: stand.name(), steps }, stand.org.key);
  },
  updateChain: ofChain("PUT", { description: "another" }),
  deleteChain: ofChain("DELETE"),

  updateToolset: async (stand) => {
    const toolset = [{ agent: (await stand.newAgent()).id }];
    return stand.call("PUT", `/orgs/${stand.org.id}/toolset`, toolset, stand.org.key);
  },
  deleteToolset: async (stand) => {
    const toolset = [{ agent: (await stand.newAgent()).id }];
    await stand.call("PUT", `/orgs/${stand.org.id}/toolset`, toolset, stand.org.key);
    return stand.call("DELETE", `/orgs/${stand.org.id}/toolset`, undefined, stand.org.key);
  },

  rotateUcpKeys: async (stand) => stand.call("POST", "/ucp/keys/rotate"),
};

const blueprint = await startTestGateway();
const { paths } = (await blueprint.call("GET", "/openapi.json", undefined, null)).body;
await blueprint.close();
const changing: { operationId: string; "x-action": string }[] = Object.values<any>(paths).flatMap((methods) =>
  Object.entries<any>(methods).flatMap(([method, page]) => (method === "get" ? [] : [page])),
);

test("every operation that may change something is tried here, or is said to leave no row and why", () => {
  const names = changing.map(({ operationId }) => operationId);
  const known = [...Object.keys(scenarios), ...Object.keys(unaudited)];
  expect(names.filter((name) => !known.includes(name))).toEqual([]);
  expect(known.filter((name, index) => !names.includes(name) || known.indexOf(name) !== index)).toEqual([]);
});

test("what is administration is what the table of actions says", () => {
  const administers = new Set<string>(
    Object.values(actions).flatMap(({ name, administers }) => (administers ? [name] : [])),
  );
  const others = changing.filter((page) => !administers.has(page["x-action"])).map(({ operationId }) => operationId);
  expect(Object.keys(scenarios).filter((name) => others.includes(name))).toEqual([]);
  // Whoever may write webhooks may also have one sent again, and who may register agents look at one before.
  const left = Object.keys(unaudited).filter((name) => !others.includes(name));
  expect(left).toEqual(["previewAgent", "sendWebhookTest", "sendWebhookAgain", "sendWebhooksAgain"]);
});

describe.each(testEngines())("on %s", (engine) => {
  let gate: TestGateway;
  let agent: RawAgent;
  let stand: Stand;
  let database: RawDatabase;
  /** Everything that was said once and never again. */
  const shown = new Set<string>();
  beforeAll(async () => {
    const answer = (_: unknown, response: any) => response.writeHead(404).end();
    const complaints: string[] = [];
    const complain = (fields: object, message: string) => complaints.push(`${message}: ${inspect(fields)}`);
    const log = { ...silentLog, warn: complain, error: complain };
    [gate, agent] = await Promise.all([startTestGateway(engine, { approval: "new" }, log), startRawAgent(answer)]);
    const org = await gate.createOrg("Owner", { tier: "enterprise", api_key: canary("owner") });
    stand = new Stand(gate, agent, org, complaints);
    database = await openDatabase(engine, gate.config);
    await database.letAuditFail();
  });
  afterAll(async () => {
    await database.close();
    await gate.close();
    await agent.close();
  });

  test.each(Object.entries(scenarios))("%s leaves one row, and changes nothing without it", async (_, prepare) => {
    const call = await prepare(stand);
    const before = await database.digests();
    await database.failing(true);
    // Whatever becomes of it, it is this one's failure alone.
    const failed = await call().finally(() => database.failing(false));
    expect(failed.status, JSON.stringify(failed.body)).toBeGreaterThanOrEqual(500);
    expect(await database.digests()).toEqual(before);

    const rows = await database.auditRows();
    const { status, body, headers } = await call();
    expect(status, stand.told(body)).toBeLessThan(300);
    const after = await database.auditRows();
    expect(after.length, JSON.stringify(after.slice(rows.length))).toBe(rows.length + 1);
    const row = after.at(-1)!;
    expect(row.action).toMatch(/^[a-z_]+\.[a-z_]+$/);
    expect(["admin", "org"]).toContain(row.actor_kind);
    if (headers) expect(row.request_id).toBe(headers.get("x-request-id"));
    expect(row.address).toBe("127.0.0.1");
    const changes: { field: string; before: unknown; after: unknown }[] = JSON.parse(row.changes);
    expect(changes.length).toBeGreaterThan(0);
    for (const { before, after } of changes) expect(before).not.toEqual(after);
    for (const member of ["key", "api_key", "new_api_key", "secret", "webhook_secret"])
      if (typeof body?.[member] === "string") shown.add(body[member]);
  });

  test("no secret is in any row", async () => {
    const text = JSON.stringify(await database.auditRows());
    expect(shown.size).toBeGreaterThan(5);
    for (const secret of shown) expect(text).not.toContain(secret);
    expect(text).not.toContain("canary");
    expect(text).toMatch(/"sha256:[0-9a-f]{8}\\"/);
  });
});
