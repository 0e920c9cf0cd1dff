import { inspect } from "node:util";
import { expect, test } from "vitest";
import { AgentClient } from "./agent-client.ts";
import type { AgentClientOptions } from "./client-options.ts";
import { AuthError, ConnectionError } from "./errors.ts";
import {
  type Answer,
  instantly,
  manifest,
  type RecordedRequest,
  recordedFetch,
  searchIntent,
} from "./testing/recorded-fetch.ts";

function clientWith(answer: (request: RecordedRequest, count: number) => Answer, options: AgentClientOptions = {}) {
  const { fetch, requests } = recordedFetch(answer);
  return { client: new AgentClient({ fetch, timing: instantly, ...options }), requests };
}

const shop = manifest({
  intents: [searchIntent, { ...searchIntent, name: "list", endpoint: "/agent/intents/list" }],
  flows: [
    { name: "checkout", orchestration: "server", steps: [{ name: "pay", entry: true, next_steps: [] }] },
    { name: "track_order", orchestration: "client", steps: [{ name: "initiate", entry: true, next_steps: [] }] },
  ],
});

test("every request says that an agent is calling", async () => {
  const { client, requests } = clientWith(({ method }) => (method === "GET" ? shop : { ok: true }), {
    agentId: "my-agent",
  });
  const site = await client.discover("https://shop.test/");
  expect(await site.intents.search?.({ query: "x" })).toEqual({ ok: true });
  const headers = { "x-agent-request": "true", "x-agent-id": "my-agent", "x-agent-version": "1.0" };
  expect(requests).toMatchObject([
    { method: "GET", url: "https://shop.test/.well-known/agent-manifest.json", headers },
    { method: "POST", url: "https://shop.test/agent/intents/search", headers, body: { query: "x" } },
  ]);
});

test("a site prints as its name and what it offers", async () => {
  const { client } = clientWith(() => shop);
  const site = await client.discover("https://shop.test");
  const text = "<DiscoveredSite 'MyShop' intents=['search', 'list'] flows=['checkout', 'track_order']>";
  expect([String(site), inspect(site), `${site}`]).toEqual([text, text, text]);
});

test("an agent id that no header can carry is refused at once", () => {
  expect(() => new AgentClient({ agentId: "a\nb" })).toThrow(TypeError);
});

test("paths begin at the manifest's base_url when it lies on the discovered origin", async () => {
  const at = async (base_url: string, url: string) => {
    const { client, requests } = clientWith(({ method }) => (method === "GET" ? { ...shop, base_url } : {}));
    await (await client.discover(url)).call("search");
    return requests[1]?.url;
  };
  expect(await at("https://shop.test/api/", "https://shop.test")).toBe("https://shop.test/api/agent/intents/search");
  expect(await at("https://evil.test/api", "https://shop.test")).toBe("https://shop.test/agent/intents/search");
  expect(await at("not a url", "https://shop.test/de")).toBe("https://shop.test/de/agent/intents/search");
});

test("a manifest that cannot be had is told from a site without one", async () => {
  const answer = (response: Answer) =>
    clientWith(() => response, { retriesMax: 0 }).client.discover("https://shop.test");
  await expect(answer(new Response("", { status: 503 }))).rejects.toMatchObject({
    name: "ConnectionError",
    code: "http_503",
  });
  await expect(answer(new Response("", { status: 401 }))).rejects.toThrow(AuthError);
  await expect(answer(new TypeError("fetch failed", { cause: new Error("ENOTFOUND") }))).rejects.toMatchObject({
    name: "ConnectionError",
    code: "network_error",
    message: expect.stringContaining("ENOTFOUND"),
  });
});

test("a protected manifest is had with headers as credential", async () => {
  const { client } = clientWith(
    ({ headers }) => (headers["x-key"] === "k" ? shop : new Response("", { status: 401 })),
    {
      credentials: { "https://shop.test": { "X-Key": "k" } },
    },
  );
  expect((await client.discover("https://shop.test")).name).toBe("MyShop");
});

test("plain http to another machine is refused unless allowed", async () => {
  const { client, requests } = clientWith(() => shop);
  await expect(client.discover("http://shop.test")).rejects.toThrow(ConnectionError);
  expect(requests).toEqual([]);
  expect((await clientWith(() => shop, { allowHttp: true }).client.discover("http://shop.test")).name).toBe("MyShop");
});

test("the server's own errors reach the caller by class, code and message", async () => {
  const bodies: Record<string, [number, object]> = {
    "/agent/intents/search": [
      422,
      { error: "invalid_input", message: "query is missing", issues: [{ path: "/query", message: "required" }] },
    ],
    "/agent/intents/list": [401, { error: "unauthorized", message: "Send your API key." }],
    "/agent/flows/checkout/start": [404, { error: "flow_not_found", message: "gone" }],
    "/agent/flows/checkout/session/s1": [404, { error: "session_not_found", message: "expired" }],
    "/agent/flows/track_order/steps/initiate": [418, { error: "teapot", message: "own code" }],
  };
  const { client } = clientWith(({ url }) => {
    const found = bodies[new URL(url).pathname];
    return found ? Response.json(found[1], { status: found[0] }) : shop;
  });
  const site = await client.discover("https://shop.test");
  await expect(site.call("search")).rejects.toMatchObject({
    name: "IntentError",
    code: "invalid_input",
    status: 422,
    message: "query is missing",
    issues: [{ path: "/query", message: "required" }],
  });
  await expect(site.call("list")).rejects.toMatchObject({ name: "AuthError", code: "unauthorized", status: 401 });
  await expect(site.flow("checkout").start()).rejects.toMatchObject({ name: "FlowNotFoundError" });
  await expect(site.flow("checkout").resume("s1")).rejects.toMatchObject({ name: "SessionNotFoundError" });
  await expect(site.flow("track_order").steps.initiate?.({})).rejects.toMatchObject({
    name: "StepError",
    code: "teapot",
  });
});
