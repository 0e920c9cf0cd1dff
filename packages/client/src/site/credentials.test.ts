import { expect, test } from "vitest";
import { AgentClient } from "./agent-client.ts";
import type { AgentClientOptions } from "./client-options.ts";
import { manifest, recordedFetch, searchIntent } from "./testing/recorded-fetch.ts";

/** What two sites that want a key, and one that wants a token, get to see. */
async function secretsSent(
  options: AgentClientOptions,
  order = ["a", "b", "token"],
): Promise<Record<string, string | undefined>> {
  const { fetch, requests } = recordedFetch(({ method, url }) => {
    if (method === "POST") return {};
    const auth = url.includes("token") ? { type: "bearer", header: null } : { type: "api_key", header: "X-Shop-Key" };
    return manifest({ auth, intents: [searchIntent] });
  });
  const client = new AgentClient({ fetch, ...options });
  for (const host of order) await (await client.discover(`https://${host}.test`)).call("search");
  return Object.fromEntries(
    requests
      .filter(({ method }) => method === "POST")
      .map(({ url, headers }) => [new URL(url).hostname, headers["x-shop-key"] ?? headers.authorization]),
  );
}

test("the one apiKey goes to the first site discovered and to no other", async () => {
  expect(await secretsSent({ apiKey: "sk-1" })).toEqual({
    "a.test": "sk-1",
    "b.test": undefined,
    "token.test": undefined,
  });
  expect(await secretsSent({ apiKey: "sk-1" }, ["token", "a"])).toEqual({
    "token.test": "Bearer sk-1",
    "a.test": undefined,
  });
});

test("a key that no header can hold is not told in the error", async () => {
  const told = await secretsSent({ apiKey: "sk-one\nsk-two" }).catch(String);
  expect(told).not.toContain("sk-");
});

test("allowAnyOrigin sends it to every site", async () => {
  expect(await secretsSent({ apiKey: "sk-1", allowAnyOrigin: true })).toEqual({
    "a.test": "sk-1",
    "b.test": "sk-1",
    "token.test": "Bearer sk-1",
  });
});

test("credentials belong to an origin and travel as its manifest says", async () => {
  const credentials = { "https://b.test/": "sk-b", "https://token.test": "t" };
  expect(await secretsSent({ credentials })).toEqual({
    "a.test": undefined,
    "b.test": "sk-b",
    "token.test": "Bearer t",
  });
});

test("a function is asked with every request, so that tokens can be refreshed", async () => {
  let issued = 0;
  const credentials = async (origin: string) => (origin === "https://token.test" ? `t${++issued}` : undefined);
  expect(await secretsSent({ credentials }, ["token"])).toEqual({ "token.test": `Bearer t${issued}` });
  expect(issued).toBe(2);
});

test("a site that asks for no credential gets none", async () => {
  const { fetch, requests } = recordedFetch(() => manifest({ intents: [searchIntent] }));
  await (await new AgentClient({ fetch, apiKey: "sk-1" }).discover("https://shop.test")).call("search");
  expect(JSON.stringify(requests)).not.toContain("sk-1");
});

test("an intent's own auth goes before the site's", async () => {
  const open = { ...searchIntent, auth: { type: "none", header: null } };
  const { fetch, requests } = recordedFetch(() =>
    manifest({ auth: { type: "api_key", header: "X-API-Key" }, intents: [open] }),
  );
  await (await new AgentClient({ fetch, apiKey: "sk-1" }).discover("https://shop.test")).call("search");
  expect(JSON.stringify(requests)).not.toContain("sk-1");
});

test("a credential for something that is no URL is refused at once", () => {
  expect(() => new AgentClient({ credentials: { "myshop.com": "sk-1" } })).toThrow(TypeError);
});
