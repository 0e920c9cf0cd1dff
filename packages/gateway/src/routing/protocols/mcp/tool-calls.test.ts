import { SOON_MS } from "@agentgate/testing";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import WebSocket from "ws";
import {
  answer,
  aTool,
  event,
  refuse,
  type Script,
  type ScriptedServer,
  serving,
  startScriptedServer,
} from "../../../mcp-servers/testing/scripted-server.ts";
import { type SdkServer, startSdkServer, testTools } from "../../../mcp-servers/testing/sdk-server.ts";
import { startTestGateway, type TestGateway } from "../../../testing/index.ts";

let gate: TestGateway;
let sdk: SdkServer;
let server: ScriptedServer;
let script: Script;
let payer: { id: string; key: string };
let owner: { id: string; key: string };
beforeAll(async () => {
  gate = await startTestGateway();
  sdk = await startSdkServer(testTools());
  server = await startScriptedServer(
    serving(
      () => [aTool()],
      (...args) => script(...args),
    ),
  );
  payer = await gate.createOrg("payer");
  owner = await gate.createOrg("owner", { tier: "enterprise" });
  await gate.call("POST", `/orgs/${payer.id}/topup`, { amount: 10 });
});
afterAll(async () => {
  await gate.close();
  await sdk.close();
  await server.close();
});
beforeEach(() => {
  server.asked.length = 0;
  sdk.requests.length = 0;
});

const agentOn = async (url: string, fields: Record<string, unknown> = {}, key?: string): Promise<string> =>
  (await gate.register({ protocol: "mcp", url, ...fields }, key)).id;
const order = (tool: unknown, args?: unknown) => ({
  id: "t",
  message: {
    parts: [
      { type: "data", data: { ...(tool !== undefined && { tool }), ...(args !== undefined && { arguments: args }) } },
    ],
  },
});
const send = (id: string, task: unknown, key: string | null = payer.key) =>
  gate.call("POST", `/agents/${id}/task`, task, key);
const calls = () => sdk.requests.filter(({ body }) => body.includes('"tools/call"'));
const balance = async () =>
  (await gate.call("GET", `/orgs/${payer.id}/wallet`, undefined, payer.key)).body.balance as number;

test("a task is a call of a tool, and its structured answer is data", async () => {
  const { status, body } = await send(await agentOn(sdk.url), order("add", { a: 1, b: 2 }));
  expect(status).toBe(200);
  expect(body).toMatchObject({
    id: "t",
    status: { state: "completed" },
    artifacts: [{ parts: [{ type: "data", data: { sum: 3 } }] }],
  });
  const [call] = calls();
  expect(call!.headers).toMatchObject({
    "mcp-method": "tools/call",
    "mcp-name": "add",
    "mcp-protocol-version": "2026-07-28",
  });
  expect(JSON.parse(call!.body).params).toMatchObject({
    name: "add",
    arguments: { a: 1, b: 2 },
    _meta: {
      "io.modelcontextprotocol/clientCapabilities": {
        elicitation: {},
        extensions: { "io.modelcontextprotocol/tasks": {} },
      },
    },
  });
});

test.each<[what: string, task: unknown, loc: (string | number)[]]>([
  ["a text", { message: { parts: [{ type: "text", text: "add 1 and 2" }] } }, ["body", "message", "parts"]],
  [
    "two data parts",
    {
      message: {
        parts: [
          { type: "data", data: { tool: "add" } },
          { type: "data", data: {} },
        ],
      },
    },
    ["body", "message", "parts", 1],
  ],
  [
    "data that is a list",
    { message: { parts: [{ type: "data", data: [1] }] } },
    ["body", "message", "parts", 0, "data"],
  ],
  ["no tool, of two", order(undefined, {}), ["body", "message", "parts", 0, "data", "tool"]],
  ["a tool that is not there", order("subtract", {}), ["body", "message", "parts", 0, "data", "tool"]],
  ["a tool that is no text", order(7, {}), ["body", "message", "parts", 0, "data", "tool"]],
  ["arguments that are no object", order("add", [1]), ["body", "message", "parts", 0, "data", "arguments"]],
  [
    "an argument of another type",
    order("add", { a: "1", b: 2 }),
    ["body", "message", "parts", 0, "data", "arguments", "a"],
  ],
  ["an argument too few", order("add", { a: 1 }), ["body", "message", "parts", 0, "data", "arguments"]],
])("%s is refused with what is wrong, before anything is paid or sent", async (_, task, loc) => {
  const id = await agentOn(sdk.url, { tools: { prices: { add: "0.05", fail: "0.01" } } }, owner.key);
  sdk.requests.length = 0;
  const before = await balance();
  const { status, body } = await send(id, task);
  expect([status, body.code]).toEqual([422, "validation_failed"]);
  expect(body.detail.map((finding: { loc: unknown }) => finding.loc)).toContainEqual(loc);
  expect(calls()).toEqual([]);
  expect(await balance()).toBe(before);
});

test("each tool costs its own price; one that fails costs nothing", async () => {
  const id = await agentOn(sdk.url, { tools: { prices: { add: "0.05", fail: "0.02" } } }, owner.key);
  const before = await balance();
  const paid = await send(id, order("add", { a: 1, b: 2 }));
  expect(paid.body.ucp).toMatchObject({ price_per_task: 0.05 });
  expect(await balance()).toBeCloseTo(before - 0.05, 6);
  const failed = await send(id, order("fail"));
  expect([failed.status, failed.body.detail]).toEqual([502, "Agent returned error: No such city"]);
  expect(await balance()).toBeCloseTo(before - 0.05, 6);
  const unpaid = await send(id, order("add", { a: 1, b: 2 }), null);
  expect([unpaid.status, unpaid.body.price, unpaid.body.skill]).toEqual([402, 0.05, "add"]);
});

test("an answer that the tool's own schema does not allow fails, and costs nothing", async () => {
  const lying = await startSdkServer([
    { ...testTools()[0]!, run: () => ({ content: [], structuredContent: { sum: "three" } }) },
  ]);
  const id = await agentOn(lying.url, { tools: { prices: { add: "0.05" } } }, owner.key);
  const before = await balance();
  const { status, body } = await send(id, order("add", { a: 1, b: 2 }));
  expect([status, body.detail]).toEqual([502, expect.stringMatching(/schema does not allow at \/sum/)]);
  expect(await balance()).toBe(before);
  await lying.close();
});

test("a stream tells the tool's progress as chunks, and then its result", async () => {
  script = ({ id, params }, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    const progress = (message: string, at: number) =>
      event({
        jsonrpc: "2.0",
        method: "notifications/progress",
        params: { progressToken: params._meta.progressToken, progress: at, message },
      });
    response.write(progress("reading", 1) + progress("writing", 2));
    response.end(
      event({ jsonrpc: "2.0", id, result: { resultType: "complete", content: [{ type: "text", text: "done" }] } }),
    );
  };
  const id = await agentOn(server.url);
  const { body } = await gate.call<string>("POST", `/agents/${id}/task/stream`, order("look"));
  const events = body
    .split("\n\n")
    .filter(Boolean)
    .map((one) => one.split("\n").map((line) => line.slice(line.indexOf(":") + 2)));
  expect(events.map(([type]) => type)).toEqual(["status", "chunk", "chunk", "chunk", "result"]);
  expect(events.slice(1, 4).map(([, data]) => data)).toEqual(["reading", "writing", "done"]);
  expect(JSON.parse(events[4]![1]!)).toMatchObject({
    status: { state: "completed" },
    artifacts: [{ parts: [{ type: "text", text: "done" }] }],
  });
});

test("over a WebSocket the same task gets the same answer", async () => {
  const id = await agentOn(sdk.url);
  const socket = new WebSocket(`${gate.url.replace("http", "ws")}/agents/${id}/task/ws`);
  const messages: any[] = [];
  socket.on("message", (data) => messages.push(JSON.parse(`${data}`)));
  await new Promise((resolve) => socket.on("open", resolve));
  socket.send(JSON.stringify({ type: "auth", token: payer.key }));
  socket.send(JSON.stringify({ type: "task", task: order("add", { a: 2, b: 2 }) }));
  await expect.poll(() => messages.find(({ type }) => type === "result")).toBeDefined();
  expect(JSON.stringify(messages.find(({ type }) => type === "result"))).toContain('"sum":4');
  socket.close();
});

test("a chain calls it as one of its steps", async () => {
  const id = await agentOn(sdk.url);
  const steps = [
    { agent_id: id, skill: "add", input_template: '{"a": 20, "b": {input}}' },
    { agent_id: id, skill: "add", input_template: '{"a": 1, "b": 2}' },
  ];
  const chain = await gate.call("POST", "/chains/", { name: "sum", steps });
  expect(chain.status).toBe(201);
  const run = await gate.call("POST", `/chains/${chain.body.id}/run`, { input: "22" });
  expect(JSON.stringify(run.body.trace)).toMatch(/sum.{1,8}42.*sum.{1,8}3/);
});

test("nothing of the caller's, and nothing but the agent's credential, reaches the server", async () => {
  script = (one, response) => answer(one, response, { content: [] });
  const id = await agentOn(server.url, { credential: { type: "header", name: "X-Api-Key", value: "own-key" } });
  server.asked.length = 0;
  await fetch(`${gate.url}/agents/${id}/task`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      authorization: `Bearer ${payer.key}`,
      cookie: "session=canary-cookie",
      "mcp-session-id": "canary-session",
      "mcp-param-q": "canary-param",
      "x-custom": "canary-custom",
    },
    body: JSON.stringify(order("look", { q: "x" })),
  });
  const [call] = server.asked;
  expect(call!.headers["x-api-key"]).toBe("own-key");
  const told = JSON.stringify([call!.headers, call!.params]);
  expect(told).not.toContain(payer.key);
  expect(told).not.toMatch(/canary/);
});

test.each<[what: string, status: number, script: Script]>([
  [
    "a tool that the server does not know",
    502,
    (one, response) => refuse(one, response, 200, { code: -32602, message: "Unknown tool" }),
  ],
  ["a crash", 502, (_, response) => void response.writeHead(500).end("stack trace")],
  ["a connection that breaks", 502, (_, response) => void response.destroy()],
  ["a login page", 401, (_, response) => void response.writeHead(401).end()],
  [
    "what asks for the caller's own model",
    502,
    (one, response) =>
      answer(one, response, {
        resultType: "input_required",
        inputRequests: { a: { method: "sampling/createMessage", params: {} } },
      }),
  ],
  ["a kind of result that nobody knows", 502, (one, response) => answer(one, response, { resultType: "surprise" })],
  [
    "a redirect",
    502,
    (_, response) => void response.writeHead(307, { location: "http://169.254.169.254/latest" }).end(),
  ],
])("%s is answered with %i, and costs nothing", async (_, status, failing) => {
  script = (...args) => failing(...args);
  const id = await agentOn(server.url, { tools: { prices: { look: "0.05" } } }, owner.key);
  const before = await balance();
  const { status: told, body } = await send(id, order("look"));
  expect(told).toBe(status);
  expect(JSON.stringify(body)).not.toMatch(/169\.254|stack trace.*at /);
  expect(await balance()).toBe(before);
});

test("a caller who hangs up stops the tool, and pays nothing", async () => {
  let stopped = false;
  script = (_, response) => void response.on("close", () => (stopped = true));
  const id = await agentOn(server.url, { tools: { prices: { look: "0.05" } } }, owner.key);
  const before = await balance();
  const gone = new AbortController();
  const asked = fetch(`${gate.url}/agents/${id}/task`, {
    method: "POST",
    signal: gone.signal,
    headers: { "content-type": "application/json", authorization: `Bearer ${payer.key}` },
    body: JSON.stringify(order("look")),
  }).catch(() => {});
  await expect.poll(() => server.asked.some(({ method }) => method === "tools/call")).toBe(true);
  gone.abort();
  await asked;
  await expect.poll(() => stopped, { timeout: SOON_MS }).toBe(true);
  await expect.poll(balance).toBe(before);
});
