import { acceptedContent, inputRequired } from "@modelcontextprotocol/server";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { serveFoodpanda } from "../../examples/foodpanda/serve.ts";
import { demoKey } from "../../examples/foodpanda/site.ts";
import { mcpCalls } from "../../packages/gateway/src/mcp/testing/mcp-calls.ts";
import { TaskAgent } from "../../packages/gateway/src/mcp/testing/task-agent.ts";
import { startSdkServer, type TestTool, textOf } from "../../packages/gateway/src/mcp-servers/testing/sdk-server.ts";
import { createDatabase, type TestDatabase, testEngines } from "../../packages/gateway/src/storage/testing/index.ts";
import { ADMIN_KEY, type ServedNode, serveNode } from "../../packages/gateway/src/testing/index.ts";

/** What goes on over several requests goes on whichever node is asked next, and when the one that was asked first has been killed. */

/** Of a turn of the A2A agent, in dollars. */
const PRICE = 0.05;

type Closing = { close(): Promise<void> };
const opened: Closing[] = [];
const opens = <T extends Closing>(one: T): T => {
  opened.push(one);
  return one;
};

let worker: TaskAgent;
const places: Record<"worker" | "asking" | "counting", { url: string }> = {} as never;
beforeAll(async () => {
  worker = opens(
    await new TaskAgent((message, turn) => {
      const text = message.parts[0]?.text;
      if (text === "work") return { state: "TASK_STATE_WORKING" };
      if (turn === 0) return { state: "TASK_STATE_INPUT_REQUIRED", says: [{ text: "Which day?" }] };
      if (turn === 1 && text === "Monday")
        return { state: "TASK_STATE_INPUT_REQUIRED", says: [{ text: "And the hour?" }] };
      return { state: "TASK_STATE_COMPLETED", makes: [{ text: `Booked for ${text}` }] };
    }).start(),
  );
  places.worker = worker;
  places.asking = opens(await startSdkServer([book], "modern"));
  places.counting = opens(await startSdkServer([count], "sessions"));
});
afterAll(async () => {
  await Promise.all(opened.map((one) => one.close()));
});

const book: TestTool = {
  name: "book",
  inputSchema: { type: "object" },
  run(_, { mcpReq }) {
    const day = acceptedContent<{ day: string }>(mcpReq.inputResponses, "day")?.day;
    if (day !== undefined) return textOf(`Booked for ${day}`);
    const requestedSchema = { type: "object" as const, properties: { day: { type: "string" as const } } };
    return inputRequired({ inputRequests: { day: inputRequired.elicit({ message: "Which day?", requestedSchema }) } });
  },
};
const counts = new Map<string, number>();
const count: TestTool = {
  name: "count",
  inputSchema: { type: "object" },
  run(_, __, { sessionId }) {
    counts.set(sessionId!, (counts.get(sessionId!) ?? 0) + 1);
    return textOf(`${counts.get(sessionId!)}`);
  },
};

/** What is registered at the nodes, and whose key it is called with. */
interface Stand {
  key: string;
  agents: Record<keyof typeof places | "shop", string>;
}

/** One after the other, each turn asks a node; between two of them, at each `yield`, it may be another one. */
type Talk = (node: () => string, stand: Stand) => AsyncGenerator<undefined, void>;

const form = { elicitation: { form: {} } };
const tasks = { ...form, extensions: { "io.modelcontextprotocol/tasks": {} } };

const talks: Record<string, Talk> = {
  async *"questions of an A2A agent, each of which is paid for"(node, { key, agents }) {
    const { call } = mcpCalls(node);
    const ask = async (more: object = {}) => {
      const params = { name: "work", arguments: { message: "book" }, ...more };
      return (await call(`/agents/${agents.worker}/mcp`, "tools/call", params, { key, capabilities: form })).frame
        .result;
    };
    const answer = (turn: number, text: string) => ({
      [`turn-${turn}`]: { action: "accept", content: { answer: text } },
    });
    const first = await ask();
    expect(Object.keys(first.inputRequests)).toEqual(["turn-1"]);
    yield;
    const second = await ask({ requestState: first.requestState, inputResponses: answer(1, "Monday") });
    expect(Object.keys(second.inputRequests)).toEqual(["turn-2"]);
    yield;
    const done = await ask({ requestState: second.requestState, inputResponses: answer(2, "noon") });
    expect(done.content[0].text).toBe("Booked for noon");
    expect(done._meta["dev.agentgate/receipt"].amount).toBe("0.05");
  },

  async *"a task of the extension"(node, { key, agents }) {
    const { call } = mcpCalls(node);
    const path = `/agents/${agents.worker}/mcp`;
    const ask = async (method: string, params: object) =>
      (await call(path, method, params, { key, capabilities: tasks })).frame.result;
    const { taskId, resultType } = await ask("tools/call", { name: "work", arguments: { message: "work" } });
    expect(resultType).toBe("task");
    const task = worker.latest;
    yield;
    expect(await ask("tasks/get", { taskId })).toMatchObject({ status: "working" });
    worker.move(task, { state: "TASK_STATE_INPUT_REQUIRED", says: [{ text: "Which?" }] });
    await expect.poll(async () => (await ask("tasks/get", { taskId })).status).toBe("input_required");
    yield;
    const inputResponses = { "turn-1": { action: "accept", content: { answer: "that one" } } };
    await ask("tasks/update", { taskId, inputResponses });
    yield;
    await expect.poll(async () => (await ask("tasks/get", { taskId })).status).toBe("completed");
    expect((await ask("tasks/get", { taskId })).result.content[0].text).toBe("Booked for that one");
  },

  async *"a session at an MCP server"(node, { key, agents }) {
    const at = () => `${node()}/agents/${agents.counting}/mcp`;
    let session: string | undefined;
    const send = async (message: object, method = "POST") => {
      const response = await fetch(at(), {
        method,
        headers: {
          "content-type": "application/json",
          accept: "application/json, text/event-stream",
          authorization: `Bearer ${key}`,
          ...(session && { "mcp-session-id": session, "mcp-protocol-version": "2025-11-25" }),
        },
        ...(method === "POST" && { body: JSON.stringify({ jsonrpc: "2.0", ...message }) }),
      });
      session ??= response.headers.get("mcp-session-id") ?? undefined;
      return { status: response.status, text: await response.text() };
    };
    const counted = async () => {
      const { text } = await send({ id: 2, method: "tools/call", params: { name: "count", arguments: {} } });
      return JSON.parse(/\{.*\}/.exec(text)![0]).result?.content[0].text;
    };
    const params = { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "test", version: "1" } };
    await send({ id: 1, method: "initialize", params });
    expect(session).toBeDefined();
    yield;
    expect((await send({ method: "notifications/initialized" })).status).toBe(202);
    expect(await counted()).toBe("1");
    yield;
    expect(await counted()).toBe("2");
    yield;
    expect((await send({}, "DELETE")).status).toBe(200);
    expect((await send({ id: 3, method: "tools/list" })).status).toBe(404);
  },

  async *"a question of an MCP server to its client"(node, { key, agents }) {
    const { call } = mcpCalls(node);
    const ask = async (more: object = {}) => {
      const params = { name: "book", arguments: {}, ...more };
      return (await call(`/agents/${agents.asking}/mcp`, "tools/call", params, { key, capabilities: form })).frame
        .result;
    };
    const asked = await ask();
    expect(Object.keys(asked.inputRequests)).toEqual(["day"]);
    yield;
    const inputResponses = { day: { action: "accept", content: { day: "Monday" } } };
    const done = await ask({ inputResponses, ...(asked.requestState && { requestState: asked.requestState }) });
    expect(done.content[0].text).toBe("Booked for Monday");
  },

  async *"a question of an MCP server, over REST"(node, { key, agents }) {
    const send = async (message: object) =>
      (await post(node(), `/agents/${agents.asking}/task`, { message }, key)).body;
    const asked = await send({ parts: [{ type: "data", data: { tool: "book", arguments: {} } }] });
    expect(asked.status.state).toBe("input-required");
    yield;
    const done = await send({ taskId: asked.taskId, parts: [{ type: "text", text: "Monday" }] });
    expect(JSON.stringify(done)).toContain("Booked for Monday");
  },

  async *"an order at a website"(node, { key, agents }) {
    const { call } = mcpCalls(node);
    const step = async (name: string, args: object) => {
      const params = { name: `order_food__${name}`, arguments: args };
      const { frame } = await call(`/agents/${agents.shop}/mcp`, "tools/call", params, { key });
      expect(frame.result?.isError, JSON.stringify(frame)).toBeUndefined();
      return frame.result.structuredContent;
    };
    const { session_id } = await step("start", {});
    yield;
    await step("add_dish", { session_id, dish_id: "gyoza", portions: 3 });
    yield;
    const { result } = await step("set_delivery", { session_id, street: "Torstraße 1", postal_code: "10119" });
    yield;
    const placed = await step("place_order", { session_id, accepted_total: result.total });
    expect(placed).toMatchObject({ flow_complete: true });
  },
};

async function post(url: string, path: string, body: unknown, key: string, method = "POST") {
  const response = await fetch(url + path, {
    method,
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json().catch(() => undefined)) as any };
}

describe.each(testEngines())("two processes on %s", (engine) => {
  let database: TestDatabase;
  let nodes: [ServedNode, ServedNode];
  let stand: Stand;
  let org: string;
  beforeAll(async () => {
    database = await createDatabase(engine);
    const { databaseUrl, dataDirectory } = database.location;
    const serve = () =>
      serveNode({
        ...(databaseUrl !== undefined && { DATABASE_URL: databaseUrl }),
        AGENTGATE_DATA_DIR: dataDirectory,
        AGENTGATE_API_KEY: ADMIN_KEY,
        AGENTGATE_SECRET_KEY: "0123456789abcdef0123",
        AGENTGATE_ALLOW_PRIVATE_NETWORKS: "1",
        AGENTGATE_MCP_TASK_AFTER_MS: "50",
        AGENTGATE_RATE_LIMIT: "1000000",
        AGENTGATE_RATE_BURST: "1000000",
      });
    nodes = await Promise.all([serve(), serve()]);
    const [{ url }] = nodes;
    const { body: made } = await post(url, "/orgs/", { name: "payer", tier: "enterprise" }, ADMIN_KEY);
    org = made.id;
    await post(url, `/orgs/${org}/topup`, { amount: 100 }, ADMIN_KEY);
    const register = async (fields: object) => {
      const { status, body } = await post(url, "/agents/", fields, ADMIN_KEY);
      expect(status, JSON.stringify(body)).toBe(201);
      return body.id as string;
    };
    const card_url = `${worker.url}/.well-known/agent-card.json`;
    // It has so many portions and no more.
    const shop = await register({ protocol: "site", url: opens(await serveFoodpanda(0)).url });
    await post(
      url,
      `/agents/${shop}/credentials`,
      { type: "header", name: "X-API-Key", value: demoKey },
      ADMIN_KEY,
      "PUT",
    );
    stand = {
      key: made.api_key,
      agents: {
        worker: await register({ name: "Worker", card_url, price_per_task: PRICE }),
        asking: await register({ protocol: "mcp", url: places.asking.url }),
        counting: await register({ protocol: "mcp", url: places.counting.url }),
        shop,
      },
    };
  });
  afterAll(async () => {
    for (const { child } of nodes ?? []) child.kill("SIGKILL");
    await Promise.all((nodes ?? []).map(({ exited }) => exited));
    await database?.remove();
  });
  const wallet = async (url: string) => (await post(url, `/orgs/${org}/wallet`, undefined, ADMIN_KEY, "GET")).body;

  test.each(Object.entries(talks))("%s: asked in turn", async (_, talk) => {
    let turn = 0;
    for await (const _border of talk(() => nodes[turn++ % 2]!.url, stand));
  });

  test("one is killed between two turns: the other goes on with all of it", async () => {
    const [doomed, other] = nodes;
    const { balance: before } = await wallet(other.url);
    let asked = doomed;
    const open: AsyncGenerator<undefined, void>[] = [];
    for (const talk of Object.values(talks)) {
      // One is broken off at its first border, the next at its second, until one has reached its end.
      for (let borders = 1; ; borders++) {
        const one = talk(() => asked.url, stand);
        let isOver = false;
        for (let n = 0; n < borders && !isOver; n++) isOver = (await one.next()).done === true;
        if (isOver) break;
        open.push(one);
      }
    }
    expect(open.length).toBe(13);
    doomed.child.kill("SIGKILL");
    await doomed.exited;
    asked = other;
    for (const one of open) for await (const _border of one);
    // Each turn was paid once, but for the one that was under way when its node died: that is held until its time is up, and given back.
    const { balance, held } = await wallet(other.url);
    expect(Math.round((before - balance) / PRICE)).toBe(16);
    expect([0, PRICE]).toContain(held);
  });
});
