import { verifyAgentCardSignature } from "@a2a-js/sdk";
import { importJWK } from "jose";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ExampleAgent, serveExampleAgent } from "../../../../examples/a2a-agent/serve.ts";
import { startAgent, startTestGateway, type TestAgent, type TestGateway } from "../testing/index.ts";
import { callsTo } from "./testing/calls.ts";
import { cardOf, type RawAgent, rpcResult, startRawAgent, startRawSpeaker } from "./testing/raw-agent.ts";

/** The cards that the gateway serves for its agents. */

let gate: TestGateway;
let example: ExampleAgent;
let raw: RawAgent;
let plain: TestAgent;
let id: string;
let rawId: string;
let plainId: string;
beforeAll(async () => {
  gate = await startTestGateway();
  [example, raw, plain] = await Promise.all([serveExampleAgent(), startRawSpeaker(), startAgent()]);
  id = (await gate.register({ card_url: `${example.url}/.well-known/agent-card.json` })).id;
  rawId = (await gate.register({ url: raw.url })).id;
  plainId = (await gate.register({ name: "plain", url: plain.url })).id;
});
afterAll(async () => {
  await gate.close();
  await Promise.all([example.close(), raw.close(), plain.close()]);
});

const { get, rpc } = callsTo(() => gate.url);
const WELL_KNOWN = "/.well-known/agent-card.json";

test("every address in it is the gateway's", async () => {
  for (const version of ["", "1.0", "0.3"]) {
    const card: any = await (await get(`/agents/${id}${WELL_KNOWN}`, { "a2a-version": version })).json();
    const urls = JSON.stringify(card).match(/http:\/\/127[^"]*/g)!;
    expect(urls.every((url) => url.startsWith(gate.url))).toBe(true);
  }
});

test("1.0, 0.3 and, for who names none, both in one", async () => {
  const cardFor = async (version: string) =>
    (await (await get(`/agents/${id}${WELL_KNOWN}`, version ? { "a2a-version": version } : {})).json()) as any;
  const [current, legacy, hybrid] = await Promise.all(["1.0.1", "0.3", ""].map(cardFor));
  expect(await (await get(`/agents/${id}${WELL_KNOWN}?A2A-Version=1.0`)).json()).toEqual(current);
  expect([current.supportedInterfaces.length, current.url]).toEqual([4, undefined]);
  expect([legacy.supportedInterfaces, legacy.protocolVersion, legacy.url]).toEqual([
    undefined,
    "0.3.0",
    `${gate.url}/agents/${id}`,
  ]);
  expect([hybrid.supportedInterfaces.length, hybrid.url]).toEqual([4, `${gate.url}/agents/${id}`]);
  expect(
    ((await (await get(`/agents/${id}/.well-known/agent.json`)).json()) as any).supportedInterfaces,
  ).toBeUndefined();
});

test("skills are whole, and name no security schemes that the card does not have", async () => {
  const skills = [
    { name: "bare", security: [{ own: [] }], securityRequirements: [{ schemes: { own: {} } }], "x-own": 1 },
  ];
  const agent = await gate.register({ card: cardOf(raw.url), skills });
  const card: any = await (await get(`/agents/${agent.id}/card`)).json();
  expect(card.skills).toEqual([{ id: "bare", name: "bare", description: "bare", tags: ["general"], "x-own": 1 }]);
});

describe("the official SDK verifies the card", () => {
  const verifier = verifyAgentCardSignature(async (kid) => {
    const { keys } = (await (await get("/.well-known/jwks.json")).json()) as { keys: any[] };
    return (await importJWK(keys.find((key) => key.kid === kid)!, "ES256")) as never;
  });
  test.each([
    ["an open", {}],
    ["a keyed", { agent_api_key: "a-key-of-its-own" }],
    ["a priced", { price_per_task: 0.5 }],
    ["a keyed and priced", { agent_api_key: "a-key-of-its-own", price_per_task: 0.5 }],
  ])("of %s agent, whatever version it is asked for in", async (_, fields) => {
    for (const registered of [{ url: raw.url }, { name: "a plain one", url: plain.url }]) {
      const agent = await gate.register({ ...registered, ...fields });
      const [strict, hybrid] = await Promise.all(
        ["1.0", ""].map(
          async (v) => (await get(`/agents/${agent.id}${WELL_KNOWN}`, { "a2a-version": v })).json() as any,
        ),
      );
      expect(hybrid.url).toBeDefined();
      for (const card of [strict, hybrid]) {
        await verifier(card);
        await expect(verifier({ ...card, name: "Somebody else" })).rejects.toThrow();
      }
      // Readers that translate the hybrid's 0.3 members have the strict card.
      await verifier({ ...strict, signatures: hybrid.signatures });
    }
  });
});

test("there is a skill and a description in every card: 1.0 requires them", async () => {
  const bare = await gate.register({ name: "bare", url: plain.url, tags: ["echo"] });
  for (const version of ["1.0", "0.3", ""]) {
    const card: any = await (await get(`/agents/${bare.id}/card`, { "a2a-version": version })).json();
    const skill = { id: "default", name: "bare", description: "bare", tags: ["echo"] };
    expect([card.description, card.skills]).toEqual(["bare", [skill]]);
  }
  expect((await gate.call("GET", `/agents/${bare.id}`)).body).toMatchObject({ description: "", skills: [] });
});

test("at the root of the host is none unless an agent stands there; the answer says where the cards are", async () => {
  const none: any = await get(WELL_KNOWN);
  expect(none.status).toBe(404);
  expect((await none.json()).detail).toMatch(
    /\/agents\/\{id\}\/\.well-known\/agent-card\.json.*\/\.well-known\/agent\.json lists/,
  );
  const list: any = await (await get("/.well-known/agent.json")).json();
  expect([list.name, list.agents.length > 0]).toEqual(["AgentGate", true]);
  const rooted = await gate.another({ rootAgent: id });
  for (const path of [WELL_KNOWN, "/.well-known/agent.json"]) {
    const card: any = await (await fetch(`${rooted.url}${path}`)).json();
    expect(card.url).toBe(`${rooted.url}/agents/${id}`);
  }
});

test("it is cached by its tag and its date", async () => {
  const { headers } = await get(`/agents/${id}/card`);
  expect(headers.get("vary")).toContain("A2A-Version");
  expect(headers.get("cache-control")).toContain("max-age");
  const again = await get(`/agents/${id}/card`, { "if-none-match": headers.get("etag")! });
  expect([again.status, await again.text()]).toEqual([304, ""]);
  expect((await get(`/agents/${id}/card`, { "if-modified-since": headers.get("last-modified")! })).status).toBe(304);
  await gate.call("PUT", `/agents/${rawId}`, { description: "changed" });
  expect(((await (await get(`/agents/${rawId}/card`)).json()) as any).description).toBe("changed");
});

test("a paid agent's tells its price and asks for a key", async () => {
  const paid = await gate.register({ url: raw.url, price_per_task: 0.25 });
  const card: any = await (await get(`/agents/${paid.id}/card`, { "a2a-version": "1.0" })).json();
  expect(card.ucp).toMatchObject({ price_per_task: 0.25, currency: "USD", checkout_url: `${gate.url}/ucp/checkout` });
  expect(card.securityRequirements).toEqual([{ schemes: { agentgate: { list: [] } } }]);
});

test("the agent's own is there word for word; a plain agent has none, but a card it has", async () => {
  const original = await (await fetch(`${example.url}${WELL_KNOWN}`)).text();
  expect(await (await get(`/agents/${id}/upstream-card.json`)).text()).toBe(original);
  expect((await get(`/agents/${plainId}/upstream-card.json`)).status).toBe(404);
  expect(await (await get(`/agents/${plainId}/card`)).json()).toMatchObject({
    name: "plain",
    capabilities: { pushNotifications: false },
  });
});

test("an extended card is for callers that are known, and rewritten like the other", async () => {
  const extended = await startRawAgent(
    ({ body }, response) => {
      response.setHeader("content-type", "application/json");
      const card = cardOf(extended.url, { documentationUrl: "https://docs.example/more" });
      response.end(rpcResult(body.id, JSON.stringify(card)));
    },
    (url) => cardOf(url, { capabilities: { streaming: true, extendedAgentCard: true } }),
  );
  const { id: extendedId } = await gate.register({ url: extended.url });
  const path = `/agents/${extendedId}/extendedAgentCard`;
  const anonymous = await get(path, { "a2a-version": "1.0" });
  expect([anonymous.status, anonymous.headers.get("www-authenticate")]).toEqual([401, "Bearer"]);
  const { key } = await gate.createOrg("reader of cards");
  const card = (await gate.call("GET", path, undefined, key)).body;
  expect(card.documentationUrl).toBe("https://docs.example/more");
  expect(JSON.stringify(card)).not.toContain(extended.url);
  const legacy = await rpc(extendedId, "agent/getAuthenticatedExtendedCard", undefined, {
    authorization: `Bearer ${key}`,
  });
  expect(legacy.result).toMatchObject({ protocolVersion: "0.3.0", url: `${gate.url}/agents/${extendedId}` });
  await extended.close();
});
