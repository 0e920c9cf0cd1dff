import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { freePort } from "@agentgate/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type ExampleAgent, serveExampleAgent } from "../../../../examples/a2a-agent/serve.ts";
import { startAgent, startTestGateway, type TestAgent, type TestGateway, textTask } from "../testing/index.ts";
import { callsTo, textMessage } from "./testing/calls.ts";
import { cardOf, type RawAgent, rpcResult, startRawAgent, startRawSpeaker } from "./testing/raw-agent.ts";

/** What an agent's card says becomes the agent's record, and says where it is asked. */

let gate: TestGateway;
let example: ExampleAgent;
let raw: RawAgent;
let plain: TestAgent;
let id: string;
let rawId: string;
beforeAll(async () => {
  gate = await startTestGateway();
  [example, raw, plain] = await Promise.all([serveExampleAgent(), startRawSpeaker(), startAgent()]);
  id = (await gate.register({ card_url: `${example.url}/.well-known/agent-card.json` })).id;
  rawId = (await gate.register({ url: raw.url })).id;
});
afterAll(async () => {
  await gate.close();
  await Promise.all([example.close(), raw.close(), plain.close()]);
});

const { get, rpc } = callsTo(() => gate.url);
/** The path of its last call: it is looked at for its card beside. */
const lastCalled = () => raw.received.findLast(({ path }) => !path.includes("/.well-known/"))?.path;

test("takes name, description, skills and version from the card", async () => {
  const agent = (await gate.call("GET", `/agents/${id}`)).body;
  expect(agent).toMatchObject({ name: "A2A example agent", version: "1.0.0", protocol: "a2a", url: example.url });
  expect(agent.skills).toMatchObject([{ id: "show" }]);
});

test("what is said wins over the card", async () => {
  const card_url = `${example.url}/.well-known/agent-card.json`;
  const agent = await gate.register({ card_url, name: "mine", description: "own words", version: "7" });
  expect(agent).toMatchObject({ name: "mine", description: "own words", version: "7" });
});

test("a card that is not published is handed over, and changed the same way", async () => {
  const card = cardOf(`${raw.url}/rpc`, { version: "1.0.0" });
  const agent = await gate.register({ card });
  expect(agent).toMatchObject({ name: card.name, url: `${raw.url}/rpc`, version: "1.0.0", protocol: "a2a" });
  expect((await rpc(agent.id, "SendMessage", textMessage())).result.message.parts).toEqual([{ text: "raw" }]);
  expect(lastCalled()).toBe("/rpc");
  expect(await (await get(`/agents/${agent.id}/upstream-card.json`)).json()).toEqual(card);
  const moved = cardOf(`${raw.url}/moved`, { version: "2.0.0" });
  const put = await gate.call("PUT", `/agents/${agent.id}`, { card: moved, description: "own words" });
  expect(put.body).toMatchObject({ url: `${raw.url}/moved`, version: "2.0.0", description: "own words" });
  await rpc(agent.id, "SendMessage", textMessage());
  expect(lastCalled()).toBe("/moved");
  expect((await gate.call("POST", `/agents/${agent.id}/refresh`)).body.code).toBe("card_not_found");
});

test("a relative address in a card counts from where the card is", async () => {
  const card = { ...cardOf("/rpc"), name: "relative" };
  expect((await gate.call("POST", "/agents/", { card })).body.detail).toContain("names no interface");
  const agent = await gate.register({ card, card_url: `${raw.url}/deep/card.json` });
  expect(agent.url).toBe(`${raw.url}/rpc`);
});

test.each([
  ["not an object", [1], 422],
  ["nobody's", { skills: [] }, 400],
  ["with an unsafe address", cardOf("http://user:secret@127.0.0.1/"), 400],
])("a card that is %s is refused", async (_, card, status) => {
  expect((await gate.call("POST", "/agents/", { card })).status).toBe(status);
  expect((await gate.call("PUT", `/agents/${rawId}`, { card })).status).toBe(status);
});

test("an A2A agent registered like a plain one is recognised", async () => {
  const agent = await gate.register({ name: "by name", url: example.url });
  const answer = (await gate.call("POST", `/agents/${agent.id}/task`, textTask("hello you"))).body;
  expect(answer.artifacts[0].parts[0].text).toBe("Hello!");
  expect((await gate.call("GET", `/agents/${agent.id}`)).body).toMatchObject({ name: "by name", protocol: "a2a" });
});

test("A2A clients need not wait until it is recognised", async () => {
  const slow = await startRawAgent(
    ({ body }, response) =>
      void response.end(rpcResult(body?.id, '{"message":{"messageId":"r","role":"ROLE_AGENT","parts":[]}}')),
  );
  const { id: fresh } = await gate.register({ name: "fresh", url: slow.url });
  expect((await rpc(fresh, "SendMessage", textMessage())).result.message.messageId).toBe("r");
  await slow.close();
});

test("an agent that moves takes its tasks along: to its new card, or to the plain contract", async () => {
  const { id: moving } = await gate.register({ url: raw.url });
  const before = raw.received.length;
  const text = async () => (await gate.call("POST", `/agents/${moving}/task`, textTask("hi"))).body;
  await gate.call("PUT", `/agents/${moving}`, { url: plain.url });
  expect((await text()).artifacts[0].parts[0].text).toBe("Echo: hi");
  expect((await rpc(moving, "SendMessage", textMessage())).result.message.parts).toEqual([{ text: "Echo: hi" }]);
  expect((await gate.call("GET", `/agents/${moving}`)).body).toMatchObject({ protocol: "plain", url: plain.url });
  expect((await get(`/agents/${moving}/upstream-card.json`)).status).toBe(404);
  expect(raw.received.length).toBe(before);
  await gate.call("PUT", `/agents/${moving}`, { url: `${raw.url}/` });
  expect((await text()).artifacts[0].parts[0].text).toBe("raw");
  // A path below the card's interface is still that agent.
  await gate.call("PUT", `/agents/${moving}`, { url: raw.url, description: "the same" });
  expect((await gate.call("GET", `/agents/${moving}`)).body.protocol).toBe("a2a");
});

test("an agent below a path has the card at the origin if that leads to it", async () => {
  const found = await gate.register({ url: `${example.url}/rest/` });
  expect(found).toMatchObject({ name: "A2A example agent", protocol: "a2a" });
});

test("an agent below a path is not taken over by the card of another at the origin, or above", async () => {
  const cards: Record<string, object> = {};
  const server = createServer(({ url }, response) => {
    const card = cards[url!];
    response.writeHead(card ? 200 : 404, { "content-type": "application/json" }).end(JSON.stringify(card ?? {}));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const host = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const at = (path: string) => cardOf(host + path, { name: path });
  cards["/.well-known/agent-card.json"] = at("/");
  cards["/team/.well-known/agent-card.json"] = at("/team/xyz");
  for (const path of ["/team/x", "/other"]) {
    expect((await gate.call("POST", "/agents/", { url: host + path })).status).toBe(422);
  }
  // A card below the agent's own path is its own, wherever its interfaces are.
  cards["/other/.well-known/agent-card.json"] = at("/elsewhere");
  expect(await gate.register({ url: `${host}/other` })).toMatchObject({ name: "/elsewhere" });
  cards["/.well-known/agent.json"] = at("/team/x/rpc/v1");
  expect(await gate.register({ url: `${host}/team/x` })).toMatchObject({ name: "/team/x/rpc/v1" });
  server.close();
  server.closeAllConnections();
});

test("without a name and a card that has one, 422 says what is missing", async () => {
  const missing = async (fields: object) => {
    const { status, body } = await gate.call("POST", "/agents/", fields);
    return [status, ...body.detail.map(({ loc }: any) => loc.join("."))];
  };
  expect(await missing({})).toEqual([422, "body.name", "body.url"]);
  expect(await missing({ url: `http://127.0.0.1:${await freePort()}/` })).toEqual([422, "body.name"]);
  expect(await missing({ url: plain.url })).toEqual([422, "body.name"]);
});

test("a card that is none is refused with its reason", async () => {
  const { status, body } = await gate.call("POST", "/agents/", { card_url: `${example.url}/health` });
  expect([status, body.detail]).toEqual([400, expect.stringContaining("no name")]);
});

test("refresh shows what changed and applies it", async () => {
  let version = "1.0.0";
  const changing = await startRawAgent(
    () => {},
    (url) => cardOf(url, { version }),
  );
  const agent = await gate.register({ card_url: `${changing.url}/.well-known/agent-card.json`, description: "kept" });
  version = "2.0.0";
  const look = (await gate.call("POST", `/agents/${agent.id}/refresh?dry_run=true`)).body;
  expect([look.differences, look.agent.version]).toEqual([
    [{ path: "/version", before: "1.0.0", after: "2.0.0" }],
    "1.0.0",
  ]);
  const done = (await gate.call("POST", `/agents/${agent.id}/refresh`)).body;
  expect(done.agent).toMatchObject({ version: "2.0.0", description: "kept" });
  expect((await gate.call("POST", `/agents/${agent.id}/refresh`)).body.changed).toBe(false);
  await changing.close();
});

test("a refresh whose agent moves meanwhile changes nothing, and says so", async () => {
  let version = "1.0.0";
  let whenAsked: () => Promise<void> = async () => {};
  const slow = createServer(async (request, response) => {
    if (request.method !== "GET") {
      response.end();
      return;
    }
    await whenAsked();
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify(cardOf(`http://${request.headers.host}`, { version })));
  });
  await new Promise<void>((resolve) => slow.listen(0, "127.0.0.1", resolve));
  const card_url = `http://127.0.0.1:${(slow.address() as AddressInfo).port}/card.json`;
  const agent = await gate.register({ card_url });
  version = "2.0.0";
  whenAsked = async () => {
    whenAsked = async () => {};
    expect((await gate.call("PUT", `/agents/${agent.id}`, { url: plain.url })).status).toBe(200);
  };
  const refreshed = await gate.call("POST", `/agents/${agent.id}/refresh`);
  expect([refreshed.status, refreshed.body.code]).toEqual([409, "agent_moved"]);
  expect((await gate.call("GET", `/agents/${agent.id}`)).body.url).toBe(plain.url);
  slow.close();
});

test("a card is read behind a byte order mark, and passed on with its numbers and members as they are written", async () => {
  const server = createServer((_, response) => {
    const params = '"extensions":[{"uri":"urn:x","params":{"chainId":12345678901234567890}}]';
    const text = JSON.stringify({ ...cardOf(`${host}/rpc`, { name: "marked" }), payment_address: "acct-1" });
    response.setHeader("content-type", "application/json");
    response.end(`\uFEFF${text.replace('"capabilities":{', `"capabilities":{${params},`)}`);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const host = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const agent = await gate.register({ card_url: `${host}/card.json` });
  const served = await (await fetch(`${gate.url}/agents/${agent.id}/card`)).text();
  expect(served).toMatch(/"chainId":12345678901234567890\b/);
  expect(JSON.parse(served)).toMatchObject({ name: "marked", payment_address: "acct-1" });
  server.close();
  server.closeAllConnections();
});
