import { get, type IncomingMessage } from "node:http";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import WebSocket from "ws";
import type { Log } from "./runtime/index.ts";
import { startAgent, startTestGateway, type TestAgent, type TestGateway, textTask } from "./testing/index.ts";

interface Line extends Record<string, unknown> {
  level: string;
  message: string;
}

const CANARY = "canary-5f1c";

function collect(levels: readonly string[]): { lines: Line[]; log: Log } {
  const lines: Line[] = [];
  const at = (level: string) => (fields: object, message: string) => {
    if (levels.includes(level)) lines.push({ level, message, ...fields });
  };
  const isLevelEnabled = (level: string) => levels.includes(level);
  return { lines, log: { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error"), isLevelEnabled } };
}

let gate: TestGateway;
let [well, failing]: TestAgent[] = [];
let ids: { well: string; failing: string; paid: string; closed: string };
let org: { id: string; key: string };
const { lines, log } = collect(["info", "warn", "error"]);

beforeAll(async () => {
  gate = await startTestGateway("sqlite", {}, log);
  well = await startAgent();
  failing = await startAgent((_, response) => response.writeHead(500).end(CANARY));
  const register = async (name: string, url: string, more = {}) => (await gate.register({ name, url, ...more })).id;
  ids = {
    well: await register("well", well.url),
    failing: await register("failing", failing.url),
    paid: await register("paid", well.url, { price_per_task: 1 }),
    closed: await register("closed", well.url, { agent_api_key: "the-agents-own-key" }),
  };
  org = await gate.createOrg("poor");
});
afterAll(async () => {
  await gate?.close();
  await well?.close();
  await failing?.close();
});
beforeEach(async () => {
  // A second of its own for each kind.
  gate.clock.skip(1_000);
  lines.length = 0;
});

let next = 0;
/** A request with canaries wherever a caller can put something. */
async function ask(
  method: string,
  path: string,
  { key, body = textTask(CANARY) }: { key?: string; body?: unknown } = {},
) {
  const requestId = `request-${++next}`;
  const response = await fetch(`${gate.url}${path}?token=${CANARY}`, {
    method,
    headers: {
      "x-request-id": requestId,
      "content-type": "application/json",
      cookie: CANARY,
      ...(key !== undefined && { authorization: `Bearer ${key}` }),
    },
    ...(method === "POST" && { body: JSON.stringify(body) }),
  });
  await response.text();
  return { requestId, status: response.status };
}

const a2a = (method: string, params: unknown) => ({ jsonrpc: "2.0", id: 1, method, params });
const message = { message: { messageId: "m", role: "ROLE_USER", parts: [{ text: CANARY }] } };

describe("at the default level", () => {
  test("what went well leaves no line", async () => {
    expect((await ask("POST", `/agents/${ids.well}/task`)).status).toBe(200);
    expect((await ask("GET", `/agents/${ids.well}`)).status).toBe(200);
    expect((await ask("POST", `/agents/${ids.well}`, { body: a2a("SendMessage", message) })).status).toBe(200);
    expect(lines).toEqual([]);
  });

  const refusals: [
    name: string,
    status: number,
    code: string,
    ask: () => Promise<{ requestId: string; status: number }>,
  ][] = [
    ["no key", 401, "unauthorized", () => ask("GET", "/orgs/")],
    ["a key that nobody has", 401, "invalid_api_key", () => ask("GET", "/orgs/", { key: CANARY })],
    ["an agent's own key missing", 401, "invalid_agent_key", () => ask("POST", `/agents/${ids.closed}/task`)],
    ["nobody who pays", 402, "payment_required", () => ask("POST", `/agents/${ids.paid}/task`)],
    [
      "a payer without money",
      402,
      "insufficient_balance",
      () => ask("POST", `/agents/${ids.paid}/task`, { key: org.key }),
    ],
    ["somebody else's agent", 403, "forbidden", () => ask("GET", `/agents/${ids.well}/logs`, { key: org.key })],
    ["no such agent", 404, "not_found", () => ask("POST", `/agents/${crypto.randomUUID()}/task/stream`)],
    ["no such path", 404, "not_found", () => ask("GET", "/nowhere")],
    [
      "a path of A2A that takes no such method",
      405,
      "method_not_allowed",
      () => ask("POST", `/agents/${ids.well}/tasks`),
    ],
    [
      "a task that is none",
      422,
      "validation_failed",
      () => ask("POST", `/agents/${ids.well}/task`, { body: [CANARY] }),
    ],
    [
      "an A2A method that there is not",
      200,
      "a2a_-32601",
      () => ask("POST", `/agents/${ids.well}`, { body: a2a("Sing", {}) }),
    ],
    [
      "an A2A agent that there is not",
      404,
      "not_found",
      () => ask("POST", `/agents/${crypto.randomUUID()}`, { body: a2a("SendMessage", message) }),
    ],
    [
      "an A2A call that nobody pays",
      402,
      "payment_required",
      () => ask("POST", `/agents/${ids.paid}/message:send`, { body: message }),
    ],
  ];
  test.each(refusals)("%s: one line", async (_, status, code, ask) => {
    const asked = await ask();
    expect(asked.status).toBe(status);
    expect(lines).toEqual([
      expect.objectContaining({
        level: "info",
        message: "request refused",
        requestId: asked.requestId,
        status,
        code,
        clientIp: "127.0.0.1",
        method: expect.stringMatching(/^(GET|POST)$/),
        path: expect.stringMatching(/^\/[^?]+$/),
      }),
    ]);
    expect(JSON.stringify(lines)).not.toContain(CANARY);
  });

  test("too many requests leave a line, and so does what is not HTTP", async () => {
    const other = await gate.another({ rateBurst: 1, rateLimit: 0.001 });
    const free = `${other.url}/agents/${ids.well}/task`;
    const headers = { "content-type": "application/json" };
    for (let n = 0; n < 3; n++) await fetch(free, { method: "POST", headers, body: JSON.stringify(textTask("x")) });
    expect(lines.map(({ status }) => status)).toEqual([429, 429]);
    lines.length = 0;
    await fetch(gate.url, { headers: { "x-large": "x".repeat(20_000) } });
    expect(lines).toEqual([expect.objectContaining({ status: 431, requestId: expect.any(String) })]);
  });

  test.each([
    ["a task", (id: string) => ask("POST", `/agents/${id}/task`)],
    ["a stream", (id: string) => ask("POST", `/agents/${id}/task/stream`)],
    ["an A2A message", (id: string) => ask("POST", `/agents/${id}`, { body: a2a("SendMessage", message) })],
    ["an A2A stream", (id: string) => ask("POST", `/agents/${id}/message:stream`, { body: message })],
  ])("%s that its agent fails: one line, with the id that the call log has", async (_, send) => {
    const { requestId } = await send(ids.failing);
    await expect.poll(() => lines).toHaveLength(1);
    expect(lines[0]).toMatchObject({
      level: "info",
      message: "the call to an agent failed",
      requestId,
      agentId: ids.failing,
      agentName: "failing",
      error: "http_500",
      latencyMs: expect.any(Number),
    });
    expect(JSON.stringify(lines)).not.toContain(CANARY);
    const [entry] = (await gate.call("GET", `/agents/${ids.failing}/logs?limit=1`)).body;
    expect(entry).toMatchObject({ request_id: requestId, id: lines[0]!.callId, error_detail: "http_500" });
  });

  test("what is refused on a socket leaves a line each", async () => {
    const socket = new WebSocket(`${gate.url.replace("http", "ws")}/agents/${ids.paid}/task/ws`, {
      headers: { "x-request-id": "of-the-socket" },
    });
    const told: string[] = [];
    socket.on("message", (data) => told.push(JSON.parse(`${data}`).type));
    await new Promise((resolve) => socket.once("open", resolve));
    for (const sent of [{ type: "auth", token: CANARY }, textTask(CANARY)]) socket.send(JSON.stringify(sent));
    await expect.poll(() => told).toEqual(["error", "error"]);
    socket.terminate();
    const common = { requestId: "of-the-socket", method: "WS", path: `/agents/${ids.paid}/task/ws` };
    expect(lines).toEqual([
      expect.objectContaining({ ...common, status: 401, code: "invalid_api_key" }),
      expect.objectContaining({ ...common, status: 402, code: "payment_required" }),
    ]);
    expect(JSON.stringify(lines)).not.toContain(CANARY);
  });

  test("an upgrade that is refused leaves one, under the id that the client is told", async () => {
    const socket = new WebSocket(`${gate.url.replace("http", "ws")}/agents/${ids.well}/task/ws`, {
      headers: { "x-request-id": "upgrade-1", origin: "https://elsewhere.example" },
    });
    const id = await new Promise((resolve) => {
      socket.on("unexpected-response", (_, { headers }) => resolve(headers["x-request-id"]));
    });
    socket.on("error", () => {}).terminate();
    expect(id).toBe("upgrade-1");
    expect(lines).toEqual([expect.objectContaining({ requestId: id, status: 403, code: "origin_not_allowed" })]);
  });

  test("a key that was put into a path is not repeated", async () => {
    for (const spelled of ["ag_org_", "ag%5Forg_", "%61g_org_", "AG_ORG_", "my-ag_org_", "xag_org_"]) {
      await ask("GET", `/orgs/${spelled}abcdefghijklmnopqrstuvwxyz`);
      expect(lines.pop()?.path).toMatch(/^\/orgs\/(my-|x)?ag_org_…$/i);
    }
    const { hostname, port } = new URL(gate.url);
    const response = await new Promise<IncomingMessage>((resolve) =>
      get({ hostname, port, path: "http://ann:secret@there/nothing" }, resolve),
    );
    response.resume();
    expect(lines.pop()?.path).toBe("http://there/nothing");
  });

  test("a flood of refusals leaves ten lines a second and the number of the others; what is seldom stays to be seen", async () => {
    await Promise.all(Array.from({ length: 300 }, () => ask("GET", "/orgs/", { key: CANARY })));
    await ask("POST", `/agents/${ids.paid}/task`);
    gate.clock.skip(1_000);
    const of = (status: number) => lines.filter((line) => line.status === status).length;
    const leftOut = () =>
      lines.filter(({ kind }) => kind === "401 invalid_api_key").reduce((sum, line) => sum + Number(line.leftOut), 0);
    expect(of(402)).toBe(1);
    await expect.poll(() => of(401) + leftOut()).toBe(300);
    expect(lines.length).toBeLessThan(60);
  });
});

test("at debug each request has one line, whatever came of it", async () => {
  const all = collect(["debug", "info", "warn", "error"]);
  const told = await startTestGateway("sqlite", {}, all.log);
  try {
    const { id } = await told.register({ name: "well", url: well!.url });
    const { port } = new URL(told.url);
    const socket = new WebSocket(`ws://127.0.0.1:${port}/agents/${id}/task/ws`, {
      headers: { "x-request-id": "socket" },
    });
    const results: string[] = [];
    socket.on("message", (data) => results.push(JSON.parse(`${data}`).type));
    await new Promise((resolve) => socket.once("open", resolve));
    const { id: failingId } = await told.register({ name: "failing", url: failing!.url });
    all.lines.length = 0;
    const asked = await Promise.all([
      told.call("POST", `/agents/${id}/task?token=${CANARY}`, textTask(CANARY)),
      told.call("POST", `/agents/${id}/task/stream`, textTask(CANARY)),
      told.call("POST", `/agents/${failingId}/task`, textTask(CANARY)),
      told.call("GET", "/orgs/", undefined, CANARY),
      told.call("GET", "/health"),
      ...Array.from({ length: 50 }, () => told.call("GET", "/nowhere")),
    ]);
    socket.send(JSON.stringify(textTask(CANARY)));
    await expect.poll(() => results).toEqual(["status", "result"]);
    socket.terminate();
    const idsOf = (lines: Line[]) =>
      lines
        .map(({ requestId }) => requestId)
        .filter(Boolean)
        .sort();
    const expected = [...asked.map(({ headers }) => headers.get("x-request-id")), "socket"].sort();
    await expect.poll(() => idsOf(all.lines)).toEqual(expected);
    expect(all.lines.find(({ path }) => path === `/agents/${id}/task`)).toMatchObject({
      level: "debug",
      message: "request answered",
      method: "POST",
      status: 200,
      latencyMs: expect.any(Number),
    });
    expect(JSON.stringify(all.lines)).not.toContain(CANARY);
  } finally {
    await told.close();
  }
});
