import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createInterface } from "node:readline";
import { Client } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startAnsweringAgent } from "../testing/answering-agent.ts";
import { binPath, cleanEnvironment } from "../testing/run-agentgate.ts";
import { type ServedGateway, serveGateway } from "../testing/served-gateway.ts";

let gateway: ServedGateway;
let agent: Awaited<ReturnType<typeof startAnsweringAgent>>;
let slow: Awaited<ReturnType<typeof startHangingAgent>>;
let agentId: string;
let slowId: string;
beforeAll(async () => {
  gateway = await serveGateway();
  agent = await startAnsweringAgent();
  slow = await startHangingAgent();
  const register = async (name: string, url: string) => {
    const response = await fetch(`${gateway.url}/agents/`, {
      method: "POST",
      headers: { authorization: `Bearer ${gateway.adminKey}`, "content-type": "application/json" },
      body: JSON.stringify({ name, url, skills: [{ id: "greet", name: "Greet" }] }),
    });
    return ((await response.json()) as { id: string }).id;
  };
  agentId = await register("greeter", agent.url);
  slowId = await register("sleeper", slow.url);
});
afterAll(async () => {
  await gateway.stop();
  await agent.close();
  await slow.close();
});

const environment = (more: Record<string, string> = {}) =>
  cleanEnvironment({ AGENTGATE_SERVER: gateway.url, AGENTGATE_API_KEY: gateway.adminKey, ...more });

/** The program as a client starts it, with what it has written so far. */
function start(args: readonly string[], env = environment()) {
  const child = spawn(process.execPath, [binPath, "mcp", ...args], { env, stdio: ["pipe", "pipe", "pipe"] });
  const told: any[] = [];
  let complaints = "";
  // Whatever is no message fails the test that reads it.
  createInterface({ input: child.stdout }).on("line", (line) => told.push(JSON.parse(line)));
  child.stderr.on("data", (chunk) => {
    complaints += chunk;
  });
  const say = (message: object | string) =>
    void child.stdin.write(`${typeof message === "string" ? message : JSON.stringify(message)}\n`);
  return { child, told, say, complaints: () => complaints };
}

const exitOf = async (child: ChildProcess) =>
  child.exitCode === null ? (await once(child, "exit"))[0] : child.exitCode;
const hello = (id: number | string) => ({
  ...{ jsonrpc: "2.0", id, method: "initialize" },
  params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "test", version: "1" } },
});
const call = (id: number, name = "greet") => ({
  ...{ jsonrpc: "2.0", id, method: "tools/call" },
  params: { name, arguments: { message: "hi" } },
});

describe.each(["legacy", "auto", { pin: "2026-07-28" }] as const)("the official client, %j", (mode) => {
  test("lists and calls an agent's tools through the program", async () => {
    const client = new Client({ name: "test", version: "1" }, { versionNegotiation: { mode } });
    const args = [binPath, "mcp", "--agent", "greeter"];
    await client.connect(new StdioClientTransport({ command: process.execPath, args, env: environment() }) as never);
    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name)).toEqual(["greet"]);
    const result = (await client.callTool({ name: "greet", arguments: { message: "hi" } })) as any;
    expect(result.content).toEqual([{ type: "text", text: "hi" }]);
    await expect(client.callTool({ name: "größe", arguments: {} })).rejects.toThrow(/no tool/);
    await client.close();
  });
});

test("what is asked before the end of the input is answered, and then it ends well", async () => {
  const { child, told, say } = start(["--agent", agentId]);
  say(hello("a"));
  say({ jsonrpc: "2.0", method: "notifications/initialized" });
  say(call(2));
  child.stdin.end();
  expect(await exitOf(child)).toBe(0);
  expect(told.map(({ id }) => id)).toEqual(["a", 2]);
  expect(told[1].result.content[0].text).toBe("hi");
});

test("a request that is cancelled is hung up on, and answered with nothing", async () => {
  const { child, told, say } = start(["--agent", slowId]);
  say(hello(1));
  await expect.poll(() => told.length).toBe(1);
  say(call(2));
  await expect.poll(() => slow.asked()).toBe(1);
  say({ jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: 2 } });
  await expect.poll(() => slow.left(), { timeout: 60_000 }).toBe(1);
  say({ jsonrpc: "2.0", id: 3, method: "ping" });
  await expect.poll(() => told.length).toBe(2);
  expect(told[1]).toEqual({ jsonrpc: "2.0", id: 3, result: {} });
  child.stdin.end();
  expect(await exitOf(child)).toBe(0);
});

test("it ends at once when it is told to, and whatever is under way with it", async () => {
  const { child, told, say } = start(["--agent", slowId]);
  say(hello(1));
  await expect.poll(() => told.length).toBe(1);
  const [asked, left] = [slow.asked(), slow.left()];
  say(call(2));
  await expect.poll(() => slow.asked()).toBe(asked + 1);
  child.kill("SIGTERM");
  expect(await exitOf(child)).toBe(0);
  await expect.poll(() => slow.left(), { timeout: 60_000 }).toBe(left + 1);
  expect(told).toHaveLength(1);
});

test("what no gateway takes is answered in words, and nothing else stands on standard output", async () => {
  const { child, told, say, complaints } = start(["--agent", agentId]);
  say("not json");
  say(call(5, "nobody"));
  say(`{"jsonrpc":"2.0","id":6,"method":"ping","params":{"x":"${"x".repeat(5_000_000)}"}}`);
  child.stdin.end();
  expect(await exitOf(child)).toBe(0);
  const codes = told.map(({ id, error }) => `${id} ${error.code}`);
  expect(codes.sort()).toEqual(["5 -32602", "null -32700", "undefined -32600"]);
  expect(complaints()).toBe("");
  const away = start(["--agent", agentId], environment({ AGENTGATE_SERVER: "http://127.0.0.1:9" }));
  away.say(call(1));
  away.child.stdin.end();
  expect(await exitOf(away.child)).toBe(0);
  expect(away.told).toMatchObject([
    { id: 1, error: { code: 503, message: expect.stringContaining("cannot be reached") } },
  ]);
  expect(away.complaints()).toContain("http://127.0.0.1:9");
});

test("options that contradict each other, and an address that is none, are told before anything is read", async () => {
  for (const args of [
    ["--agent", agentId, "--read-only"],
    ["--server", "http://[x"],
  ]) {
    const { child, told, complaints } = start(args);
    expect(await exitOf(child)).toBe(2);
    expect([told, complaints() !== ""]).toEqual([[], true]);
  }
});

/** An agent that never answers, and counts who has left. */
async function startHangingAgent() {
  let [asked, left] = [0, 0];
  const server = createServer((request, response) => {
    request.resume();
    if (request.method === "GET") {
      response.writeHead(404).end();
    } else {
      asked++;
      response.once("close", () => left++);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked: () => asked,
    left: () => left,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
