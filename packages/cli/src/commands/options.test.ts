import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { AgentGateClient } from "@agentgate/client";
import type { Agent } from "@agentgate/protocol";
import { temporaryDirectory } from "@agentgate/testing";
import { Client } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { type ExampleAgent, serveExampleAgent } from "../../../../examples/a2a-agent/serve.ts";
import { startAnsweringAgent } from "../testing/answering-agent.ts";
import { binPath, cleanEnvironment } from "../testing/run-agentgate.ts";
import { type ServedGateway, serveGateway } from "../testing/served-gateway.ts";

/** Agents of two kinds: "greeter" says hi, "talker" of the A2A example is spoken to in its words. */
let gateway: ServedGateway;
let admin: AgentGateClient;
let answering: Awaited<ReturnType<typeof startAnsweringAgent>>;
let example: ExampleAgent;
let greeter: Agent;
let talker: Agent;
beforeAll(async () => {
  [gateway, answering, example] = await Promise.all([serveGateway(), startAnsweringAgent(), serveExampleAgent()]);
  admin = new AgentGateClient({ baseUrl: gateway.url, apiKey: gateway.adminKey });
  greeter = await admin.registerAgent("greeter", answering.url);
  talker = await admin.registerAgentByCard(`${example.url}/.well-known/agent-card.json`, { name: "talker" });
});
afterAll(() => Promise.all([gateway?.stop("SIGKILL"), answering?.close(), example?.close()]));

const tomorrow = () => new Date(Date.now() + 86_400_000).toISOString();
const longAgo = "2020-01-01";

test("an agent's own key is given by update, shown by call and chat, and taken away again", async () => {
  const { id } = await admin.registerAgent("guarded", answering.url);
  expect((await gateway.run(["update", "guarded", "--agent-api-key", "key-of-guarded"])).exitCode).toBe(0);
  const stranger = { env: { AGENTGATE_API_KEY: "" } };
  const refused = await gateway.run(["call", "guarded", "Hello"], stranger);
  expect([refused.exitCode, refused.stdout]).toEqual([1, ""]);
  const wrong = await gateway.run(["call", "guarded", "Hello", "--agent-key", "another-key"], stranger);
  expect([wrong.exitCode, wrong.stderr]).toEqual([1, expect.stringContaining("agent API key")]);
  const shown = await gateway.run(["call", id, "Hello", "--agent-key", "key-of-guarded"], stranger);
  expect(shown).toEqual({ exitCode: 0, stdout: "hi\n", stderr: "" });
  const fromEnvironment = await gateway.run(["call", "guarded", "Hello"], {
    env: { ...stranger.env, AGENTGATE_AGENT_KEY: "key-of-guarded" },
  });
  expect(fromEnvironment.stdout).toBe("hi\n");
  const chatted = await gateway.run(["chat", "guarded", "--agent-key", "key-of-guarded"], {
    ...stranger,
    input: "Hello\n",
  });
  expect([chatted.exitCode, chatted.stdout]).toEqual([0, expect.stringContaining("hi")]);
  expect((await gateway.run(["update", "guarded", "--agent-api-key", ""])).exitCode).toBe(0);
  expect((await gateway.run(["call", "guarded", "Hello"], stranger)).stdout).toBe("hi\n");
});

test("open prints the link that signs in, for a browser elsewhere", async () => {
  const { exitCode, stdout, stderr } = await gateway.run(["open", "--print"]);
  expect([exitCode, stdout]).toEqual([0, expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/\S+code=\S+\n$/)]);
  expect(stderr).toContain("signs in whoever opens it, once");
});

test("logs are narrowed by what went wrong, the task, the request, how long it took, and when", async () => {
  answering.fails(true);
  const failed = await fetch(`${gateway.url}/agents/${greeter.id}/task`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ id: "the-task", message: { parts: [{ type: "text", text: "Hello" }] } }),
  });
  answering.fails(false);
  expect(failed.status).toBeGreaterThanOrEqual(500);
  await gateway.json("call", greeter.id, "Hello");
  const logs = (...filter: string[]) => gateway.json("logs", greeter.id, ...filter);
  await expect.poll(async () => (await logs()).length).toBe(2);
  const statuses = async (...filter: string[]) => (await logs(...filter)).map(({ status }: any) => status);
  expect(await statuses("--error", "timeout,http_500")).toEqual(["error"]);
  expect(await statuses("--error", "timeout")).toEqual([]);
  expect(await statuses("--task", "the-task")).toEqual(["error"]);
  expect(await statuses("--request", failed.headers.get("x-request-id")!)).toEqual(["error"]);
  expect(await statuses("--latency-min", "0")).toHaveLength(2);
  expect(await statuses("--latency-min", "600000")).toEqual([]);
  expect(await statuses("--to", tomorrow())).toHaveLength(2);
  expect(await statuses("--to", longAgo)).toEqual([]);
});

test("tasks are narrowed to one, and gone through page by page", async () => {
  for (const text of ["one", "two"]) await gateway.json("call", talker.id, text);
  const tasks = (...filter: string[]) => gateway.json("tasks", talker.id, ...filter);
  await expect.poll(async () => (await tasks()).entries.length).toBe(2);
  const { entries, next } = await tasks("--limit", "1");
  expect([entries.length, typeof next]).toEqual([1, "string"]);
  const behind = await tasks("--limit", "1", "--before", next);
  expect(behind.entries).toHaveLength(1);
  expect(behind.entries[0].task_id).not.toBe(entries[0].task_id);
  expect((await tasks("--task", entries[0].task_id)).entries).toEqual(entries);
});

test("a review has the name that it was given", async () => {
  const org = await admin.createOrg("reviewer");
  const own = { env: { AGENTGATE_API_KEY: org.api_key! } };
  await gateway.run(["call", "greeter", "Hello"], own);
  const said = await gateway.run(["review", "greeter", "4", "Quick", "--reviewer", "Ada"], own);
  expect([said.exitCode, said.stdout]).toEqual([0, "✓ Rated greeter 4 of 5\n"]);
  expect((await gateway.run(["reviews", "greeter"])).stdout).toContain("Ada");
});

test("an organization is alerted where it was told to be, and its entries are gone through page by page", async () => {
  const org = await gateway.json("org", "create", "spender", "--alert", "5");
  expect(org.billing_alert_threshold).toBe(5);
  const changed = await gateway.json("org", "update", org.id, "--alert", "7.5");
  expect(changed.billing_alert_threshold).toBe(7.5);
  for (const amount of [1, 2]) await admin.topupOrg(org.id, { amount });
  const { entries, next } = await gateway.json("org", "entries", org.id, "--limit", "1");
  expect(entries).toMatchObject([{ change: 2 }]);
  const behind = await gateway.json("org", "entries", org.id, "--limit", "1", "--before", `${next}`);
  expect(behind.entries).toMatchObject([{ change: 1 }]);
});

test("a key is shown from where it may be alone", async () => {
  const org = await admin.createOrg("elsewhere");
  const own = { env: { AGENTGATE_API_KEY: org.api_key! } };
  const create = ["keys", "create", "far", "--scopes", "*", "--ip-allow", "192.0.2.0/24,2001:db8::1", "--json"];
  const made = JSON.parse((await gateway.run(create, own)).stdout);
  expect(made.ip_allow).toEqual(["192.0.2.0/24", "2001:db8::1"]);
  const withIt = { env: { AGENTGATE_API_KEY: made.key } };
  expect((await gateway.run(["me"], withIt)).exitCode).toBe(1);
  expect((await gateway.run(["keys", "update", "far", "--ip-allow", "127.0.0.0/8"], own)).exitCode).toBe(0);
  await expect.poll(async () => (await gateway.run(["me"], withIt)).exitCode).toBe(0);
});

test("whoever may see an agent alone does not call it", async () => {
  const org = await admin.createOrg("onlooker");
  await gateway.json("update", greeter.id, "--visibility", "granted");
  onTestFinished(async () => void (await admin.updateAgent(greeter.id, { visibility: "public" })));
  const grant = await gateway.json("agents", "grant", "greeter", "onlooker", "--discover");
  expect(grant).toMatchObject({ org_id: org.id, actions: ["discover"] });
  const own = { env: { AGENTGATE_API_KEY: org.api_key! } };
  await expect.poll(async () => (await gateway.run(["list"], own)).stdout).toContain("greeter");
  expect((await gateway.run(["call", greeter.id, "Hello"], own)).exitCode).toBe(1);
});

test("tokens are asked for with the scopes that were named", async () => {
  const asked: string[] = [];
  const tokens = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk) => (body += chunk));
    request.on("end", () => {
      asked.push(new URLSearchParams(body).get("scope") ?? "");
      response.writeHead(200, { "content-type": "application/json" });
      response.end(JSON.stringify({ access_token: "a-token", token_type: "Bearer", expires_in: 3600 }));
    });
  });
  await new Promise<void>((resolve) => tokens.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    tokens.closeAllConnections();
    tokens.close();
  });
  const url = `http://127.0.0.1:${(tokens.address() as AddressInfo).port}/token`;
  const { id } = await admin.registerAgent("behind-oauth", answering.url);
  const options = ["--oauth2", url, "--client-id", "me", "--scope", "read write"];
  const set = await gateway.run(["credentials", id, ...options], { env: { AGENTGATE_AGENT_SECRET: "the-secret" } });
  expect([set.exitCode, set.stdout]).toEqual([0, expect.stringContaining("tokens of an OAuth 2 client")]);
  expect((await gateway.run(["call", id, "Hello"])).stdout).toBe("hi\n");
  expect(asked).toEqual(["read write"]);
});

test("mcp offers the tools that were named alone", async () => {
  const org = await admin.createOrg("tooled");
  const skills = ["greet", "sing"].map((id) => ({ id, name: id, description: `Can ${id}` }));
  await admin.registerAgent("choir", answering.url, { orgId: org.id, skills });
  const both = await toolsOf(["mcp"], org.api_key!);
  expect(both).toHaveLength(2);
  const sing = both.filter((name) => name.endsWith("sing"));
  expect(await toolsOf(["mcp", "--tools", sing[0]!], org.api_key!)).toEqual(sing);
});

/** The tools that a client of MCP finds at a command, by name. */
async function toolsOf(args: readonly string[], key: string): Promise<string[]> {
  const env = cleanEnvironment({ AGENTGATE_SERVER: gateway.url, AGENTGATE_API_KEY: key });
  const client = new Client({ name: "test", version: "1" });
  await client.connect(new StdioClientTransport({ command: process.execPath, args: [binPath, ...args], env }));
  onTestFinished(() => client.close());
  return (await client.listTools()).tools.map(({ name }) => name);
}

describe("audit", () => {
  test("is narrowed by who, to what, in which call, and when", async () => {
    const org = await admin.createOrg("audited");
    const own = { env: { AGENTGATE_API_KEY: org.api_key! } };
    await gateway.run(["keys", "create", "noted", "--scopes", "tasks:call"], own);
    const list = (...filter: string[]) => gateway.json("audit", "list", ...filter);
    const actions = async (...filter: string[]) => (await list(...filter)).map(({ action }: any) => action);
    expect(await actions("--actor", org.id)).toEqual(["key.created"]);
    expect(await actions("--target", org.id, "--actor", "admin")).toContain("org.created");
    const [{ request_id }] = await list("--actor", org.id);
    expect(await actions("--request", request_id)).toEqual(["key.created"]);
    expect(await actions("--actor", org.id, "--to", tomorrow())).toEqual(["key.created"]);
    expect(await actions("--actor", org.id, "--to", longAgo)).toEqual([]);
  });

  test("a file with rows left out on purpose is proved as a part", async () => {
    const directory = temporaryDirectory("audit-part");
    onTestFinished(() => directory.remove());
    const exported = async () => (await gateway.run(["audit", "export"])).stdout.trimEnd().split("\n");
    const isLinked = async () => (await exported()).every((line) => JSON.parse(line).chain);
    await expect.poll(isLinked).toBe(true);
    const file = `${directory.path}/part.ndjson`;
    writeFileSync(file, (await exported()).filter((_, at) => at !== 1).join("\n"));
    expect((await gateway.run(["audit", "verify", "--file", file])).exitCode).toBe(1);
    expect((await gateway.run(["audit", "verify", "--file", file, "--part"])).exitCode).toBe(0);
  });
});

describe("webhooks", () => {
  test("are listed, told again and heard by their event and their time", async () => {
    const receiver = createServer((_, response) => response.writeHead(204).end());
    await new Promise<void>((resolve) => receiver.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => {
      receiver.closeAllConnections();
      receiver.close();
    });
    const org = await admin.createOrg("hooked");
    const own = { env: { AGENTGATE_API_KEY: org.api_key! } };
    const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook`;
    const { id } = await admin.createWebhookEndpoint(url, { orgId: org.id });
    const heard = spawn(process.execPath, [binPath, "webhooks", "listen", "--event", "key.rotated"], {
      env: cleanEnvironment({ AGENTGATE_SERVER: gateway.url, AGENTGATE_API_KEY: org.api_key! }),
    });
    onTestFinished(() => void heard.kill("SIGKILL"));
    let [stdout, stderr] = ["", ""];
    heard.stdout.on("data", (chunk) => {
      stdout += chunk;
    });
    heard.stderr.on("data", (chunk) => {
      stderr += chunk;
    });
    await expect.poll(() => stderr).toContain("listening");
    expect((await gateway.run(["webhooks", "test", id], own)).exitCode).toBe(0);
    await admin.rotateKey(org.id);
    await expect.poll(() => stdout).toContain("key.rotated");
    expect(stdout).not.toContain("webhook.test");

    const listed = await gateway.run(["webhooks", "list", "--event", "webhook.test", "--json"], own);
    expect(JSON.parse(listed.stdout).entries.map(({ event }: any) => event)).toEqual(["webhook.test"]);
    const again = ["webhooks", "resend", "--endpoint", id, "--status", "delivered", "--from", longAgo];
    expect((await gateway.run([...again, "--to", "2020-01-02"], own)).stdout).toBe("✓ 0 are told again\n");
  });
});
