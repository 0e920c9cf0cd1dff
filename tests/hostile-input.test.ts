import type { ServerResponse } from "node:http";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  cardOf as a2aCardOf,
  type RawAgent,
  type RawRequest,
  rpcResult,
  startRawAgent,
} from "../packages/gateway/src/a2a/testing/raw-agent.ts";
import { formOf, sendForm } from "../packages/gateway/src/deploy/testing/form.ts";
import { tarGz } from "../packages/gateway/src/deploy/testing/tar.ts";
import { testEngines } from "../packages/gateway/src/storage/testing/index.ts";
import {
  ADMIN_KEY,
  startAgent,
  startTestGateway,
  type TestAgent,
  type TestGateway,
  textTask,
} from "../packages/gateway/src/testing/index.ts";
import { type FuzzRequest, hostileRequests, plainRequests, toBytes, type World } from "./testing/hostile-requests.ts";
import { hostileValues } from "./testing/hostile-sources.ts";
import { type OpenApiDocument, type Operation, operationsOf } from "./testing/operations.ts";
import { RawConnection, type RawResponse } from "./testing/raw-connection.ts";
import { ResponseJudge } from "./testing/response-judge.ts";

const seed = Number(process.env.AGENTGATE_SEED ?? (process.env.AGENTGATE_SOAK ? Date.now() & 0x7fffffff : 1));
const runsPerOperation = process.env.AGENTGATE_SOAK ? 2_000 : 40;
const BODY_BYTES_MAX = 40_000;

const report = (request: FuzzRequest, { status, body }: RawResponse) =>
  `${toBytes(request).toString("latin1", 0, 4_000)}\n\n→ ${status} ${body.slice(0, 1_000)}`;

/** A card of A2A 0.3 for whoever asks under this address. */
const cardOf = (url: string) => ({
  protocolVersion: "0.3.0",
  name: "Carded",
  description: "Has a card",
  version: "1.0.0",
  url: `${url}/rpc`,
  preferredTransport: "JSONRPC",
  capabilities: {},
  defaultInputModes: ["text/plain"],
  defaultOutputModes: ["text/plain"],
  skills: [{ id: "echo", name: "Echo", description: "Echoes", tags: [] }],
});

const message = { messageId: "m", role: "ROLE_USER", parts: [{ text: "Hello!" }] };

/** Answers every operation of A2A well, however often it is asked. */
const answerA2A = ({ body }: RawRequest, response: ServerResponse) => {
  const { method, id, params } = body ?? {};
  const task = { id: TASK, contextId: "c", status: { state: "TASK_STATE_WORKING" } };
  const reply = { message: { messageId: "r", role: "ROLE_AGENT", parts: [{ text: "Hi" }] } };
  const results: Record<string, unknown> = {
    SendMessage: params?.message?.contextId === "c" ? { task } : reply,
    SendStreamingMessage: reply,
    SubscribeToTask: { task: { ...task, status: { state: "TASK_STATE_COMPLETED" } } },
    CreateTaskPushNotificationConfig: params,
    GetExtendedAgentCard: cardOf("http://127.0.0.1:9"),
  };
  const text = rpcResult(id, JSON.stringify(results[method] ?? task));
  const streams = method === "SendStreamingMessage" || method === "SubscribeToTask";
  response.setHeader("content-type", streams ? "text/event-stream" : "application/json");
  response.end(streams ? `data: ${text}\n\n` : text);
};
const TASK = "kept-a2a-task";

/**
 * What succeeds only with a secret that the gateway gave to somebody else, where an agent stands at the root of the host, or where something
 * waits for approval, or a browser has one of the gateway's own pages.
 */
const cannotSucceed = [
  ...["POST /a2a/push/{id}", "GET /.well-known/agent-card.json"],
  ...["POST /agents/{id}/approve", "POST /agents/{id}/reject"],
  ...["POST /session", "GET /session", "DELETE /session", "DELETE /sessions/{session_id}"],
];

/** An archive of an agent that lives elsewhere. */
const archiveOf = (url: string, name: string) =>
  tarGz({ name: "agentgate.yaml", content: `name: ${name}\nurl: ${url}\n` });

const isA2A = (path: string) => /^\/agents\/\{id\}\/(?:message:|tasks|extendedAgentCard)/.test(path);

/** Promise P19: nothing a client sends gives a 5xx, an undeclared answer, or touches what others have stored. */
describe.each(testEngines())(`hostile input on %s (seed ${seed})`, { timeout: 3_600_000 }, (engine) => {
  let gate: TestGateway;
  let agent: TestAgent;
  let cardAgent: TestAgent;
  let a2aAgent: RawAgent;
  let cardBase: string;
  let judge: ResponseJudge;
  let document: OpenApiDocument;
  let connection: RawConnection;
  let keptBefore: unknown;
  const errors: unknown[] = [];
  let common: Omit<World, "ids">;
  /** The agents that answer tasks, then one that only has a card. */
  const told = { endpoints: [] as string[], deliveries: [] as string[] };
  const expendable = { agents: [] as string[], orgs: [] as string[], deployed: [] as string[], chains: [] as string[] };
  const kept = { agents: [] as string[], orgs: [] as string[], a2aAgents: [] as string[], chains: [] as string[] };
  const calls: string[] = [];
  const keyIds = { holder: [] as string[], org: [] as string[], admin: [] as string[] };
  /** Completed, canceled and open ones. */
  const sold = { checkouts: [] as string[], legacy: [] as string[], orders: [] as string[] };

  beforeAll(async () => {
    const log = { debug() {}, info() {}, warn() {}, error: (fields: object) => void errors.push(fields) };
    gate = await startTestGateway(engine, { requestBytesMax: BODY_BYTES_MAX }, log);
    agent = await startAgent((task, response) => {
      if (task.path.endsWith("/a2a")) JSON.parse(task.body);
      response.setHeader("content-type", "application/json");
      response.end('{"status":{"state":"completed"}}');
    });
    cardAgent = await startAgent((task, response) => {
      response.setHeader("content-type", "application/json");
      response.statusCode = task.path.endsWith("/agent-card.json") ? 200 : 404;
      response.end(JSON.stringify(cardOf(cardBase)));
    });
    cardBase = `${cardAgent.url}/carded`;
    const capabilities = { streaming: true, pushNotifications: true, extendedAgentCard: true };
    a2aAgent = await startRawAgent(answerA2A, (url) => a2aCardOf(url, { capabilities }));
    document = (await gate.call("GET", "/openapi.json")).body;
    judge = new ResponseJudge(document);
    connection = await RawConnection.open(gate.url);
    await seedWorld();
  });
  afterAll(async () => {
    connection.destroy();
    await gate.close();
    await agent.close();
    await cardAgent.close();
    await a2aAgent.close();
  });

  async function seedWorld() {
    const limits = { tier: "enterprise", rate_limit: 1e6, rate_burst: 1e6 };
    const org = await gate.createOrg("Kept org", limits);
    const changing = await gate.createOrg("Changing org", limits);
    const one = await gate.register({ name: "Kept", url: agent.url, tags: ["kept"], skills: [{ id: "echo" }] });
    const locked = await gate.register({ name: "Locked", url: agent.url, agent_api_key: "agent-key" }, org.key);
    const paid = await gate.register({ name: "Paid", url: agent.url, price_per_task: 0.5 }, org.key);
    await gate.call("POST", `/agents/${one.id}/reviews`, { rating: 4, comment: "kept" });
    await gate.call("POST", `/agents/${one.id}/task`, textTask("kept", "kept-task"));
    await gate.call("POST", `/orgs/${org.id}/topup`, { amount: 1_000_000 });
    const carded = await gate.register({ name: "Carded", card_url: `${cardBase}/.well-known/agent-card.json` });
    await gate.call("PUT", `/agents/${one.id}/credentials`, { type: "bearer", token: "kept-token" });
    const speaking = await gate.register({ card_url: `${a2aAgent.url}/.well-known/agent-card.json` });
    const started = await gate.call("POST", `/agents/${speaking.id}/message:send`, {
      message: { ...message, contextId: "c" },
    });
    expect(started.body.task.id).toBe(TASK);
    const config = { id: "kept-config", url: agent.url };
    await gate.call("POST", `/agents/${speaking.id}/tasks/${TASK}/pushNotificationConfigs`, config);
    kept.a2aAgents.push(speaking.id);
    kept.agents.push(one.id, locked.id, paid.id, carded.id);
    kept.orgs.push(org.id);
    const chain = { name: "Kept chain", steps: [{ agent_id: one.id, input_template: "{input}" }] };
    const makeChain = async () => (await gate.call("POST", "/chains/", chain, org.key)).body.id;
    kept.chains.push(await makeChain());
    await seedShop(org, paid.id);
    await gate.call("POST", `/agents/${one.id}/task`, textTask("x"), org.key);
    calls.push(...(await gate.call("GET", "/logs")).body.entries.map(({ id }: { id: string }) => id));
    keptBefore = await keptRecords();
    for (let n = 0; n < 3; n++) expendable.chains.push(await makeChain());

    const keyFields = { name: "expendable", scopes: ["tasks:call"] };
    for (let n = 0; n < 3; n++) {
      keyIds.org.push((await gate.call("POST", `/orgs/${changing.id}/keys`, keyFields)).body.id);
      keyIds.admin.push((await gate.call("POST", "/admin-keys", keyFields)).body.id);
    }
    keyIds.holder.push(changing.id);
    expendable.orgs.push(changing.id, (await gate.createOrg("Expendable org")).id);
    for (const name of ["a", "b", "c"]) {
      const { id } = await gate.register({ name, url: cardBase, webhook_url: agent.url }, changing.key);
      await gate.call("PUT", `/agents/${id}/credentials`, { type: "bearer", token: "expendable-token" });
      await gate.call("PUT", `/agents/${id}/grants/${org.id}`, { actions: ["call"] });
      expendable.agents.push(id);
    }
    for (const name of ["d", "e"]) {
      const form = formOf(archiveOf(cardBase, name));
      expendable.deployed.push((await sendForm(gate, form, ADMIN_KEY)).body.id);
    }
    for (let n = 0; n < 4; n++) {
      const { body } = await gate.call("POST", "/webhooks/endpoints", { url: agent.url }, changing.key);
      told.endpoints.push(body.id);
      told.deliveries.push((await gate.call("POST", `/webhooks/endpoints/${body.id}/test`)).body.id);
    }
    common = {
      names: ["Kept", "Locked"],
      keys: [ADMIN_KEY, ADMIN_KEY, org.key, changing.key, "agent-key"],
      samples: {
        url: [cardBase, `${cardBase}/`],
        card_url: [`${cardBase}/.well-known/agent-card.json`],
        card: [cardOf(cardBase), null],
        webhook_url: [agent.url, ""],
        org_id: [changing.id, null],
        taskId: [TASK],
        configId: ["kept-config"],
        message: [message, { ...message, taskId: TASK }],
        configuration: [null],
        metadata: [null],
        contextId: ["c"],
        status: ["TASK_STATE_WORKING"],
        statusTimestampAfter: ["2026-01-01T00:00:00Z"],
        pageToken: [""],
        amount: [1, "0.5"],
        force: ["true"],
        tier: ["pro", "enterprise"],
        file: [archiveOf(cardBase, "f")],
        steps: [chain.steps],
        input: ["Hello!", null],
        endpoint_id: told.endpoints,
        agent_id: expendable.agents,
        events: [["task.failed"], []],
        from: ["2026-01-01T00:00:00Z"],
        to: ["2036-01-01T00:00:00+01:00", null],
        scopes: [["*"], ["tasks:call"]],
        agents: [null],
        ip_allow: [null],
        budgets: [[]],
        month: [gate.clock.today().slice(0, 7)],
        position: [0],
        checkout_id: sold.checkouts,
        order_id: sold.orders,
      },
      bodyBytesMax: BODY_BYTES_MAX,
    };
  }

  async function seedShop(org: { id: string; key: string }, agentId: string) {
    const item = {
      item: { id: `agent_${agentId}:task` },
      quantity: 1,
      "local.agentgate.agent_task": { message: "Hi" },
    };
    const checkout = async () =>
      (await gate.call("POST", "/ucp/v1/checkout-sessions", { line_items: [item] }, org.key)).body.id as string;
    const instrument = { id: `wallet:${org.id}`, handler_id: "gw_wallet", type: "wallet_balance" };
    const done = await checkout();
    const payment = { instruments: [instrument] };
    const { body } = await gate.call("POST", `/ucp/v1/checkout-sessions/${done}/complete`, { payment }, org.key);
    sold.orders.push(body.order.id);
    const legacy = async () => {
      const task = { agent_id: agentId, task: textTask("x") };
      return (await gate.call("POST", "/ucp/checkout", task, org.key)).body.session_id as string;
    };
    for (let n = 0; n < 3; n++) {
      sold.checkouts.push(await checkout());
      sold.legacy.push(await legacy());
    }
    sold.checkouts.push(done);
  }

  async function keptRecords() {
    const get = async (path: string) => (await gate.call("GET", path)).body;
    const agents = await Promise.all(kept.agents.map((id) => get(`/agents/${id}`)));
    const orgs = await Promise.all(kept.orgs.map(async (id) => ({ ...(await get(`/orgs/${id}`)), balance: "moves" })));
    const chains = await Promise.all(kept.chains.map((id) => get(`/chains/${id}`)));
    const reviews = await get(`/agents/${kept.agents[0]}/reviews`);
    const { total_invocations } = await get(`/agents/${kept.agents[0]}/usage`);
    const oldest = await get(`/agents/${kept.agents[0]}/logs?limit=1&offset=${total_invocations - 1}`);
    return { agents, orgs, chains, reviews, oldest };
  }

  /** What changes or deletes something is aimed at records that the others do not need. */
  function worldOf({ method, path }: Operation): World {
    if (isA2A(path)) return { ...common, ids: kept.a2aAgents };
    if (path.startsWith("/admin-keys")) return { ...common, ids: keyIds.admin };
    if (path.startsWith("/orgs/{id}/keys"))
      return { ...common, ids: keyIds.holder, samples: { ...common.samples, key_id: keyIds.org } };
    if (/^\/orgs\/\{id\}\/(?:checkouts|orders)/.test(path)) return { ...common, ids: kept.orgs };
    if (path.startsWith("/stats")) {
      const today = gate.clock.today();
      const times = { from: [`${today}T00:00:00Z`], to: [`${today}T23:59:59Z`] };
      return { ...common, ids: kept.agents, samples: { ...common.samples, ...times, org_id: [keyIds.holder[0]] } };
    }
    if (path === "/logs/{id}") return { ...common, ids: calls };
    if (path.startsWith("/agents/{id}/grants"))
      return { ...common, ids: expendable.agents, samples: { ...common.samples, org_id: [kept.orgs[0]] } };
    if (path.startsWith("/ucp/v1/orders")) return { ...common, ids: sold.orders };
    if (path.startsWith("/ucp/v1/checkout-sessions")) return { ...common, ids: sold.checkouts };
    if (path.startsWith("/ucp/checkout/")) return { ...common, ids: sold.legacy };
    if (path === "/ucp/checkout")
      return { ...common, ids: kept.agents, samples: { ...common.samples, agent_id: [kept.agents[2]] } };
    if (path.startsWith("/ucp/schemas")) return { ...common, ids: ["agent_task.json", "wallet.json"] };
    if (path.startsWith("/ucp/docs")) return { ...common, ids: ["agent-task", "wallet"] };
    if (path.endsWith("/{version}")) return { ...common, ids: ["2026-08-25", "2026-04-08"] };
    if (path.startsWith("/webhooks/endpoints")) return { ...common, ids: told.endpoints };
    if (path.startsWith("/webhooks")) return { ...common, ids: told.deliveries };
    if (path.startsWith("/deploy")) return { ...common, ids: expendable.deployed };
    if (path.includes("/task")) return { ...common, ids: [...kept.agents.slice(0, -1), kept.orgs[0]!] };
    const { agents, orgs, chains } = method === "GET" ? kept : expendable;
    if (path.startsWith("/chains")) return { ...common, ids: [...chains, ...chains, agents[0]!] };
    const ids = path.startsWith("/orgs") ? [...orgs, ...orgs, agents[0]!] : [...agents, ...agents, orgs[0]!];
    return { ...common, ids };
  }

  async function send(request: FuzzRequest): Promise<RawResponse> {
    if (connection.isClosed) connection = await RawConnection.open(gate.url);
    const response = await connection.exchange(toBytes(request), request.method);
    if (response.headers.connection === "close") connection.destroy();
    return response;
  }

  test("every operation answers as the OpenAPI document says", async () => {
    const deletesLast = operationsOf(document).sort(
      // What belongs to a resource is deleted before the resource.
      (a, b) =>
        Number(a.method === "DELETE") - Number(b.method === "DELETE") ||
        (a.method === "DELETE" ? b.path.length - a.path.length : 0),
    );
    for (const operation of deletesLast) {
      // Its answer has no end: its questions are tried in events/.
      if (operation.path === "/events") continue;
      const name = `${operation.method} ${operation.path}`;
      const seen = new Set<number>();
      const world = worldOf(operation);
      const requests = fc.oneof(
        { arbitrary: plainRequests(operation, world), weight: 1 },
        { arbitrary: hostileRequests(operation, world), weight: 3 },
      );
      await fc.assert(
        fc.asyncProperty(requests, async (request) => {
          const response = await send(request);
          seen.add(response.status);
          expect(judge.faults(operation, response), report(request, response)).toEqual([]);
          // Loops of agents are the one refusal in the 500s that a caller can ask for.
          if (response.status !== 508) expect(response.status, report(request, response)).toBeLessThan(500);
        }),
        { seed, numRuns: runsPerOperation },
      );
      // Few runs may have drawn no request that is right in every part: then more plain ones are drawn until one is.
      const isDone = () => [...seen].some((status) => status < 400) || cannotSucceed.includes(name);
      for (const request of isDone() ? [] : fc.sample(plainRequests(operation, world), { seed, numRuns: 500 })) {
        if (isDone()) break;
        seen.add((await send(request)).status);
      }
      const succeeded = isDone();
      expect(succeeded, `${name} never succeeded: ${[...seen]}`).toBe(true);
      expect((await gate.call("GET", "/health")).status).toBe(200);
    }
    expect(errors).toEqual([]);
    expect((await gate.call("GET", "/admin/ledger/verify")).body).toMatchObject({ ok: true });
    expect(await keptRecords()).toEqual(keptBefore);
  });

  test("every path refuses the methods it does not have", async () => {
    const methods = ["PATCH", "DELETE", "PUT", "POST", "OPTIONS", "TRACE", "PROPFIND"];
    for (const [path, operations] of Object.entries(document.paths)) {
      const answered = Object.keys(operations).map((method) => method.toUpperCase());
      // To other methods, /agents/tags, /orgs/me and the like are something of that id; POST is an agent's A2A face.
      const byId = ["PUT", "DELETE"];
      const alike = /^\/agents\/[^/]+$/.test(path) ? [...byId, "POST"] : /^\/orgs\/[^/]+$/.test(path) ? byId : [];
      for (const method of methods.filter((name) => ![...answered, ...alike].includes(name))) {
        const target = path.replace(/\{\w+\}/, (isA2A(path) ? kept.a2aAgents : kept.agents)[0]!);
        const response = await send({ method, target, headers: [], body: undefined, chunked: false });
        const expected = [method, path, 405, expect.stringContaining(answered[0]!)];
        expect.soft([method, path, response.status, response.headers.allow]).toEqual(expected);
      }
    }
  });

  test("no message kills a task socket", async () => {
    const socket = new WebSocket(`${gate.url.replace("http", "ws")}/agents/${kept.agents[0]}/task/ws`);
    const answers: string[] = [];
    let wake = () => {};
    socket.onmessage = ({ data }) => {
      answers.push(data);
      wake();
    };
    const answer = async () => {
      while (answers.length === 0) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      return JSON.parse(answers.shift()!);
    };
    await new Promise((resolve) => socket.addEventListener("open", resolve));
    for (const text of [
      ...hostileValues,
      "",
      "{",
      '{"type":"auth"}',
      '{"type":"auth","token":{}}',
      '{"type":"task","task":[]}',
    ]) {
      socket.send(text);
      let last = await answer();
      if (last.type === "status") last = await answer();
      expect(["result", "error"], text.slice(0, 80)).toContain(last.type);
      expect(last.data).not.toBe("Internal server error");
    }
    expect(socket.readyState).toBe(WebSocket.OPEN);
    socket.close();
    expect(errors).toEqual([]);
  });
});
