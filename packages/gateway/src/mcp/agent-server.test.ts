import { afterAll, beforeAll, expect, test } from "vitest";
import { startAgent, startTestGateway, type TestAgent, type TestGateway } from "../testing/index.ts";
import { mcpCalls } from "./testing/mcp-calls.ts";

/** One agent as an MCP server: who serves, its tools, calls, money and keys, in both eras. */

let gate: TestGateway;
let agent: TestAgent;
beforeAll(async () => {
  gate = await startTestGateway();
  agent = await startAgent();
});
afterAll(async () => {
  await gate.close();
  await agent.close();
});

const { call } = mcpCalls(() => gate.url);
const V = "dev.agentgate/";
const LEGACY = ["2025-11-25", "2025-06-18", "2025-03-26"] as const;

const register = (fields: object = {}) => gate.register({ name: "Echo", url: agent.url, ...fields });
const pathOf = ({ id }: { id: string }) => `/agents/${id}/mcp`;
const flight = {
  id: "find-flight",
  name: "Find a flight",
  description: "Finds the cheapest flight.",
  input_schema: {
    type: "object",
    properties: { from: { type: "string" }, to: { type: "string" }, seats: { type: "integer", minimum: 1 } },
    required: ["from", "to"],
  },
};

test("server/discover says what is spoken", async () => {
  const { status, frame } = await call(pathOf(await register()), "server/discover");
  expect(status).toBe(200);
  expect(frame.result).toMatchObject({
    resultType: "complete",
    supportedVersions: ["2026-07-28"],
    capabilities: { tools: { listChanged: true }, extensions: { "io.modelcontextprotocol/tasks": {} } },
    cacheScope: "public",
  });
  expect(frame.result.instructions).toContain("idempotency-key");
});

test.each(LEGACY)("initialize of %s, ping and a notification", async (revision) => {
  const path = pathOf(await register());
  const hello = { protocolVersion: revision, capabilities: {}, clientInfo: { name: "test", version: "1" } };
  const { frame, headers } = await call(path, "initialize", hello, { revision });
  expect(frame.result).toMatchObject({ protocolVersion: revision, capabilities: { tools: {} } });
  expect(frame.result.serverInfo.name).toBe("agentgate");
  expect(headers.has("mcp-session-id")).toBe(false);
  expect((await call(path, "ping", {}, { revision })).frame.result).toEqual({});
  const { raw } = mcpCalls(() => gate.url);
  const told = await raw(path, { jsonrpc: "2.0", method: "notifications/initialized" });
  expect([told.status, told.text]).toEqual([202, ""]);
  expect((await raw(path, { jsonrpc: "2.0", id: 7, result: {} })).status).toBe(202);
});

test("a revision that is not spoken gets the newest of its era", async () => {
  const hello = { protocolVersion: "2024-11-05", capabilities: {}, clientInfo: { name: "test", version: "1" } };
  const { frame } = await call(pathOf(await register()), "initialize", hello, { revision: "2025-11-25" });
  expect(frame.result.protocolVersion).toBe("2025-11-25");
});

test("an agent without skills is asked", async () => {
  const path = pathOf(await register({ description: "Repeats what it is told." }));
  const { frame } = await call(path, "tools/list");
  expect(frame.result).toMatchObject({ ttlMs: 300_000, cacheScope: "public" });
  expect(frame.result.tools).toHaveLength(1);
  const [tool] = frame.result.tools;
  expect(tool).toMatchObject({
    name: "ask",
    description: "Repeats what it is told. Free.",
    inputSchema: { type: "object", required: ["message"] },
    _meta: { [`${V}price`]: { amount: "0.00", currency: "USD", per: "call" } },
  });
  const said = await call(path, "tools/call", { name: "ask", arguments: { message: "hi" } });
  expect(said.frame.result.content).toEqual([{ type: "text", text: "Echo: hi" }]);
  expect(said.frame.result.isError).toBeUndefined();
});

test.each(LEGACY)("tools of a client of %s have no members that it does not know", async (revision) => {
  const path = pathOf(await register({ skills: [flight] }));
  const { frame } = await call(path, "tools/list", {}, { revision });
  expect(frame.result.tools[0].name).toBe("find-flight");
  const asked = { name: "find-flight", arguments: { from: "BER", to: "LIS" } };
  const said = await call(path, "tools/call", asked, { revision });
  expect(said.frame.result.content[0].type).toBe("text");
});

test("a skill's arguments go to the agent as data, with each number as it was written", async () => {
  const path = pathOf(await register({ skills: [flight] }));
  agent.received.length = 0;
  const body = JSON.stringify({
    jsonrpc: "2.0",
    id: "a",
    method: "tools/call",
    params: { name: "find-flight", arguments: { from: "BER", to: "LIS", big: 0 } },
  }).replace('"big":0', '"big":12345678901234567890');
  const { raw } = mcpCalls(() => gate.url);
  const { frame } = await raw(path, body);
  expect(frame).toMatchObject({ id: "a", result: { content: [{ type: "text" }] } });
  expect(agent.received[0]!.body).toContain('"big":12345678901234567890');
  const { message } = JSON.parse(agent.received[0]!.body);
  expect(message.metadata).toEqual({ [`${V}skill`]: "find-flight" });
  expect(message.parts).toMatchObject([{ type: "data", data: { from: "BER", to: "LIS" } }]);
});

test("arguments that do not fit are told to the model, and nobody is asked", async () => {
  const path = pathOf(await register({ skills: [flight], price_per_task: 0.05 }));
  const { id, key } = await gate.createOrg(`payer-${Math.random()}`);
  await gate.call("POST", `/orgs/${id}/topup`, { amount: 1 });
  agent.received.length = 0;
  const asked = { name: "find-flight", arguments: { from: 3, seats: 0 } };
  const { status, frame } = await call(path, "tools/call", asked, { key });
  expect(status).toBe(200);
  expect(frame.result.isError).toBe(true);
  const { findings, code } = frame.result._meta[`${V}problem`];
  expect(code).toBe("invalid_arguments");
  expect(findings.map(({ pointer }: any) => pointer).sort()).toEqual(["", "/from", "/seats"]);
  expect(frame.result.content[0].text).toContain("/from");
  expect(agent.received).toHaveLength(0);
  expect((await gate.call("GET", `/orgs/${id}/wallet`)).body).toMatchObject({ balance: 1, held: 0 });
});

test("a call of a priced tool has its receipt, and is logged as any other", async () => {
  const registered = await register({ skills: [flight], price_per_task: 0.05 });
  const { id, key } = await gate.createOrg(`payer-${Math.random()}`);
  await gate.call("POST", `/orgs/${id}/topup`, { amount: 1 });
  const path = pathOf(registered);
  const { frame: listed } = await call(path, "tools/list");
  expect(listed.result.tools[0].description).toBe("Finds the cheapest flight. Costs $0.05 per call.");
  expect(listed.result.tools[0]._meta[`${V}price`].amount).toBe("0.05");
  const asked = { name: "find-flight", arguments: { from: "BER", to: "LIS" } };
  const { frame, headers } = await call(path, "tools/call", asked, { key });
  expect(frame.result.content[0].text).toBe("Echo: ");
  expect(frame.result._meta[`${V}receipt`]).toMatchObject({ amount: "0.05", currency: "USD", balance: "0.95" });
  expect(headers.has("x-trace-id")).toBe(true);
  const wallet = await gate.call("GET", `/orgs/${id}/wallet`);
  expect(wallet.body).toMatchObject({ balance: 0.95, held: 0 });
  await expect
    .poll(async () => (await gate.call("GET", `/logs?agent_id=${registered.id}&entrance=mcp`)).body.entries)
    .toMatchObject([{ entrance: "mcp", status: "success", price: 0.05, payer_org_id: id }]);
});

test("who has no money is told in the result, who has no key by the status", async () => {
  const path = pathOf(await register({ price_per_task: 0.05 }));
  const { key } = await gate.createOrg(`poor-${Math.random()}`);
  const asked = { name: "ask", arguments: { message: "hi" } };
  const poor = await call(path, "tools/call", asked, { key });
  expect(poor.status).toBe(200);
  expect(poor.frame.result.isError).toBe(true);
  expect(poor.frame.result._meta[`${V}problem`]).toMatchObject({ status: 402 });
  expect(poor.frame.result.content[0].text).toContain("Insufficient balance");
  const nobody = await call(path, "tools/call", asked);
  expect([nobody.status, nobody.frame.error.code]).toEqual([401, 401]);
  expect(nobody.headers.get("www-authenticate")).toBe("Bearer");
  expect((await call(path, "tools/list")).status).toBe(200);
});

test("an agent that is down is told in the result, and nothing is charged", async () => {
  const gone = await startAgent();
  const registered = await gate.register({ name: "Gone", url: gone.url, price_per_task: 0.05 });
  await gone.close();
  const { id, key } = await gate.createOrg(`payer-${Math.random()}`);
  await gate.call("POST", `/orgs/${id}/topup`, { amount: 1 });
  const asked = { name: "ask", arguments: { message: "hi" } };
  const { status, frame } = await call(pathOf(registered), "tools/call", asked, { key });
  expect(status).toBe(200);
  expect(frame.result).toMatchObject({ isError: true, _meta: { [`${V}problem`]: { status: 502 } } });
  expect(frame.result.content[0].text).toContain("Nothing was charged.");
  expect((await gate.call("GET", `/orgs/${id}/wallet`)).body).toMatchObject({ balance: 1, held: 0 });
});

test("a call is made once under its key, in the header or in _meta", async () => {
  const registered = await register({ skills: [flight], price_per_task: 0.05 });
  const path = pathOf(registered);
  const { id, key } = await gate.createOrg(`payer-${Math.random()}`);
  await gate.call("POST", `/orgs/${id}/topup`, { amount: 1 });
  const asked = { name: "find-flight", arguments: { from: "BER", to: "LIS" } };
  agent.received.length = 0;
  const first = await call(path, "tools/call", asked, { key, headers: { "idempotency-key": "k-1" } });
  const turned = { name: "find-flight", arguments: { to: "LIS", from: "BER" } };
  const again = await call(path, "tools/call", turned, { key, meta: { [`${V}idempotency-key`]: "k-1" } });
  expect(agent.received).toHaveLength(1);
  expect(again.frame.result._meta[`${V}replayed`]).toBe(true);
  expect(again.frame.result._meta[`${V}receipt`]).toEqual(first.frame.result._meta[`${V}receipt`]);
  expect(again.frame.result.content).toEqual(first.frame.result.content);
  const other = { name: "find-flight", arguments: { from: "BER", to: "OPO" } };
  const refused = await call(path, "tools/call", other, { key, headers: { "idempotency-key": "k-1" } });
  expect(refused.frame.result).toMatchObject({ isError: true, _meta: { [`${V}problem`]: { status: 422 } } });
  const two = { headers: { "idempotency-key": "k-1" }, meta: { [`${V}idempotency-key`]: "k-2" } };
  expect((await call(path, "tools/call", asked, { key, ...two })).frame.error.code).toBe(-32602);
  expect((await gate.call("GET", `/orgs/${id}/wallet`)).body).toMatchObject({ balance: 0.95, held: 0 });
});

test("an agent's own key opens it, and pays by another", async () => {
  const registered = await register({ agent_api_key: "own-key-of-it", price_per_task: 0.05 });
  const path = pathOf(registered);
  const { id, key } = await gate.createOrg(`payer-${Math.random()}`);
  await gate.call("POST", `/orgs/${id}/topup`, { amount: 1 });
  expect((await call(path, "tools/list")).status).toBe(401);
  expect((await call(path, "tools/list", {}, { key })).status).toBe(401);
  const listed = await call(path, "tools/list", {}, { key: "own-key-of-it" });
  expect(listed.frame.result).toMatchObject({ cacheScope: "private", ttlMs: 60_000 });
  const asked = { name: "ask", arguments: { message: "hi" } };
  const headers = { "x-agentgate-payer-key": key };
  const paid = await call(path, "tools/call", asked, { key: "own-key-of-it", headers });
  expect(paid.frame.result._meta[`${V}receipt`].balance).toBe("0.95");
  const unpaid = await call(path, "tools/call", asked, { key: "own-key-of-it" });
  expect(unpaid.frame.result._meta[`${V}problem`].status).toBe(402);
});

test("a hidden agent answers like one that there is not", async () => {
  const { id, key } = await gate.createOrg(`owner-${Math.random()}`);
  const hidden = await gate.register({ name: "Hidden", url: agent.url, visibility: "org" }, key);
  const { key: stranger } = await gate.createOrg(`stranger-${Math.random()}`);
  const absent = "11111111-1111-4111-8111-111111111111";
  const told = async (agentId: string, shown?: string) => {
    const { status, frame } = await call(`/agents/${agentId}/mcp`, "tools/list", {}, shown ? { key: shown } : {});
    const { data, ...error } = frame.error ?? {};
    return { status, error };
  };
  for (const shown of [undefined, stranger, "nobodys-key-at-all"]) {
    expect(await told(hidden.id, shown)).toEqual(await told(absent, shown));
  }
  expect((await told(hidden.id)).status).toBe(404);
  expect((await told(hidden.id, key)).status).toBe(200);
  expect(id).toBeTruthy();
});

test("many tools come by pages, whose cursors are their reader's", async () => {
  const skills = Array.from({ length: 150 }, (_, n) => ({
    id: `skill-${`${n}`.padStart(3, "0")}`,
    name: `Skill ${n}`,
  }));
  const path = pathOf(await register({ skills }));
  const { key } = await gate.createOrg(`reader-${Math.random()}`);
  const first = await call(path, "tools/list", {}, { key });
  expect(first.frame.result.tools).toHaveLength(100);
  const cursor = first.frame.result.nextCursor;
  const second = await call(path, "tools/list", { cursor }, { key });
  expect(second.frame.result.tools.map(({ name }: any) => name)).toEqual(skills.slice(100).map(({ id }) => id));
  expect(second.frame.result.nextCursor).toBeUndefined();
  expect((await call(path, "tools/list", { cursor })).frame.error.code).toBe(-32602);
  const other = pathOf(await register({ skills }));
  expect((await call(other, "tools/list", { cursor }, { key })).frame.error.code).toBe(-32602);
});

test("texts lose what nobody sees, in schemas as well", async () => {
  const hidden = "\u{e0041}\u{e0042}";
  const skills = [
    {
      id: "s",
      name: `Look\u202e here`,
      description: `Good\u200b day${hidden}\u001b[31m red`,
      input_schema: {
        type: "object",
        properties: { a: { $ref: "#/$defs/a" } },
        $defs: { a: { type: "string", enum: [`x${hidden}`], description: `y${hidden}`, "x-mcp-header": "a" } },
      },
    },
  ];
  const { frame } = await call(pathOf(await register({ skills })), "tools/list");
  const [tool] = frame.result.tools;
  expect(tool.title).toBe("Look here");
  expect(tool.description).toBe("Good day red. Free.");
  expect(tool.inputSchema.$defs.a).toEqual({ type: "string", enum: ["x"], description: "y" });
});

test.each<[what: string, method: string, params: object]>([
  ["arguments that do not fit", "tools/call", { name: "find-flight", arguments: { from: 1 } }],
  ["arguments that are none", "tools/call", { name: "find-flight", arguments: [] }],
  ["a tool that is not there", "tools/call", { name: "nothing" }],
  [
    "an answer to nothing that was asked",
    "tools/call",
    { name: "find-flight", inputResponses: {}, requestState: "forged" },
  ],
  ["a task that is not there", "tasks/get", { taskId: "nothing" }],
])("%s costs a token as a call does", async (_, method, params) => {
  const { id: owner, key } = await gate.createOrg(`paced-${Math.random()}`, { rate_limit: 1, rate_burst: 3 });
  const registered = await gate.call("POST", "/agents/", { name: "Paced", url: agent.url, skills: [flight] }, key);
  expect(registered.body.org_id).toBe(owner);
  const capabilities = { extensions: { "io.modelcontextprotocol/tasks": {} } };
  const asked = () => call(pathOf(registered.body), method, params, { key, capabilities });
  const told = await Promise.all(Array.from({ length: 40 }, asked));
  const problems = told.map(({ frame }) => frame.error?.data?.status ?? frame.result?._meta?.[`${V}problem`]?.status);
  expect(problems.filter((status) => status !== 429).length).toBeGreaterThan(0);
  expect(problems.filter((status) => status === 429).length).toBeGreaterThan(0);
});

test("numbers come as the agent and the caller wrote them", async () => {
  const said = '{"artifacts":[{"parts":[{"type":"data","data":{"id":12345678901234567890,"rate":1e400}}]}]}';
  const exact = await startAgent((_, response) => response.setHeader("content-type", "application/json").end(said));
  try {
    const { raw } = mcpCalls(() => gate.url);
    const path = pathOf(await register({ url: exact.url }));
    const args = '{"message":"m","data":{"n":98765432109876543210}}';
    const sent = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"ask","arguments":${args}}}`;
    const { text } = await raw(path, sent, { "mcp-protocol-version": "2025-11-25" });
    expect(text).toContain('"structuredContent":{"id":12345678901234567890,"rate":1e400}');
    expect(exact.received[0]!.body).toContain('{"n":98765432109876543210}');
  } finally {
    await exact.close();
  }
});
