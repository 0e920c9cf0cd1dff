import { afterAll, beforeAll, describe, expect, test } from "vitest";
import WebSocket from "ws";
import { startAgent, startTestGateway, type TestAgent, type TestGateway, textTask } from "./testing/index.ts";

const BURST = 10;

let gate: TestGateway;
let agent: TestAgent;
let id: string;
let org: { id: string; key: string };
let nextAddress = 1;
beforeAll(async () => {
  gate = await startTestGateway("sqlite", { trustedProxies: ["127.0.0.1"], missRate: 0.01, missBurst: BURST });
  agent = await startAgent();
  id = (await gate.register({ name: "echo", url: agent.url })).id;
  org = await gate.createOrg("known");
});
afterAll(async () => {
  await gate.close();
  await agent.close();
});

const call = (
  address: string,
  method: string,
  path: string,
  headers: Record<string, string> = {},
  body: unknown = textTask("x"),
) =>
  fetch(gate.url + path, {
    method,
    headers: { "x-forwarded-for": address, "content-type": "application/json", ...headers },
    ...(method === "POST" && { body: JSON.stringify(body) }),
  });
const bearer = (key: string) => ({ authorization: `Bearer ${key}` });
const GET_TASK = { jsonrpc: "2.0", id: 1, method: "GetTask", params: { id: "x" } };
const random = () => crypto.randomUUID();

/** Each asks for what there is not, a new one each time. */
const ways: [name: string, status: number, ask: (address: string) => Promise<Response>][] = [
  ["agents by id", 404, (address) => call(address, "GET", `/agents/${random()}`)],
  ["agents by name", 404, (address) => call(address, "GET", `/agents/by-name/${random()}`)],
  ["tasks for agents", 404, (address) => call(address, "POST", `/agents/${random()}/task`)],
  ["streams of agents", 404, (address) => call(address, "POST", `/agents/${random()}/task/stream`)],
  ["A2A agents over JSON-RPC", 404, (address) => call(address, "POST", `/agents/${random()}`, {}, GET_TASK)],
  ["A2A tasks", 404, (address) => call(address, "GET", `/agents/${random()}/tasks/x`)],
  ["cards", 404, (address) => call(address, "GET", `/agents/${random()}/card`)],
  ["keys", 401, (address) => call(address, "GET", "/orgs/", bearer(random()))],
  ["payer keys", 401, (address) => call(address, "POST", `/agents/${id}/task`, { "x-agentgate-payer-key": random() })],
];

describe.each(ways)("%s that nobody has", (_, status, ask) => {
  test("are looked for as often as the bucket allows; what is in memory is answered all the while", async () => {
    const address = `198.51.100.${nextAddress++}`;
    // In memory from here on.
    await call("203.0.113.1", "POST", `/agents/${id}/task`, bearer(org.key));
    const statuses: number[] = [];
    for (let i = 0; i < BURST + 5; i++) statuses.push((await ask(address)).status);
    const seen = statuses.filter((s) => s === status).length;
    expect(statuses).toEqual([...Array(seen).fill(status), ...Array(BURST + 5 - seen).fill(429)]);
    expect(seen).toBeGreaterThanOrEqual(BURST - 1);
    const refused = await ask(address);
    expect([refused.status, Number(refused.headers.get("retry-after")) > 0]).toEqual([429, true]);

    for (const headers of [{}, bearer(org.key)]) {
      expect((await call(address, "POST", `/agents/${id}/task`, headers)).status).toBe(200);
      expect((await call(address, "GET", `/agents/${id}`, headers)).status).toBe(200);
    }
    expect((await call(address, "GET", `/orgs/${org.id}`, bearer(org.key))).status).toBe(200);
    expect((await call(address, "GET", "/health")).status).toBe(200);
    // Others are looked for as before.
    expect((await ask(`203.0.113.${nextAddress}`)).status).toBe(status);
  });
});

test("a hidden agent is not answered for being in memory, whoever else asks for it", async () => {
  const address = `198.51.100.${nextAddress++}`;
  const owner = await gate.createOrg("hiding");
  const hidden = (await gate.register({ name: "hidden", url: agent.url, visibility: "org" }, owner.key)).id;
  const ask = (headers = {}) => call(address, "GET", `/agents/${hidden}`, headers);
  expect((await call("203.0.113.1", "GET", `/agents/${hidden}`, bearer(owner.key))).status).toBe(200);
  for (let i = 0; i < BURST; i++) await call(address, "GET", `/agents/${random()}`);
  expect([(await ask()).status, (await ask(bearer(org.key))).status]).toEqual([429, 429]);
  expect((await ask(bearer(owner.key))).status).toBe(200);
});

test("a key that is shown again and again is looked for once", async () => {
  const address = `198.51.100.${nextAddress++}`;
  for (let i = 0; i < 3; i++) await call(address, "GET", "/orgs/", bearer("always-the-same"));
  for (let i = 0; i < BURST; i++) await call(address, "GET", "/orgs/", bearer(random()));
  expect((await call(address, "GET", "/orgs/", bearer(random()))).status).toBe(429);
  expect((await call(address, "GET", "/orgs/", bearer("always-the-same"))).status).toBe(401);
});

test("keys shown over sockets are counted with the others", async () => {
  const address = `198.51.100.${nextAddress++}`;
  for (let i = 0; i < BURST - 2; i++) await call(address, "GET", `/agents/${random()}`);
  const open = () =>
    new WebSocket(`${gate.url.replace("http", "ws")}/agents/${id}/task/ws`, {
      headers: { "x-forwarded-for": address },
    });
  const socket = open();
  const told: string[] = [];
  socket.on("message", (data) => told.push(JSON.parse(`${data}`).data));
  await new Promise((resolve) => socket.once("open", resolve));
  for (const token of ["guess-1", "guess-2", org.key]) socket.send(JSON.stringify({ type: "auth", token }));
  await expect.poll(() => told.at(-1)).toContain("Too many requests");
  expect(told[0]).toBe("Invalid API key");
  await expect.poll(() => socket.readyState).toBe(WebSocket.CLOSED);
  const late = open();
  const status = await new Promise((resolve) => {
    late.on("unexpected-response", (_, { statusCode }) => resolve(statusCode));
    late.on("open", () => resolve("open"));
  });
  expect(status).toBe(429);
  late.on("error", () => {}).terminate();
});
