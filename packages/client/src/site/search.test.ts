import type { DirectorySite, SiteDirectory } from "@agentgate/protocol/directory";
import { expect, test } from "vitest";
import { AgentClient } from "./agent-client.ts";
import type { AgentClientOptions } from "./client-options.ts";
import { ConnectionError, DirectoryError } from "./errors.ts";
import {
  type Answer,
  instantly,
  manifest,
  type RecordedRequest,
  recordedFetch,
  searchIntent,
} from "./testing/recorded-fetch.ts";

const site = (url: string, more: Partial<DirectorySite> = {}): DirectorySite => ({
  url,
  name: new URL(url).hostname,
  description: "",
  agent_api_version: "1.0",
  manifest_url: `${url}/.well-known/agent-manifest.json`,
  manifest_digest: `sha256:${"0".repeat(64)}`,
  auth: "none",
  intents: [],
  flows: [],
  checked_at: "2026-11-30T12:00:00Z",
  ...more,
});

const food = site("https://food.test", {
  name: "FoodPanda",
  description: "Restaurants in Berlin",
  intents: [{ name: "search_dishes", description: "Search dishes by words of their name" }],
  flows: [
    {
      name: "order_food",
      description: "Fill a cart and place the order",
      orchestration: "server",
      steps: ["add_dish"],
    },
  ],
});
const trains = site("https://trains.test", {
  name: "Trains",
  description: "Connections and tickets",
  intents: [{ name: "searchConnections", description: "Find connections between stations" }],
});
const page = (sites: readonly unknown[], next: string | null = null): SiteDirectory => ({
  directory_version: "1.0",
  name: "Sites",
  updated_at: null,
  sites: sites as DirectorySite[],
  next,
});

function clientWith(answer: (request: RecordedRequest) => Answer, options: AgentClientOptions = {}) {
  const { fetch, requests } = recordedFetch(answer);
  return { client: new AgentClient({ fetch, timing: instantly, retriesMax: 0, ...options }), requests };
}

test("a site is found by what it can do, and called", async () => {
  const { client, requests } = clientWith(({ url, method }) => {
    if (url.endsWith("/agentgate.json")) return page([trains, food]);
    return method === "GET" ? manifest({ intents: [searchIntent] }) : { found: 1 };
  });
  const [best, ...others] = await client.search("ordering food", { directory: "https://gate.test" });
  expect(others).toEqual([]);
  expect(best).toMatchObject({ url: "https://food.test", name: "FoodPanda", entry: food });
  expect(best!.operations[0]).toEqual({ kind: "flow", name: "order_food" });
  const discovered = await best!.discover();
  expect(await discovered.call("search", {})).toEqual({ found: 1 });
  expect(requests.map(({ url }) => url)).toEqual([
    "https://gate.test/agentgate.json",
    "https://food.test/.well-known/agent-manifest.json",
    "https://food.test/agent/intents/search",
  ]);
});

test("a site that a directory names gets no key that was meant for another", async () => {
  const auth = { type: "api_key", header: null };
  const { client, requests } = clientWith(
    ({ url, method }) => {
      if (url.endsWith("/agentgate.json")) return page([food]);
      return method === "GET" ? manifest({ auth, intents: [searchIntent] }) : {};
    },
    { apiKey: "mine" },
  );
  const [found] = await client.search("food", { directory: "https://gate.test" });
  await (await found!.discover()).call("search", {});
  await (await client.discover("https://shop.test")).call("search", {});
  await (await found!.discover()).call("search", {});
  const shown = requests
    .filter(({ method }) => method === "POST")
    .map(({ url, headers }) => [new URL(url).host, headers["x-api-key"]]);
  expect(shown).toEqual([
    ["food.test", undefined],
    ["shop.test", "mine"],
    ["food.test", undefined],
  ]);
});

test.each([
  ["dishes", ["https://food.test"]],
  ["find a train connection", ["https://trains.test"]],
  ["SEARCH", ["https://trains.test", "https://food.test"]],
  ["restaurants in Berlin", ["https://food.test"]],
  ["quantum physics", []],
  ["", []],
])("%j is looked for in names, words of names and descriptions", async (question, urls) => {
  const { client } = clientWith(() => page([trains, food]));
  const found = await client.search(question, { directory: "https://gate.test/agentgate.json" });
  expect(found.map(({ url }) => url)).toEqual(urls);
});

test("pages are followed on their own origin, and read once", async () => {
  const { client, requests } = clientWith(({ url }) =>
    url.endsWith("after=2")
      ? page([food], "https://evil.test/agentgate.json")
      : page([trains], "/agentgate.json?after=2"),
  );
  for (let time = 0; time < 2; time++) {
    expect(await client.search("food", { directory: "https://gate.test" })).toHaveLength(1);
  }
  expect(requests.map(({ url }) => url)).toEqual([
    "https://gate.test/agentgate.json",
    "https://gate.test/agentgate.json?after=2",
  ]);
});

test("a directory without end is read to a bound", async () => {
  let pages = 0;
  const { client } = clientWith(() => page([site(`https://s${pages}.test`)], `/agentgate.json?after=${++pages}`));
  await client.search("food", { directory: "https://gate.test" });
  expect(pages).toBe(20);
});

test("no credential goes to whoever keeps the directory", async () => {
  const { client, requests } = clientWith(() => page([food]), { apiKey: "sk-secret" });
  await client.search("food", { directory: "https://gate.test" });
  expect(JSON.stringify(requests)).not.toContain("sk-secret");
});

test("an entry that cannot be used costs nobody the others", async () => {
  const evil = [
    null,
    "x",
    { ...food, url: "javascript:alert(1)" },
    { ...food, intents: {} },
    site("https://a.test/#b"),
  ];
  const { client } = clientWith(() => page([...evil, food]));
  expect(await client.search("food", { directory: "https://gate.test" })).toHaveLength(1);
});

test("a document at hand is searched as well", async () => {
  const { client, requests } = clientWith(() => ({}));
  expect(await client.search("food", { directory: page([food, trains]), limit: 1 })).toHaveLength(1);
  expect(requests).toEqual([]);
});

test.each<[string, Answer, string]>([
  ["HTML", new Response("<p>hello", { headers: { "content-type": "text/html" } }), "directory_not_found"],
  ["404", new Response("{}", { status: 404 }), "directory_not_found"],
  ["JSON that is none", { name: "x" }, "directory_not_found"],
  ["another major version", { ...page([]), directory_version: "2.0" }, "directory_invalid"],
  ["sites that are no list", { ...page([]), sites: {} }, "directory_invalid"],
])("%s is no directory", async (_, answer, code) => {
  const { client } = clientWith(() => answer);
  const searching = client.search("food", { directory: "https://gate.test" });
  await expect(searching).rejects.toThrow(DirectoryError);
  await expect(searching).rejects.toMatchObject({ code });
});

test("one that cannot be reached, or must not be, is a connection error", async () => {
  const { client } = clientWith(() => new Response("{}", { status: 503 }));
  await expect(client.search("x", { directory: "https://gate.test" })).rejects.toThrow(ConnectionError);
  await expect(client.search("x", { directory: "http://gate.test" })).rejects.toMatchObject({ code: "url_refused" });
});
