import type { ServerResponse } from "node:http";
import { SOON_MS } from "@agentgate/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  type AskedOfServer,
  aTool,
  event,
  type ScriptedServer,
  startScriptedServer,
} from "../../mcp-servers/testing/scripted-server.ts";
import { startTestGateway, type TestGateway } from "../../testing/index.ts";

/** Callers who leave a priced call in a session of a server's: what they had is paid for, and what is not paid for they have on no other way. */

const REVISION = "2025-11-25";
let gate: TestGateway;
/** Where the notices of some tests go. */
let other: TestGateway;
let server: ScriptedServer;
let id: string;
let ann: { id: string; key: string };
/** Calls and streams that are open at the server, which the test ends. */
let called: { asked: AskedOfServer; response: ServerResponse } | undefined;
let stream: ServerResponse | undefined;

beforeAll(async () => {
  gate = await startTestGateway();
  other = await gate.another();
  server = await startScriptedServer((asked, response) => {
    const answer = (result: object, headers: Record<string, string> = {}) => {
      response.writeHead(200, { "content-type": "application/json", ...headers });
      response.end(JSON.stringify({ jsonrpc: "2.0", id: asked.id, result }));
    };
    switch (asked.method) {
      case "initialize": {
        const serverInfo = { name: "scripted", version: "1" };
        const told = { protocolVersion: REVISION, capabilities: { tools: {} }, serverInfo };
        return answer(told, { "mcp-session-id": `session-${server.asked.length}` });
      }
      case "tools/list":
        return answer({ tools: [aTool()] });
      case "tools/call":
        called = { asked, response };
        return response.writeHead(200, { "content-type": "text/event-stream" }).flushHeaders();
      case "GET":
        // The gateway's checks ask without a session.
        if (asked.headers["mcp-session-id"] === undefined) return response.writeHead(405).end();
        stream = response;
        return response.writeHead(200, { "content-type": "text/event-stream" }).flushHeaders();
      default:
        return response.writeHead(asked.id === undefined ? 202 : 400).end();
    }
  });
  ann = await gate.createOrg("ann");
  const owner = await gate.createOrg("owner");
  await gate.call("POST", `/orgs/${ann.id}/topup`, { amount: 10 });
  id = (await gate.register({ protocol: "mcp", url: server.url, tools: { prices: { look: "0.05" } } }, owner.key)).id;
});
afterAll(async () => {
  await gate.close();
  await server.close();
});

const ask = (
  method: "GET" | "POST",
  session: string | undefined,
  message?: object,
  signal?: AbortSignal,
  at: TestGateway = gate,
) =>
  fetch(`${at.url}/agents/${id}/mcp`, {
    method,
    headers: {
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
      authorization: `Bearer ${ann.key}`,
      ...(session && { "mcp-session-id": session, "mcp-protocol-version": REVISION }),
    },
    ...(message && { body: JSON.stringify({ jsonrpc: "2.0", ...message }) }),
    ...(signal && { signal }),
  });
const wallet = async () => {
  const { balance, available } = (await gate.call("GET", `/orgs/${ann.id}/wallet`, undefined, ann.key)).body;
  return { balance, available };
};

async function begin(): Promise<string> {
  const params = { protocolVersion: REVISION, capabilities: {}, clientInfo: { name: "test", version: "1" } };
  return (await ask("POST", undefined, { id: 1, method: "initialize", params })).headers.get("mcp-session-id")!;
}

/** Calls the tool, and waits until the server has it. */
async function callTool(session: string, signal?: AbortSignal) {
  called = undefined;
  const params = { name: "look", arguments: {} };
  const response = ask("POST", session, { id: 7, method: "tools/call", params }, signal);
  response.catch(() => {});
  await expect.poll(() => called !== undefined, { timeout: SOON_MS }).toBe(true);
  return { ...called!, told: response };
}

/** What a body tells, as far as it has come. */
function heard(body: ReadableStream<Uint8Array>) {
  const all = { text: "" };
  const write = (chunk: Uint8Array) => {
    all.text += new TextDecoder().decode(chunk);
  };
  void body.pipeTo(new WritableStream({ write })).catch(() => {});
  return all;
}
const until = (all: { text: string }, word: string) =>
  expect.poll(() => all.text, { timeout: SOON_MS }).toContain(word);
const note = (method: string, params: object) => event({ jsonrpc: "2.0", method, params });

test("the session's stream brings no answer, no piece of one, and no name of a task that is not paid for", async () => {
  const before = await wallet();
  const session = await begin();
  stream = undefined;
  const opened = new AbortController();
  const beside = ask("GET", session, undefined, opened.signal);
  await expect.poll(() => stream !== undefined, { timeout: SOON_MS }).toBe(true);
  const all = heard((await beside).body!);
  const leaving = new AbortController();
  const { asked, response } = await callTool(session, leaving.signal);
  const left = new Promise((resolve) => response.on("close", resolve));
  leaving.abort();
  await left;
  const content = [{ type: "text", text: "THE ANSWER" }];
  stream!.write(note("notifications/progress", { progressToken: 7, progress: 1, message: "A PIECE" }));
  stream!.write(note("notifications/message", { level: "info", data: "A PIECE" }));
  stream!.write(note("notifications/tasks/status", { taskId: "A TASK", status: "completed" }));
  stream!.write(event({ jsonrpc: "2.0", id: asked.id, result: { content } }));
  stream!.write(note("notifications/resources/updated", { uri: "a://b" }));
  await until(all, "resources/updated");
  expect(all.text).not.toMatch(/THE ANSWER|A PIECE|tasks\/status/);
  await expect.poll(wallet, { timeout: SOON_MS }).toEqual(before);
  opened.abort();
});

const nodes = ["its node", "another node"] as const;
const nodeOf = (place: (typeof nodes)[number]) => (place === "its node" ? gate : other);

test.each(nodes)("who cancels a call after a piece of it, at %s, has paid for it as who hangs up", async (place) => {
  const before = await wallet();
  const session = await begin();
  const { told, response } = await callTool(session);
  response.write(note("notifications/progress", { progressToken: 7, progress: 1, message: "A PIECE" }));
  const all = heard((await told).body!);
  await until(all, "A PIECE");
  const closed = new Promise((resolve) => response.on("close", resolve));
  const params = { requestId: 7 };
  const cancelled = { method: "notifications/cancelled", params };
  expect((await ask("POST", session, cancelled, undefined, nodeOf(place))).status).toBe(202);
  // The server says nothing more, and is asked for nothing more.
  await closed;
  await expect.poll(async () => (await wallet()).balance, { timeout: SOON_MS }).toBeCloseTo(before.balance - 0.05, 6);
  await until(all, "cancelled");
});

test.each(nodes)("who cancels at %s before anything has come pays nothing", async (place) => {
  const before = await wallet();
  const session = await begin();
  const { told, response } = await callTool(session);
  const closed = new Promise((resolve) => response.on("close", resolve));
  const cancelled = { method: "notifications/cancelled", params: { requestId: 7 } };
  await ask("POST", session, cancelled, undefined, nodeOf(place));
  await closed;
  const text = await (await told).text();
  expect(text).toContain("cancelled");
  await expect.poll(wallet, { timeout: SOON_MS }).toEqual(before);
});

test("nobody cancels what another caller, or another session, has called under the same name", async () => {
  const before = await wallet();
  const session = await begin();
  const { asked, told, response } = await callTool(session);
  const bob = await gate.createOrg("bob");
  const cancelled = { method: "notifications/cancelled", params: { requestId: 7 } };
  expect((await ask("POST", await begin(), cancelled, undefined, other)).status).toBe(202);
  expect((await ask("POST", undefined, cancelled)).status).toBe(202);
  const headers = { "content-type": "application/json", authorization: `Bearer ${bob.key}` };
  const body = JSON.stringify({ jsonrpc: "2.0", ...cancelled });
  expect((await fetch(`${other.url}/agents/${id}/mcp`, { method: "POST", headers, body })).status).toBe(202);
  response.end(event({ jsonrpc: "2.0", id: asked.id, result: { content: [{ type: "text", text: "THE ANSWER" }] } }));
  expect(await (await told).text()).toContain("THE ANSWER");
  await expect.poll(async () => (await wallet()).balance, { timeout: SOON_MS }).toBeCloseTo(before.balance - 0.05, 6);
});
