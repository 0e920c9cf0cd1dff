import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { freePort } from "@agentgate/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { cardOf, type RawAgent, startRawAgent } from "../a2a/testing/raw-agent.ts";
import { startSdkServer, type TestEra, testTools } from "../mcp-servers/testing/sdk-server.ts";
import { startAgent, startTestGateway, type TestAgent, type TestGateway } from "../testing/index.ts";

/** What is told of an agent before it is registered: what a registration would find, and nothing is kept. */
let gate: TestGateway;
let speaker: RawAgent;
let plain: TestAgent;
let org: { id: string; key: string };
beforeAll(async () => {
  [gate, speaker, plain] = await Promise.all([startTestGateway(), startRawAgent(() => {}), startAgent()]);
  org = await gate.createOrg("Owner");
});
afterAll(async () => {
  await Promise.all([gate.close(), speaker.close(), plain.close()]);
});

const preview = async (url: string, key: string | null = org.key, at = gate) =>
  at.call("POST", "/agents/preview", { url }, key);
const codes = ({ body }: { body: any }) => body.findings.map(({ code }: any) => code);
async function serving(answer: RequestListener): Promise<{ url: string; close(): void }> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close: () => server.close() };
}

test("by the address of the agent or of its card the same is found, and can be registered", async () => {
  const cardUrl = `${speaker.url}/.well-known/agent-card.json`;
  const [byAgent, byCard] = [await preview(speaker.url), await preview(cardUrl)];
  expect(byAgent.body).toEqual(byCard.body);
  expect(byAgent.body).toMatchObject({
    protocol: "a2a",
    card_url: cardUrl,
    registration: { card_url: cardUrl },
    name: "raw agent",
    interfaces: [{ url: speaker.url, binding: "JSONRPC", version: "1.0" }],
    streaming: true,
    card: cardOf(speaker.url),
  });
  expect((await gate.call("GET", `/orgs/${org.id}/agents`)).body).toEqual([]);
  const registered = await gate.register(byAgent.body.registration, org.key);
  expect(registered).toMatchObject({ name: "raw agent", protocol: "a2a" });
  await gate.call("DELETE", `/agents/${registered.id}`, undefined, org.key);
});

test("an agent without a card speaks the plain contract; what its health page answers is told", async () => {
  expect((await preview(plain.url)).body).toMatchObject({
    protocol: "plain",
    card: null,
    registration: { url: plain.url },
  });
  const bare = await serving((_, response) => response.writeHead(404).end());
  const found = await preview(`${bare.url}/agents/tidy`);
  expect([found.body.protocol, found.body.name, codes(found)]).toEqual([
    "plain",
    "tidy",
    ["no_card", "no_health", "unencrypted"],
  ]);
  bare.close();
});

test("where nobody answers it is said so, and a card that is none is called one", async () => {
  const nowhere = await preview(`http://127.0.0.1:${await freePort()}`);
  expect([nowhere.status, nowhere.body.protocol, codes(nowhere)]).toEqual([200, null, ["unreachable"]]);
  const html = await serving((_, response) => response.end("<h1>hello</h1>"));
  const none = await preview(`${html.url}/card.json`);
  expect([none.body.protocol, codes(none), none.body.findings[0].message]).toEqual([
    null,
    ["card_unusable"],
    expect.stringMatching(/not JSON/),
  ]);
  html.close();
});

test("what a registration refuses is refused, or an error among the findings; no address behind a name is told", async () => {
  const guarded = await gate.another({ allowPrivateNetworks: false });
  for (const url of [
    "nonsense",
    "ftp://example.com",
    speaker.url,
    "http://169.254.169.254/latest",
    "http://localhost:1/",
  ]) {
    const [looked, registered] = [
      await preview(url, org.key, guarded),
      await guarded.call("POST", "/agents/", { name: "x", url }, org.key),
    ];
    expect([looked.status, looked.body.detail]).toEqual([400, registered.body.detail]);
  }
  const liar = await startRawAgent(
    () => {},
    () => cardOf("http://user:pass@127.0.0.1:1/"),
  );
  const found = await preview(liar.url);
  expect(found.body.findings).toContainEqual(expect.objectContaining({ code: "refused_address", severity: "error" }));
  expect((await gate.call("POST", "/agents/", found.body.registration, org.key)).status).toBe(400);
  await liar.close();
});

test("hostile answers are bounded: an endless card, one of many levels, one that says its text for ever", async () => {
  const deep = await serving((_, response) => response.end(`${'{"a":'.repeat(500)}1${"}".repeat(500)}`));
  expect(codes(await preview(`${deep.url}/card.json`))).toEqual(["card_unusable"]);
  const huge = await serving((_, response) => response.end(`{"name":"${"x".repeat(2 ** 21)}"}`));
  expect(codes(await preview(`${huge.url}/card.json`))).toEqual(["unreachable"]);
  const long = await startRawAgent(
    () => {},
    (url) => cardOf(url, { name: "n".repeat(10_000), description: "\u202e".repeat(20_000) }),
  );
  const found = await preview(long.url);
  expect([found.body.name.length, found.body.description.length]).toEqual([255, 10_000]);
  expect(codes(found)).toContain("cut");
  deep.close();
  huge.close();
  await long.close();
});

test("who may not register may not look, and nobody looks all the time", async () => {
  expect((await preview(plain.url, null)).status).toBe(401);
  const { key } = (await gate.call("POST", `/orgs/${org.id}/keys`, { name: "k", scopes: ["agents:inspect"] }, org.key))
    .body;
  expect((await preview(plain.url, key)).status).toBe(403);
  const busy = await gate.createOrg("Busy");
  const statuses: number[] = [];
  for (let look = 0; look < 22; look++) statuses.push((await preview("nonsense", busy.key)).status);
  expect(new Set(statuses)).toEqual(new Set([400, 429]));
});

test("an owner has its agent looked at when it likes, though not all the time", async () => {
  const { id } = await gate.register({ name: "watched", url: plain.url, protocol: "plain" }, org.key);
  const check = (key: string | null) => gate.call("POST", `/agents/${id}/health/check`, undefined, key);
  await expect.poll(async () => (await check(org.key)).body).toMatchObject({ agent: "watched", status: "healthy" });
  expect((await check((await gate.createOrg("Other")).key)).status).toBe(403);
  const statuses = [];
  for (let look = 0; look < 4; look++) statuses.push((await check(org.key)).status);
  expect(statuses).toContain(429);
});

test("an agent that may not be called is not looked at: its owner is told why", async () => {
  const { id } = await gate.register({ name: "bad", url: plain.url, protocol: "plain", org_id: org.id });
  await gate.call("POST", `/agents/${id}/suspend`, { reason: "It leaks" });
  const { status, body } = await gate.call("POST", `/agents/${id}/health/check`, undefined, org.key);
  expect([status, body]).toEqual([
    200,
    { agent: "bad", status: "unknown", message: expect.stringMatching(/suspended .*It leaks/) },
  ]);
});

test("an organization's agents are found by a part of their names, with how they do", async () => {
  const mine = await gate.createOrg("Lister", { tier: "pro" });
  for (const name of ["Alpha_1", "alphabet", "Beta"])
    await gate.register({ name, url: plain.url, protocol: "plain" }, mine.key);
  const list = async (query: string) =>
    (await gate.call("GET", `/orgs/${mine.id}/agents${query}`, undefined, mine.key)).body;
  const names = async (query: string) => (await list(query)).map(({ name }: { name: string }) => name);
  expect(await names("?q=ALPHA")).toEqual(["alphabet", "Alpha_1"]);
  expect([await names("?q=a_1"), await names("?q=%25"), await names("?q=%5C")]).toEqual([["Alpha_1"], [], []]);
  expect(await names("")).toHaveLength(3);
  expect((await list("?limit=1"))[0]).not.toHaveProperty("p95_ms");
  expect((await list("?limit=1&record=1"))[0]).toMatchObject({
    p50_ms: null,
    p95_ms: null,
    success_30d: null,
    calls_30d: 0,
  });
  expect((await gate.call("GET", `/orgs/${mine.id}/agents?q=alpha`, undefined, org.key)).status).toBe(403);
});

test.each<TestEra>(["modern", "sessions"])(
  "an MCP server, %s, is found out to be one, before and at the registration by its bare address",
  async (era) => {
    const server = await startSdkServer(testTools(), era);
    const { body } = await preview(server.url);
    expect(body).toMatchObject({
      protocol: "mcp",
      registration: { url: server.url, protocol: "mcp" },
      name: "test-server",
      version: "1.2.3",
      skills: [{ id: "add" }, { id: "fail" }],
    });
    expect(codes({ body })).toEqual(["mcp", "unencrypted"]);
    const registered = await gate.register({ url: server.url }, org.key);
    expect(registered).toMatchObject({ name: "test-server", protocol: "mcp", protocol_setting: "mcp" });
    expect(server.requests.filter(({ method, body }) => method === "POST" && body.includes("tools/call"))).toEqual([]);
    await server.close();
  },
);

test("an agent of the plain contract that is well is posted nothing by a look at it", async () => {
  const asked: string[] = [];
  const agent = await serving(({ method, url }, response) => {
    asked.push(`${method} ${url}`);
    response.writeHead(url === "/agent/health" ? 200 : 404).end();
  });
  expect((await preview(`${agent.url}/agent`)).body.protocol).toBe("plain");
  expect(asked.filter((one) => !one.startsWith("GET"))).toEqual([]);
  agent.close();
});
