import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import fc from "fast-check";
import { expect, onTestFinished, test } from "vitest";
import { AgentGateError } from "../agentgate-error.ts";
import { AgentClient } from "./agent-client.ts";
import type { DiscoveredSite } from "./discovered-site.ts";
import { ManifestInvalidError, ManifestNotFoundError } from "./errors.ts";
import { collect } from "./testing/collect.ts";
import { instantly, manifest, recordedFetch, searchIntent } from "./testing/recorded-fetch.ts";

const evilText = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.constantFrom(
    "@evil.test",
    "//evil.test",
    "\\\\evil.test",
    "/\\evil.test",
    "https://evil.test/a",
    "/\t/evil.test",
    "..",
    "../..",
    "__proto__",
    "then",
    "constructor",
    "toString",
    "\ud800",
  ),
  fc.constantFrom("/agent/intents/a", "a", "b", ""),
);
/** `String` throws for an object that is none of its own making, and so do templates and regular expressions. */
const unprintable = fc.constantFrom<unknown>(
  { toString: false },
  { toString: null, valueOf: {} },
  [{ toString: false }],
  [[{ toString: 0 }]],
  { toJSON: 1, length: -1, constructor: null },
  JSON.parse('{"__proto__":{"toString":1}}'),
);
const evilValue = fc.oneof(evilText, unprintable, fc.jsonValue({ maxDepth: 2 }) as fc.Arbitrary<unknown>);
const either = (good: unknown) =>
  fc.oneof({ weight: 12, arbitrary: fc.constant(good) }, { weight: 1, arbitrary: evilValue });

const auth = fc.record({ type: either("api_key"), header: either("X-API-Key") });
const name = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.constantFrom("a", "b", "then", "__proto__", "constructor", "a/../../b", "@evil.test", "%2e%2e"),
  },
  { weight: 1, arbitrary: evilText },
);
const operation = {
  name,
  description: either("text"),
  input_schema: either({}),
  output_schema: either({}),
  auth: fc.option(auth),
};
const evilManifest = fc.record(
  {
    agent_api_version: either("1.0"),
    name: either("Shop"),
    description: either(""),
    base_url: fc.oneof(
      evilText,
      fc.constantFrom("https://evil.test", "https://shop.test", "https://shop.test/api", "https://shop.test@evil.test"),
    ),
    auth: fc.oneof({ weight: 8, arbitrary: auth }, { weight: 1, arbitrary: evilValue }),
    intents: fc.oneof(
      fc.array(
        fc.record({
          ...operation,
          endpoint: fc.oneof(
            { weight: 6, arbitrary: fc.constantFrom("/agent/intents/a", "/", "/a?b#c", "/%2f%2fevil.test") },
            { weight: 1, arbitrary: evilText },
          ),
          method: either("POST"),
        }),
        { maxLength: 3 },
      ),
      evilValue,
    ),
    flows: fc.oneof(
      fc.array(
        fc.record({
          name,
          orchestration: fc.oneof(
            { weight: 8, arbitrary: fc.constantFrom("server", "client") },
            { weight: 1, arbitrary: evilValue },
          ),
          steps: fc.oneof(
            fc.array(fc.record({ ...operation, entry: either(true), next_steps: either([]) }), { maxLength: 3 }),
            evilValue,
          ),
        }),
        { maxLength: 3 },
      ),
      evilValue,
    ),
  },
  { requiredKeys: ["agent_api_version", "name"] },
);

/** Calls everything that the site seems to offer. */
async function useAll(site: DiscoveredSite): Promise<void> {
  const attempts: Promise<unknown>[] = [];
  for (const { name } of site.manifest.intents) attempts.push(site.call(name, {}));
  for (const { name, steps } of site.manifest.flows) {
    const flow = site.flow(name);
    attempts.push(flow.start(), flow.resume("../../evil"));
    for (const step of steps) attempts.push(Promise.resolve(flow.steps[step.name]?.({})));
  }
  for (const result of await Promise.allSettled(attempts)) {
    if (result.status === "rejected") expect(result.reason).toBeInstanceOf(AgentGateError);
  }
}

test("whatever a manifest says, no request leaves the origin and every error is one of ours", async () => {
  let usable = 0;
  await fc.assert(
    fc.asyncProperty(evilManifest, async (body) => {
      const { fetch, requests } = recordedFetch(({ method }) =>
        method === "GET" ? new Response(JSON.stringify(body)) : {},
      );
      const client = new AgentClient({ fetch, apiKey: "sk-secret", retriesMax: 0 });
      const site = await client.discover("https://shop.test").catch((error: unknown) => {
        expect(error).toBeInstanceOf(AgentGateError);
        expect((error as AgentGateError).message).not.toMatch(/undefined is|\[object/);
      });
      if (site) {
        usable++;
        String(site);
        await useAll(site);
      }
      for (const request of requests) expect(new URL(request.url).origin).toBe("https://shop.test");
    }),
    { numRuns: 1500 },
  );
  expect(usable).toBeGreaterThan(50);
});

const isOurs = (error: unknown): undefined => {
  expect(error).toBeInstanceOf(AgentGateError);
};

/** Every place of a JSON value, as the keys that lead there. */
const placesOf = (value: unknown, at: string[] = []): string[][] =>
  Object(value) !== value
    ? [at]
    : [at, ...Object.entries(value as object).flatMap(([key, inner]) => placesOf(inner, [...at, key]))];

/** A copy of the value in which something else stands at one place. */
function replaced(value: unknown, [key, ...rest]: string[], other: unknown): unknown {
  if (key === undefined) return other;
  const copy = structuredClone(value) as Record<string, unknown>;
  return Object.assign(copy, { [key]: replaced(copy[key], rest, other) });
}

const fullOperation = {
  name: "search",
  description: "Search",
  input_schema: { type: "object", properties: {}, required: [] },
  output_schema: {},
  auth: { type: "api_key", header: "X-API-Key", scopes: ["a"], docs: "https://shop.test/docs" },
  streaming: true,
  idempotent: true,
  risk: "low",
  deprecated: { message: "Old.", since: "2026-01-01", use: "find" },
};
const fullFlow = (orchestration: string) => ({
  name: `${orchestration}_flow`,
  description: "A flow",
  orchestration,
  auth: { type: "none", header: null },
  steps: [{ ...fullOperation, name: "pay", entry: true, final: true, next_steps: ["pay"] }],
});
const fullManifest = manifest({
  version: "1.0",
  idempotency_keys: true,
  intents: [{ ...searchIntent, ...fullOperation }],
  flows: [fullFlow("server"), fullFlow("client")],
  changes: [
    { version: "1.0", changes: [{ kind: "added", breaking: false, path: "/intents/search", message: "New." }] },
  ],
});
const placesOfManifest = placesOf(fullManifest);

async function useWith(evil: unknown, place: string[]): Promise<void> {
  const body = JSON.stringify(replaced(fullManifest, place, evil));
  const { fetch } = recordedFetch(({ method }) => (method === "GET" ? new Response(body) : { session_id: "s" }));
  const client = new AgentClient({ fetch, apiKey: "sk-secret", retriesMax: 0 });
  const site = await client.discover("https://shop.test").catch(isOurs);
  if (!site) return;
  String(site);
  await useAll(site);
  const { description, intents, flows } = site.manifest;
  expect(typeof description).toBe("string");
  for (const entry of [...intents, ...flows.flatMap(({ steps }) => steps)]) {
    expect(typeof entry.description).toBe("string");
    for (const schema of [entry.input_schema, entry.output_schema]) expect(Object(schema)).toBe(schema);
  }
  for (const { next_steps } of flows.flatMap(({ steps }) => steps)) {
    expect(next_steps.every((next) => typeof next === "string")).toBe(true);
  }
}

test("whatever stands at whichever place of a manifest, it is refused or used as what it should be", async () => {
  for (const place of placesOfManifest) await useWith({ toString: false }, place);
  await fc.assert(fc.asyncProperty(evilValue, fc.constantFrom(...placesOfManifest), useWith), { numRuns: 800 });
});

test("whatever a site replies, every error is one of ours", async () => {
  const fields = ["error", "message", "current_step", "allowed_next_steps", "issues", "detail"];
  const stepFields = ["session_id", "result", "flow_complete", "expires_at", "history", "data"];
  const reply = fc.oneof(
    evilValue,
    fc.record(Object.fromEntries([...fields, ...stepFields].map((field) => [field, evilValue])), { requiredKeys: [] }),
    fc.record({ error: fc.constant("step_not_allowed"), message: evilValue, allowed_next_steps: evilValue }),
    fc.record({ session_id: fc.constant("s"), current_step: evilValue, allowed_next_steps: evilValue }),
  );
  const answer = fc.record({
    status: fc.constantFrom(200, 200, 400, 401, 404, 409, 422, 500),
    body: fc.oneof(reply, fc.record({ detail: reply })),
    streamed: fc.constantFrom(undefined, "result", "error", "chunk"),
  });
  await fc.assert(
    fc.asyncProperty(fc.infiniteStream(answer), async (answers) => {
      const { fetch } = recordedFetch(({ method }) => {
        if (method === "GET") return fullManifest;
        const { status, body, streamed } = answers.next().value;
        const json = JSON.stringify(body);
        return streamed
          ? new Response(`event: ${streamed}\ndata: ${json}\n\n`, { headers: { "content-type": "text/event-stream" } })
          : new Response(json, { status });
      });
      const site = await new AgentClient({ fetch, retriesMax: 0 }).discover("https://shop.test");
      await useAll(site);
      await collect(site.intent("search").stream({})).catch(isOurs);
      const session = await site.flow("server_flow").start().catch(isOurs);
      if (!session) return;
      for (let step = 0; step < 3; step++) {
        await session.step("pay", {}).catch(isOurs);
        await collect(session.stream("pay", {})).catch(isOurs);
        expect(
          [session.sessionId, session.currentStep, ...session.allowedNextSteps].map((value) => typeof value),
        ).toEqual(expect.not.arrayContaining(["object", "undefined"]));
        expect(typeof session.isComplete).toBe("boolean");
      }
    }),
    { numRuns: 300 },
  );
});

const invalid = (place: RegExp) => ({ code: "manifest_invalid", message: expect.stringMatching(place) });

test.each<[string, object, RegExp]>([
  ["@evil", { intents: [{ ...searchIntent, endpoint: "@evil.test/x" }] }, /intents\.0\.endpoint is "@evil\.test\/x"/],
  ["//evil", { intents: [{ ...searchIntent, endpoint: "//evil.test/x" }] }, /intents\.0\.endpoint/],
  ["absolute", { intents: [{ ...searchIntent, endpoint: "https://evil.test/x" }] }, /intents\.0\.endpoint/],
  ["backslashes", { intents: [{ ...searchIntent, endpoint: "/\\evil.test/x" }] }, /intents\.0\.endpoint/],
  ["a missing endpoint", { intents: [{ name: "search" }] }, /intents\.0\.endpoint is undefined/],
  ["two of one name", { intents: [searchIntent, searchIntent] }, /intents\.1\.name is "search"/],
  ["a name that climbs", { flows: [{ name: "..", orchestration: "server" }] }, /flows\.0\.name is "\.\."/],
  ["a name with a line break", { intents: [{ ...searchIntent, name: "a\nb" }] }, /intents\.0\.name/],
  ["an unknown method", { intents: [{ ...searchIntent, method: "DELETE" }] }, /intents\.0\.method is "DELETE"/],
  ["an unknown orchestration", { flows: [{ name: "f", orchestration: "peer" }] }, /flows\.0\.orchestration is "peer"/],
  ["an unknown auth type", { auth: { type: "magic" } }, /auth\.type is "magic"/],
  ["a header that breaks out", { auth: { type: "api_key", header: "X\r\nHost" } }, /auth\.header/],
  ["auth that is a text", { auth: "none" }, /auth is "none"/],
  ["steps that are no list", { flows: [{ name: "f", orchestration: "server", steps: {} }] }, /flows\.0\.steps is \{\}/],
  ["another major version", { agent_api_version: "2.0" }, /agent_api_version is "2\.0"/],
  [
    "too many intents",
    { intents: Array.from({ length: 1001 }, (_, n) => ({ ...searchIntent, name: `i${n}` })) },
    /: intents is/,
  ],
  ["depth", { description: JSON.parse(`${"[".repeat(500)}${"]".repeat(500)}`) }, /manifest is/],
])("a manifest with %s is refused and says where", async (_, more, place) => {
  const { fetch } = recordedFetch(() => manifest(more));
  const failure = new AgentClient({ fetch }).discover("https://shop.test");
  await expect(failure).rejects.toThrow(ManifestInvalidError);
  await expect(failure).rejects.toMatchObject(invalid(place));
});

test.each([
  [
    "HTML with status 200",
    new Response("<!doctype html><title>Shop</title>", { headers: { "content-type": "text/html" } }),
  ],
  ["JSON that is no manifest", Response.json({ name: "MyShop" })],
  ["JSON null", Response.json(null)],
  ["404", new Response("nope", { status: 404 })],
  ["an empty reply", new Response(null, { status: 204 })],
])("%s means that the site does not support agentgate", async (_, response) => {
  const { fetch } = recordedFetch(() => response);
  await expect(new AgentClient({ fetch }).discover("https://example.com")).rejects.toThrow(ManifestNotFoundError);
});

test("a server that sends without end is cut off, and its lies about other hosts are not followed", async () => {
  const elsewhere: string[] = [];
  const trap = createServer((request, response) => {
    elsewhere.push(request.url ?? "");
    response.end("{}");
  });
  const trapPort = await listen(trap);
  const server = createServer((request, response) => {
    if (request.url?.startsWith("/endless")) {
      response.writeHead(200, { "content-type": "application/json" });
      const write = () => {
        while (response.write("x".repeat(65_536)));
        response.once("drain", write);
      };
      write();
    } else if (request.method === "GET") {
      response.end(JSON.stringify(manifest({ base_url: `http://127.0.0.1:${trapPort}`, intents: [searchIntent] })));
    } else {
      response.writeHead(307, { location: `http://127.0.0.1:${trapPort}/stolen` }).end();
    }
  });
  const url = `http://127.0.0.1:${await listen(server)}`;
  const client = new AgentClient({ apiKey: "sk-secret", timing: instantly });
  await expect(client.discover(`${url}/endless`)).rejects.toMatchObject({ code: "response_too_large" });
  const site = await client.discover(url);
  await expect(site.call("search", {})).rejects.toMatchObject({ code: "redirect_refused" });
  expect(elsewhere).toEqual([]);

  async function listen(listener: typeof server): Promise<number> {
    await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => {
      listener.close();
      listener.closeAllConnections();
    });
    return (listener.address() as AddressInfo).port;
  }
});
