import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { isSigned, type Platform, startPlatform } from "./testing/platform.ts";
import { lineOf, paying, type Shop, startShop } from "./testing/shop.ts";

let shop: Shop;
let strict: Shop;
let platform: Platform;
let agentId: string;
beforeAll(async () => {
  [shop, strict, platform] = await Promise.all([
    startShop("sqlite"),
    startShop("sqlite", { ucpNegotiation: "enforce", ucpSignatures: "required" }),
    startPlatform(),
  ]);
  agentId = await shop.sell("Echo", 0.25);
  await strict.sell("Echo", 0.25);
});
afterAll(async () => {
  await shop.close();
  await strict.close();
  await platform.close();
});
let fresh = 0;
/** An address that nothing is known of yet. */
const freshUrl = () => `${platform.url}?n=${fresh++}`;
const agentOf = (url: string) => ({ "ucp-agent": `profile="${url}"` });
const search = (headers: Record<string, string>, of = shop) =>
  of.ucp("POST", "/catalog/search", { filters: {} }, { key: null, headers });

describe("what is agreed on", () => {
  beforeEach(() => platform.serves({ body: platform.profile("2026-04-08") }));

  test("is the platform's release, and what of it both have and the operation is of", async () => {
    const headers = agentOf(freshUrl());
    const { body } = await shop.ucp("POST", "/checkout-sessions", { line_items: [lineOf(agentId)] }, { headers });
    expect(body.ucp).toMatchObject({
      version: "2026-04-08",
      capabilities: { "dev.ucp.shopping.checkout": [{ version: "2026-04-08" }] },
    });
    expect(Object.keys(body.ucp.capabilities)).toEqual(["dev.ucp.shopping.checkout"]);
  });

  test("has the gateway's extension where the platform has it, too, of the same version and with what it extends", async () => {
    const task = { "com.example.gw.agent_task": [{ version: "2026-11-01" }] };
    const checkout = { "dev.ucp.shopping.checkout": [{ version: "2026-08-25" }] };
    const create = async (capabilities: object) => {
      platform.serves({ body: platform.profile("2026-08-25", { capabilities }) });
      const headers = agentOf(freshUrl());
      return (await shop.ucp("POST", "/checkout-sessions", { line_items: [lineOf(agentId)] }, { headers })).body.ucp;
    };
    expect(await create({ ...checkout, ...task })).toMatchObject({ capabilities: { ...checkout, ...task } });
    expect((await create(task)).capabilities).toEqual({});
    const older = { "com.example.gw.agent_task": [{ version: "2026-10-01" }] };
    expect((await create({ ...checkout, ...older })).capabilities).toEqual(checkout);
  });

  test("is fetched once for many requests, and again when it is old", async () => {
    const headers = agentOf(freshUrl());
    const before = platform.fetches;
    await Promise.all(Array.from({ length: 5 }, () => search(headers)));
    expect(platform.fetches).toBe(before + 1);
    shop.gate.clock.skip(59_000);
    await search(headers);
    expect(platform.fetches).toBe(before + 1);
    shop.gate.clock.skip(2_000);
    await search(headers);
    expect(platform.fetches).toBe(before + 2);
  });

  test("where it must be agreed on, a platform without the capability is told so, as a business outcome", async () => {
    const headers = agentOf(freshUrl());
    const request = {
      method: "POST",
      url: `${strict.gate.url}/ucp/v1/catalog/search`,
      body: '{"filters":{}}',
      headers,
    };
    const answer = await strict.ucp("POST", "/catalog/search", request.body, {
      key: null,
      headers: platform.sign(request),
    });
    const incompatible = {
      status: 200,
      body: {
        ucp: { status: "error", version: "2026-04-08" },
        messages: [{ type: "error", code: "capabilities_incompatible", severity: "unrecoverable" }],
      },
    };
    expect(answer).toMatchObject(incompatible);
    const lookup = { ...request, url: `${strict.gate.url}/ucp/v1/catalog/lookup`, body: '{"ids":["agent_x"]}' };
    const looked = { key: null, headers: platform.sign(lookup) };
    expect(await strict.ucp("POST", "/catalog/lookup", lookup.body, looked)).toMatchObject(incompatible);
    expect(await search({}, strict)).toMatchObject({ status: 400, body: { code: "invalid_profile_url" } });
    expect(await search(agentOf(freshUrl()), strict)).toMatchObject({
      status: 401,
      body: { code: "signature_missing" },
    });
  });
});

test.each<[string, () => string, number, string]>([
  ["no dictionary", () => "https://platform.example", 400, "invalid_profile_url"],
  ["no profile", () => 'name="x"', 400, "invalid_profile_url"],
  ["no URL", () => 'profile="platform"', 400, "invalid_profile_url"],
  ["not https", () => 'profile="http://platform.example/ucp"', 400, "invalid_profile_url"],
  ["a metadata address", () => 'profile="https://169.254.169.254/ucp"', 400, "invalid_profile_url"],
  ["credentials", () => 'profile="https://a:b@platform.example/"', 400, "invalid_profile_url"],
  ["nobody there", () => 'profile="http://127.0.0.1:1999/ucp"', 424, "profile_unreachable"],
  ["another release", () => `profile="${platform.url}";version="2026-01-11"`, 422, "version_unsupported"],
])("UCP-Agent with %s is refused in the protocol's words", async (_, header, status, code) => {
  const answer = await search({ "ucp-agent": header() });
  expect([answer.status, answer.body]).toEqual([status, { code, content: expect.any(String) }]);
});

test.each<[string, object, number, string]>([
  ["not there", { status: 404 }, 424, "profile_unreachable"],
  ["elsewhere", { status: 302, headers: { location: "http://169.254.169.254/" } }, 424, "profile_unreachable"],
  ["too large", { body: `{"ucp":{"version":"2026-08-25"},"x":"${"x".repeat(300_000)}"}` }, 424, "profile_unreachable"],
  ["not JSON", { body: "<html>" }, 422, "profile_malformed"],
  ["a list", { body: [] }, 422, "profile_malformed"],
  ["without a version", { body: { ucp: {} } }, 422, "profile_malformed"],
  [
    "of capabilities that are none",
    { body: { ucp: { version: "2026-08-25", capabilities: { a: 1 } } } },
    422,
    "profile_malformed",
  ],
  ["of another release", { body: { ucp: { version: "2026-01-23" } } }, 422, "version_unsupported"],
  ["of a draft", { body: { ucp: { version: "draft" } } }, 422, "profile_malformed"],
])("a profile that is %s is refused in the protocol's words", async (_, served, status, code) => {
  platform.serves(served);
  const answer = await search(agentOf(freshUrl()));
  expect([answer.status, answer.body]).toEqual([status, { code, content: expect.any(String) }]);
});

test("one caller fetches so many profiles; what others have asked for is there all the while", async () => {
  platform.serves({ body: platform.profile("2026-08-25") });
  const known = agentOf(freshUrl());
  await search(known);
  const statuses: number[] = [];
  for (let n = 0; n < 30; n++) statuses.push((await search(agentOf(freshUrl()))).status);
  expect(statuses).toContain(503);
  expect((await search(known)).status).toBe(200);
  shop.gate.clock.skip(60_000);
});

describe("signatures", () => {
  const body = JSON.stringify({ filters: {} });
  let headers: Record<string, string>;
  const request = (of = shop) => ({ method: "POST", url: `${of.gate.url}/ucp/v1/catalog/search`, body, headers });
  const send = (signed: Record<string, string>, text = body, of = shop) =>
    of.ucp("POST", "/catalog/search", text, { key: null, headers: signed });
  beforeEach(() => {
    platform.serves({ body: platform.profile("2026-08-25") });
    headers = agentOf(freshUrl());
  });

  test("that are the platform's are taken, in the name of either host", async () => {
    expect((await send(platform.sign(request()))).status).toBe(200);
    const proxied = { ...request(), url: "https://gw.example.com/ucp/v1/catalog/search" };
    expect((await send(platform.sign(proxied))).status).toBe(200);
  });

  test.each<[string, () => Record<string, string>, number, string]>([
    [
      "another body",
      () => ({
        ...platform.sign(request()),
        "content-digest": platform.sign({ ...request(), body: "{}" })["content-digest"]!,
      }),
      400,
      "digest_mismatch",
    ],
    [
      "no digest",
      () => {
        const { "content-digest": _, ...signed } = platform.sign(request());
        return signed;
      },
      400,
      "digest_mismatch",
    ],
    ["a digest of nothing signed", () => ({ ...headers, "content-digest": "sha-256=:AAAA:" }), 400, "digest_mismatch"],
    [
      "another path",
      () => platform.sign({ ...request(), url: `${shop.gate.url}/ucp/v1/catalog/lookup` }),
      401,
      "signature_invalid",
    ],
    [
      "another host",
      () => platform.sign({ ...request(), url: "https://evil.example/ucp/v1/catalog/search" }),
      401,
      "signature_invalid",
    ],
    [
      "too little covered",
      () => platform.sign({ ...request(), components: ["@method", "@path"] }),
      401,
      "signature_invalid",
    ],
    ["a key that the profile does not have", () => platform.sign({ ...request(), kid: "other" }), 401, "key_not_found"],
    [
      "no profile",
      () => {
        const { "ucp-agent": _, ...signed } = platform.sign(request());
        return signed;
      },
      401,
      "key_not_found",
    ],
    [
      "an algorithm named",
      () => {
        const signed = platform.sign(request());
        return { ...signed, "signature-input": `${signed["signature-input"]};alg="ecdsa-p256-sha256"` };
      },
      400,
      "algorithm_unsupported",
    ],
    [
      "a component that every object has",
      () => ({
        ...platform.sign(request()),
        "signature-input":
          'sig1=("@method" "@authority" "@path" "ucp-agent" "content-digest" "content-type" "constructor" "__proto__");keyid="platform-1"',
      }),
      401,
      "signature_invalid",
    ],
    ["three bytes", () => ({ ...platform.sign(request()), signature: "sig1=:AAAA:" }), 401, "signature_invalid"],
    [
      "no structure",
      () => ({ ...platform.sign(request()), signature: "x", "signature-input": "(((" }),
      401,
      "signature_invalid",
    ],
    [
      "parameters on a component",
      () => ({
        ...platform.sign(request()),
        "signature-input":
          'sig1=("@method";req "@authority" "@path" "ucp-agent" "content-digest" "content-type");keyid="platform-1"',
      }),
      401,
      "signature_invalid",
    ],
  ])("with %s are refused in the protocol's words", async (_, signed, status, code) => {
    const answer = await send(signed());
    expect([answer.status, answer.body]).toEqual([status, { code, content: expect.any(String) }]);
    if (status === 401) expect(answer.headers.get("www-authenticate")).toBe("Bearer");
  });

  test("a key on a curve that is not known, or that is no key, is refused", async () => {
    const keys = [{ kid: "platform-1", kty: "RSA", n: "AQAB", e: "AQAB" }];
    for (const key of [keys[0], { kid: "platform-1", kty: "EC", crv: "P-256", x: "!", y: "!" }]) {
      platform.serves({ body: { ...platform.profile("2026-08-25"), keys: [key] } });
      headers = agentOf(freshUrl());
      expect(await send(platform.sign(request()))).toMatchObject({
        status: 400,
        body: { code: "algorithm_unsupported" },
      });
    }
  });

  test("sign what completions answer, and every word of an order to the platform", async () => {
    const at = { headers: agentOf(freshUrl()) };
    const { body: made } = await shop.ucp("POST", "/checkout-sessions", { line_items: [lineOf(agentId)] }, at);
    const response = await fetch(`${shop.gate.url}/ucp/v1/checkout-sessions/${made.id}/complete`, {
      method: "POST",
      body: JSON.stringify(paying(shop.buyer.id)),
      headers: { authorization: `Bearer ${shop.buyer.key}`, "content-type": "application/json", ...at.headers },
    });
    const text = await response.text();
    const { keys } = (await shop.gate.call("GET", "/.well-known/ucp", undefined, null)).body;
    const told = Object.fromEntries(response.headers);
    expect(isSigned(told, { "@status": "200" }, text, keys)).toBe(true);
    expect(isSigned(told, { "@status": "201" }, text, keys)).toBe(false);

    await expect.poll(() => platform.received.length).toBe(1);
    const [hook] = platform.received;
    const derived = {
      "@method": "POST",
      "@authority": hook!.headers.host!,
      "@path": "/hooks",
      "@query": "?of=orders",
    };
    expect(isSigned(hook!.headers, derived, hook!.text, keys)).toBe(true);
    expect(hook!.headers).toMatchObject({
      "webhook-id": expect.stringMatching(/^[0-9a-f-]{36}$/),
      "webhook-timestamp": expect.stringMatching(/^\d{10}$/),
      "ucp-agent": 'profile="https://gw.example.com/.well-known/ucp"',
    });
    const order = await shop.ucp("GET", `/orders/${JSON.parse(text).order.id}`, undefined, at);
    const { ucp: _, ...entity } = JSON.parse(hook!.text);
    expect(order.body).toMatchObject(entity);
  });

  test("an order that goes on is told of at each change, as often as its receiver needs", async () => {
    const slow = await startShop("sqlite", { ucpWaitSeconds: 1 });
    const id = await slow.sell("Slow", 0.25);
    let fail = () => {};
    slow.does((_task, response) => {
      fail = () => response.writeHead(500).end();
    });
    const at = { headers: agentOf(freshUrl()) };
    const { body: made } = await slow.ucp("POST", "/checkout-sessions", { line_items: [lineOf(id)] }, at);
    platform.received.length = 0;
    platform.status = 500;
    await slow.ucp("POST", `/checkout-sessions/${made.id}/complete`, paying(slow.buyer.id), at);
    await expect.poll(() => platform.received.length).toBe(1);
    platform.status = 200;
    fail();
    const told = () => platform.received.map(({ text }) => JSON.parse(text).line_items[0].status);
    await expect.poll(async () => (await slow.gate.call("GET", `/orgs/${slow.buyer.id}/wallet`)).body.held).toBe(0);
    slow.gate.clock.skip(10_000);
    await expect.poll(told).toEqual(expect.arrayContaining(["processing", "removed"]));
    const [first] = platform.received;
    const again = platform.received.filter(({ headers }) => headers["webhook-id"] === first!.headers["webhook-id"]);
    expect(again.length).toBeGreaterThan(1);
    expect(new Set(again.map(({ text, headers }) => `${text} ${headers["webhook-timestamp"]}`)).size).toBe(1);
    await slow.close();
  });
});
