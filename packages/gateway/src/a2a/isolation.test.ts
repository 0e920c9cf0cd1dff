import { afterAll, beforeAll, describe, expect, test } from "vitest";
import WebSocket from "ws";
import { type ExampleAgent, serveExampleAgent } from "../../../../examples/a2a-agent/serve.ts";
import { type Entrance, entrancesOf, startTestGateway, type TestGateway } from "../testing/index.ts";
import { type Foreign, naming, restTrespasses, rpcTrespasses, trespasses } from "./testing/trespass.ts";

/**
 * A caller sees its own tasks, contexts and push configs alone, and manages its own records alone, on every entrance. The entrances come
 * from the running router: one that is added is tried by itself where its path tells what it asks, and fails here until it is classified
 * where it does not.
 */

const unlimited = { rate_limit: 1e6, rate_burst: 1e6 };
const AGENT_PLACEHOLDER = "00000000-0000-4000-8000-000000000000";
/** Put together as the one below, to read its router before there is an agent. */
const blueprint = await startTestGateway("sqlite", { rootAgent: AGENT_PLACEHOLDER });
const entrances = entrancesOf(blueprint.gateway.http);
await blueprint.close();

/** Bodies are JSON-RPC: the operation is in there. */
const rpcEntrances = ["POST /agents/:id", "POST /"];
/** Bodies are MCP's: the tool, and the task that it goes on with, are in there. */
const mcpEntrances = ["POST /agents/:id/mcp"];
/** Sessions of agents that are MCP servers themselves, sealed for whoever began them: mcp/proxy/mcp-proxy.test.ts tries them with others' keys. */
const mcpSessions = ["GET /agents/:id/mcp", "DELETE /agents/:id/mcp"];
/** Tasks in the simple shape. */
const simpleEntrances = ["POST /agents/:id/task", "POST /agents/:id/task/stream"];
const isSocket = (entrance: Entrance) => nameOf(entrance) === "WS /agents/:id/task/ws";
/** Shows the caller's own tasks, whoever calls. */
const isList = ({ method, url }: Entrance) => method === "GET" && url.endsWith("/tasks") && url !== "/agents/tasks";

/** Somebody else's records: refused, with a body that would do for the owner. */
const guarded: Record<string, object | undefined> = {
  "PUT /agents/:id": { description: "taken over" },
  "DELETE /agents/:id": undefined,
  "POST /agents/:id/refresh": {},
  "PUT /agents/:id/credentials": { type: "bearer", token: "t" },
  "GET /agents/:id/credentials": undefined,
  "DELETE /agents/:id/credentials": undefined,
  "GET /agents/:id/grants": undefined,
  "GET /agents/:id/grants/:org_id": undefined,
  "PUT /agents/:id/grants/:org_id": { actions: ["call"] },
  "DELETE /agents/:id/grants/:org_id": undefined,
  "POST /agents/:id/webhook/rotate-secret": undefined,
  "POST /agents/:id/health/check": undefined,
  "GET /agents/:id/logs": undefined,
  "GET /agents/:id/usage": undefined,
  "GET /agents/:id/usage/breakdown": undefined,
  "GET /orgs/:id": undefined,
  "PUT /orgs/:id": { name: "taken over" },
  "DELETE /orgs/:id": undefined,
  "GET /orgs/:id/agents": undefined,
  "POST /orgs/:id/rotate-key": {},
  "POST /orgs/:id/confirm-rotation": {},
  "GET /orgs/:id/wallet": undefined,
  "POST /orgs/:id/topup": { amount: 1 },
  "POST /orgs/:id/tier": { tier: "pro" },
  "GET /orgs/:id/transactions": undefined,
  "GET /orgs/:id/transactions/summary": undefined,
  "GET /orgs/:id/billing": undefined,
  "GET /orgs/:id/entries": undefined,
  "GET /orgs/:id/holds": undefined,
  "GET /orgs/:id/limits": undefined,
  "GET /orgs/:id/checkouts": undefined,
  "GET /orgs/:id/checkouts/:checkout_id": undefined,
  "POST /orgs/:id/checkouts/:checkout_id/cancel": undefined,
  "GET /orgs/:id/orders": undefined,
  "GET /orgs/:id/orders/:order_id": undefined,
  "GET /nodes": undefined,
  "GET /log-sinks": undefined,
  "GET /settings": undefined,
  "GET /orgs/:id/billing/breakdown": undefined,
  "GET /orgs/:id/statement": undefined,
  "GET /orgs/:id/audit": undefined,
  "GET /orgs/:id/toolset": undefined,
  "PUT /orgs/:id/toolset": [],
  "DELETE /orgs/:id/toolset": undefined,
  "GET /orgs/:id/keys": undefined,
  "POST /orgs/:id/keys": { name: "taken", scopes: ["*"] },
  "GET /orgs/:id/keys/:key_id": undefined,
  "PATCH /orgs/:id/keys/:key_id": { name: "taken over" },
  "DELETE /orgs/:id/keys/:key_id": undefined,
  "POST /orgs/:id/keys/:key_id/rotate": {},
  "POST /orgs/:id/keys/:key_id/disable": undefined,
  "POST /orgs/:id/keys/:key_id/enable": undefined,
  "GET /admin-keys": undefined,
  "POST /admin-keys": { name: "taken", scopes: ["*"] },
  "GET /admin-keys/:key_id": undefined,
  "PATCH /admin-keys/:key_id": { name: "taken over" },
  "DELETE /admin-keys/:key_id": undefined,
  "POST /admin-keys/:key_id/rotate": {},
  "POST /admin-keys/:key_id/disable": undefined,
  "POST /admin-keys/:key_id/enable": undefined,
  "GET /logs/:id": undefined,
  "DELETE /deploy/:id": undefined,
  "GET /deploy/:id/status": undefined,
  "GET /deploy/:id/secrets": undefined,
  "PUT /deploy/:id/secrets": { TAKEN: "over" },
  "GET /deploy/:id/logs": undefined,
  "GET /chains/:id": undefined,
  "PUT /chains/:id": { name: "taken over" },
  "DELETE /chains/:id": undefined,
  "POST /chains/:id/run": { input: "x" },
  "POST /chains/:id/run/stream": { input: "x" },
  "POST /ucp/keys/rotate": undefined,
  "POST /orgs": { name: "another" },
  "GET /orgs": undefined,
  "GET /admin/ledger/state": undefined,
  "GET /admin/ledger/verify": undefined,
  "GET /metrics": undefined,
  "GET /audit": undefined,
  "GET /approvals": undefined,
  "POST /agents/:id/approve": { expected: "0" },
  "POST /agents/:id/reject": { reason: "taken over" },
  "POST /agents/:id/suspend": { reason: "taken over" },
  "POST /agents/:id/resume": {},
  "GET /webhooks/endpoints/:id": undefined,
  "PUT /webhooks/endpoints/:id": { url: "http://127.0.0.1:8999/taken-over" },
  "DELETE /webhooks/endpoints/:id": undefined,
  "POST /webhooks/endpoints/:id/rotate-secret": undefined,
  "POST /webhooks/endpoints/:id/test": undefined,
  "GET /webhooks/deliveries/:id": undefined,
  "POST /webhooks/deliveries/:id/resend": undefined,
  "POST /webhooks/deliveries/resend": { endpoint_id: AGENT_PLACEHOLDER, from: "2026-01-01T00:00:00Z" },
  // The agents' own entrance: it asks for the secret that came with the address.
  "POST /a2a/push/:id": { task: { id: "t" } },
};

const queries: Record<string, string> = { "GET /orgs/:id/statement": "?month=2026-11" };

/** Show nothing that belongs to a caller, or what belongs to this one. */
const open = [
  "GET /agents",
  "POST /agents",
  "GET /agents/tags",
  "POST /agents/preview",
  "GET /agents/search",
  "GET /agents/by-name/:name",
  "GET /agents/by-name/:name/latest",
  "GET /agents/:id",
  "GET /agents/:id/card",
  "GET /agents/:id/upstream-card.json",
  "GET /agents/:id/health",
  "POST /agents/:id/reviews",
  "GET /agents/:id/reviews",
  "GET /agents/:id/reviews/stats",
  "GET /agents/:id/skills",
  "GET /orgs/me",
  // Of the caller's toolset alone; whose tasks and tools are called there is tried in its room.
  "POST /mcp",
  // Asks the shop's own operations, which know whose a checkout or an order is.
  "POST /ucp/mcp",
  "GET /webhooks/endpoints",
  "POST /webhooks/endpoints",
  "GET /webhooks/deliveries",
  "GET /me",
  // Of one's own calls alone; whose they are is tried in their room.
  "GET /stats/series",
  "GET /logs",
  "GET /logs/histogram",
  "GET /logs/facets",
  "GET /agents/tasks",
  "GET /stats/top",
  "GET /stats/public",
  "GET /agents/:id/stats",
  // Of what everybody sees alone.
  "GET /agentgate.json",
  "GET /agentgate.schema.json",
  // Of one's own alone; whose each event is is tried in their room.
  "GET /events",
  // Of whoever signs in, is signed in, or shows a key.
  "GET /session",
  "POST /session",
  "DELETE /session",
  "GET /sessions",
  "DELETE /sessions/:session_id",
  "DELETE /sessions",
  "POST /session/codes",
  "GET /sign-in",
  "POST /sign-in",
  // One's own alone.
  "POST /chains",
  "POST /deploy",
  "GET /chains",
  // What is for sale.
  "GET /.well-known/ucp/:version",
  "GET /ucp/schemas/:file",
  "GET /ucp/docs/:page",
  "GET /ucp/catalog",
  "POST /ucp/v1/catalog/search",
  "POST /ucp/v1/catalog/lookup",
  "POST /ucp/v1/catalog/product",
  // Checkouts and orders say in their own words that there are none: whose they are is tried in their room.
  "POST /ucp/v1/checkout-sessions",
  "GET /ucp/v1/checkout-sessions/:id",
  "PUT /ucp/v1/checkout-sessions/:id",
  "POST /ucp/v1/checkout-sessions/:id/complete",
  "POST /ucp/v1/checkout-sessions/:id/cancel",
  "GET /ucp/v1/orders/:id",
  "GET /ucp/v1/orders/:id/results/:position",
  "POST /ucp/checkout",
  "GET /ucp/checkout/:id",
  "POST /ucp/checkout/:id/complete",
  "GET /health",
  "GET /health/ready",
  "GET /health/agents",
  "GET /openapi.json",
  "GET /docs",
  "GET /docs/assets/:file",
  "GET /docs/start.js",
  // Pages and what they load: the same for everybody, or of whoever is signed in.
  "GET /",
  "GET /marketplace/:id/:slug/card",
  "GET /status",
  "GET /guide",
  "GET /guide*",
  "GET /sitemap.xml",
  "GET /sitemap-:part.xml",
  "GET /robots.txt",
  "GET /marketplace",
  "GET /marketplace/:id",
  "GET /marketplace/:id/:slug",
  "GET /dashboard",
  "GET /dashboard*",
  "GET /admin",
  "GET /admin/orgs",
  "GET /admin/orgs/:id",
  "GET /admin/agents",
  "GET /admin/approvals",
  "GET /admin/ledger",
  "GET /admin/health",
  "GET /admin/audit",
  "GET /admin/settings",
  "GET /assets/:file",
  "GET /favicon.svg",
];
/** Cards name no task. The extended one is shown to callers who are known, the same to each. */
const isCard = ({ method, url }: Entrance) =>
  method === "GET" &&
  /\/(?:\.well-known\/[^/]+|(?:v1\/card|extendedAgentCard|agent\/authenticatedExtendedCard))$/.test(url);

const nameOf = ({ method, url }: Entrance) => `${method} ${url}`;
const asks = (entrance: Entrance) =>
  restTrespasses(entrance, AGENT_PLACEHOLDER, { taskId: "foreign-task", contextId: "foreign-context" }).length > 0;
const isClassified = (entrance: Entrance): boolean =>
  // What HEAD answers is GET's head.
  (entrance.method === "HEAD" && entrances.some(({ method, url }) => method === "GET" && url === entrance.url)) ||
  [...rpcEntrances, ...mcpEntrances, ...mcpSessions, ...simpleEntrances, ...Object.keys(guarded), ...open].includes(
    nameOf(entrance),
  ) ||
  isSocket(entrance) ||
  isList(entrance) ||
  isCard(entrance) ||
  asks(entrance);

let gate: TestGateway;
let node: TestGateway;
let agent: ExampleAgent;
let id: string;
let ownerId: string;
let owner: string;
let stranger: string;
let foreign: Foreign;
let endpointId: string;
let deliveryId: string;
let chainId: string;
beforeAll(async () => {
  gate = await startTestGateway();
  agent = await serveExampleAgent();
  ({ id: ownerId, key: owner } = await gate.createOrg("owner", unlimited));
  stranger = (await gate.createOrg("stranger", unlimited)).key;
  id = (await gate.register({ card_url: `${agent.url}/.well-known/agent-card.json` }, owner)).id;
  chainId = (await gate.call("POST", "/chains/", { name: "owner's", steps: [{ agent_id: id }] }, owner)).body.id;
  // The owner's calls go to one node, everybody's to another: who owns what is not a matter of one process's memory.
  node = await gate.another({ rootAgent: id });
  const message = { messageId: "m", role: "ROLE_USER", parts: [{ text: "ask" }] };
  const { result } = await rpc("SendMessage", { message });
  foreign = { taskId: result.task.id, contextId: result.task.contextId };
  const config = { taskId: foreign.taskId, id: "config", url: "http://127.0.0.1:8999/hook" };
  expect((await rpc("CreateTaskPushNotificationConfig", config)).result.id).toBe("config");
  const endpoint = { url: "http://127.0.0.1:8999/hook" };
  endpointId = (await gate.call("POST", "/webhooks/endpoints", endpoint, owner)).body.id;
  deliveryId = (await gate.call("POST", `/webhooks/endpoints/${endpointId}/test`, undefined, owner)).body.id;
});
afterAll(async () => {
  await gate.close();
  await agent.close();
});

const headersOf = (key: string | null, version = "1.0") => ({
  "content-type": "application/json",
  "a2a-version": version,
  ...(key !== null && { authorization: `Bearer ${key}` }),
});

/** The owner's record that a route is about. */
function recordOf(url: string): string {
  if (url.startsWith("/agents") || url.startsWith("/deploy")) return id;
  if (url.startsWith("/chains")) return chainId;
  if (url.startsWith("/webhooks/endpoints")) return endpointId;
  return url.startsWith("/webhooks") ? deliveryId : ownerId;
}

/** The owner's call. */
async function rpc(method: string, params: object): Promise<any> {
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });
  const response = await fetch(`${gate.url}/agents/${id}`, { method: "POST", headers: headersOf(owner), body });
  return response.json();
}

/** Both slash forms, and the twin below `/v1` where there is one. */
const twins = (url: string): string[] => {
  const forms = url === "/" ? [url] : [url, `${url}/`];
  return /^\/(?:agents|chains|orgs|health|metrics)(?:\/|$)/.test(url)
    ? [...forms, ...forms.map((form) => `/v1${form}`)]
    : forms;
};

async function call(method: string, url: string, key: string | null, body: unknown, version?: string) {
  const response = await fetch(node.url + url, {
    method,
    headers: headersOf(key, version),
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, text };
}

/** JSON, also where it is the first event of a stream. */
const jsonOf = (text: string): any => JSON.parse(/^data: (.*)$/m.exec(text)?.[1] ?? text);

test("every entrance is classified", () => {
  expect(entrances.length).toBeGreaterThan(80);
  expect(entrances.filter((entrance) => !isClassified(entrance)).map(nameOf)).toEqual([]);
  expect(isClassified({ method: "POST", url: "/agents/:id/tasks/:task/share" })).toBe(false);
  expect(isClassified({ method: "GET", url: "/agents/:id/history" })).toBe(false);
  expect(isClassified({ method: "WS", url: "/agents/:id/events" })).toBe(false);
});

test("every classification is an entrance, and every operation is tried on some", () => {
  const names = entrances.map(nameOf);
  const listed = [...rpcEntrances, ...mcpEntrances, ...mcpSessions, ...simpleEntrances, ...Object.keys(guarded)];
  expect(entrances.filter(isSocket)).toHaveLength(1);
  expect(listed.filter((name) => !names.includes(name))).toEqual([]);
  for (const operation of naming) expect(trespasses(operation, { taskId: "t", contextId: "c" })).not.toEqual([]);
});

const callers = [
  ["another organization", () => stranger],
  ["nobody", () => null],
] as const;

describe.each(callers)("to %s", (_who, key) => {
  test.each(entrances.filter((entrance) => rpcEntrances.includes(nameOf(entrance))))(
    "$method $url, JSON-RPC: no such task",
    async ({ method, url }) => {
      for (const form of twins(url.replace(":id", id))) {
        for (const operation of naming) {
          for (const { version, body } of rpcTrespasses(operation, foreign)) {
            const { text } = await call(method, form, key(), body, version);
            expect([form, version, body, jsonOf(text).error?.code]).toEqual([form, version, body, -32001]);
          }
        }
      }
    },
  );

  test.each(entrances.filter(asks))("$method $url, HTTP+JSON: no such task", async (entrance) => {
    for (const { url, version, body } of restTrespasses(entrance, id, foreign)) {
      for (const form of twins(url)) {
        // Not that there is no such route: that there is no such task.
        const { status, text } = await call(entrance.method, form, key(), body, version);
        const { error, code } = jsonOf(text);
        const reason = version === "0.3" ? code : error?.details?.[0]?.reason;
        expect([form, status, reason]).toEqual([form, 404, version === "0.3" ? -32001 : "TASK_NOT_FOUND"]);
      }
    }
  });

  test.each(entrances.filter(isList))("$method $url shows nothing of it", async ({ url }) => {
    for (const form of twins(url.replace(":id", id))) {
      const { status, text } = await call("GET", `${form}?contextId=${foreign.contextId}`, key(), undefined);
      expect([form, status, text.includes(foreign.taskId)]).toEqual([form, 200, false]);
    }
  });

  test.each(entrances.filter((entrance) => simpleEntrances.includes(nameOf(entrance))))(
    "$method $url cannot continue it",
    async ({ url }) => {
      const task = { id: "s", message: { taskId: foreign.taskId, parts: [{ type: "text", text: "hi" }] } };
      for (const form of twins(url.replace(":id", id))) {
        const { text } = await call("POST", form, key(), task);
        expect(text).toMatch(/Task not found/);
        expect(text).not.toMatch(/event: (?:chunk|result)/);
      }
    },
  );

  test.each(entrances.filter((entrance) => mcpEntrances.includes(nameOf(entrance))))(
    "$method $url cannot continue it, nor hear of it",
    async ({ url }) => {
      const ask = async (form: string, method: string, params: object) => {
        const meta = {
          "io.modelcontextprotocol/protocolVersion": "2026-07-28",
          "io.modelcontextprotocol/clientCapabilities": { extensions: { "io.modelcontextprotocol/tasks": {} } },
        };
        const { name, taskId } = params as Record<string, string>;
        const response = await fetch(node.url + form, {
          method: "POST",
          headers: {
            ...headersOf(key()),
            accept: "application/json, text/event-stream",
            "mcp-protocol-version": "2026-07-28",
            "mcp-method": method,
            ...((name ?? taskId) && { "mcp-name": name ?? taskId! }),
          },
          body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params: { ...params, _meta: meta } }),
        });
        return jsonOf(await response.text());
      };
      for (const form of twins(url.replace(":id", id))) {
        const listed = await ask(form, "tools/list", {});
        const { name } = listed.result.tools[0];
        for (const given of [{ task_id: foreign.taskId }, { context_id: foreign.contextId }]) {
          const { result } = await ask(form, "tools/call", { name, arguments: { message: "hi", ...given } });
          expect([form, given, result.isError]).toEqual([form, given, true]);
          expect(result.content[0].text).toMatch(/not found/);
        }
        const told = await ask(form, "tasks/get", { taskId: foreign.taskId });
        expect([form, told.error?.code]).toEqual([form, -32602]);
      }
    },
  );

  test.each(entrances.filter(isSocket))("$method $url cannot continue it", async ({ url }) => {
    const task = { id: "s", message: { taskId: foreign.taskId, parts: [{ type: "text", text: "hi" }] } };
    for (const form of twins(url.replace(":id", id))) {
      const socket = new WebSocket(node.url.replace("http", "ws") + form, { headers: headersOf(key()) });
      const answers: any[] = [];
      socket.on("message", (data) => answers.push(JSON.parse(data.toString())));
      await new Promise((resolve, reject) => {
        socket.on("open", resolve);
        socket.on("error", reject);
      });
      socket.send(JSON.stringify({ type: "task", task }));
      await expect
        .poll(() => answers.at(-1), { timeout: 60_000 })
        .toMatchObject({ type: "error", data: expect.stringContaining("Task not found") });
      socket.close();
    }
  });

  test.each(entrances.filter((entrance) => nameOf(entrance) in guarded))(
    "$method $url is refused",
    async (entrance) => {
      const { method, url } = entrance;
      for (const form of twins(url.replace(":id", recordOf(url)).replace(/:(?:key|org)_id/, AGENT_PLACEHOLDER))) {
        const query = queries[nameOf(entrance)] ?? "";
        const { status } = await call(method, form + query, key(), guarded[nameOf(entrance)]);
        expect([401, 403, 404], form).toContain(status);
      }
    },
  );
});

test("its owner passes, on the other node as well", async () => {
  const get = await call("GET", `/agents/${id}/tasks/${foreign.taskId}`, owner, undefined);
  expect([get.status, JSON.parse(get.text).id]).toEqual([200, foreign.taskId]);
  expect((await rpc("ListTasks", {})).result.totalSize).toBe(1);
  const configs = (await rpc("ListTaskPushNotificationConfigs", { taskId: foreign.taskId })).result.configs;
  expect(configs).toEqual([{ taskId: foreign.taskId, id: "config", url: "http://127.0.0.1:8999/hook" }]);
});
