import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import { AgentClient } from "./agent-client.ts";
import type { AgentClientOptions } from "./client-options.ts";
import {
  type Answer,
  instantly,
  manifest,
  type RecordedRequest,
  recordedFetch,
  searchIntent,
} from "./testing/recorded-fetch.ts";

/** A site with an intent `search`, whose calls are answered by `answer`. */
async function siteWith(
  answer: (request: RecordedRequest, attempt: number) => Answer | Promise<Answer>,
  { more = {}, ...options }: AgentClientOptions & { more?: object } = {},
) {
  let attempt = 0;
  const sleeps: number[] = [];
  const { fetch, requests } = recordedFetch((request) =>
    request.url.endsWith("agent-manifest.json")
      ? manifest({ intents: [searchIntent], ...more })
      : answer(request, ++attempt),
  );
  const timing = { random: () => 0.5, sleep: async (ms: number) => void sleeps.push(ms) };
  const site = await new AgentClient({ fetch, timing, ...options }).discover("https://shop.test");
  return { site, sleeps, calls: () => requests.slice(1) };
}

const replying = (status: number, headers = {}) => new Response("{}", { status, headers });

describe("retries", () => {
  test("a lost answer is asked for again under the same key where the site runs a key once", async () => {
    const { site, calls, sleeps } = await siteWith(
      (_, attempt) => (attempt < 3 ? new TypeError("connection reset") : { ok: true }),
      { more: { idempotency_keys: true } },
    );
    expect(await site.call("search")).toEqual({ ok: true });
    const keys = calls().map(({ headers }) => headers["idempotency-key"]);
    expect(keys).toHaveLength(3);
    expect(new Set(keys).size).toBe(1);
    expect(sleeps).toEqual([200, 400]);
  });

  test("each call has a key of its own, or the caller's", async () => {
    const { site, calls } = await siteWith(() => ({}));
    await site.call("search");
    await site.call("search");
    await site.call("search", {}, { idempotencyKey: "order-7" });
    const keys = calls().map(({ headers }) => headers["idempotency-key"]);
    expect(new Set(keys).size).toBe(3);
    expect(keys[2]).toBe("order-7");
  });

  test.each([
    ["a broken connection", () => new TypeError("reset")],
    ["502", () => replying(502)],
    ["504", () => replying(504)],
  ])("%s is not repeated where it might do the work twice", async (_, answer) => {
    const { site, calls } = await siteWith(answer);
    await expect(site.call("search")).rejects.toThrow();
    expect(calls()).toHaveLength(1);
  });

  test("an idempotent intent is repeated anywhere", async () => {
    const { site, calls } = await siteWith(() => replying(503), {
      more: { intents: [{ ...searchIntent, idempotent: true }] },
    });
    await expect(site.call("search")).rejects.toMatchObject({ code: "http_503" });
    expect(calls()).toHaveLength(3);
  });

  test("429 did not run and is repeated after the time the site asks for", async () => {
    const { site, sleeps } = await siteWith((_, attempt) =>
      attempt === 1 ? replying(429, { "retry-after": "2" }) : { ok: true },
    );
    expect(await site.call("search")).toEqual({ ok: true });
    expect(sleeps).toEqual([2200]);
  });

  test("a site that asks for more patience than there is gets none", async () => {
    const { site, calls } = await siteWith(() => replying(429, { "retry-after": "3600" }));
    await expect(site.call("search")).rejects.toMatchObject({ code: "rate_limited", retryAfterSeconds: 3600 });
    expect(calls()).toHaveLength(1);
  });

  test.each([400, 401, 404, 409, 422, 500])("%i is final", async (status) => {
    const { site, calls } = await siteWith(() => replying(status), { more: { idempotency_keys: true } });
    await expect(site.call("search")).rejects.toMatchObject({ status });
    expect(calls()).toHaveLength(1);
  });
});

describe("redirects", () => {
  const moved = (status: number, location: string) => () => new Response(null, { status, headers: { location } });

  test("within the origin they are followed, with method, body and key", async () => {
    const { site, calls } = await siteWith(({ url }) =>
      url.endsWith("/intents/search") ? moved(308, "/agent/v2/search")() : { ok: true },
    );
    expect(await site.call("search", { query: "x" })).toEqual({ ok: true });
    expect(calls()[1]).toEqual({ ...calls()[0], url: "https://shop.test/agent/v2/search" });
  });

  test.each([
    ["another origin", moved(307, "https://evil.test/")],
    ["another port", moved(307, "https://shop.test:8443/")],
    ["plain http", moved(307, "http://shop.test/")],
    ["a GET in place of the POST", moved(303, "/elsewhere")],
    ["nowhere", moved(302, "")],
    ["itself", moved(307, "/agent/intents/search")],
  ])("to %s they are refused", async (_, answer) => {
    const { site, calls } = await siteWith(answer, { apiKey: "sk-1" });
    await expect(site.call("search")).rejects.toMatchObject({ name: "ConnectionError", code: "redirect_refused" });
    expect(calls().length).toBeLessThanOrEqual(4);
    expect(new Set(calls().map(({ url }) => new URL(url).origin))).toEqual(new Set(["https://shop.test"]));
  });
});

describe("on a real connection", () => {
  async function realSite(listener: RequestListener, options: AgentClientOptions = {}) {
    const server = createServer((request, response) => {
      if (request.method === "GET") response.end(JSON.stringify(manifest({ intents: [searchIntent] })));
      else listener(request, response);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => {
      server.close();
      server.closeAllConnections();
    });
    const client = new AgentClient({ timing: instantly, ...options });
    return client.discover(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  }

  test("a site that does not answer in time is given up", async () => {
    const site = await realSite(() => {});
    await expect(site.call("search", {}, { timeoutMs: 50 })).rejects.toMatchObject({
      name: "ConnectionError",
      code: "timeout",
    });
  });

  test("cancelling a call closes its connection and throws the caller's reason", async () => {
    let closed = () => {};
    const seen = new Promise<void>((resolve) => {
      closed = resolve;
    });
    const controller = new AbortController();
    const site = await realSite((_, response) => {
      response.on("close", closed);
      controller.abort(new Error("changed my mind"));
    });
    await expect(site.call("search", {}, { signal: controller.signal })).rejects.toThrow("changed my mind");
    await seen;
  });

  test("a reply that is too long is cut off", async () => {
    const site = await realSite((_, response) => response.end(JSON.stringify("x".repeat(5000))), {
      responseCharactersMax: 1000,
    });
    await expect(site.call("search")).rejects.toMatchObject({ code: "response_too_large" });
  });

  test("a reply that breaks off is a network error", async () => {
    const site = await realSite((_, response) => {
      response.writeHead(200, { "content-length": "1000" });
      response.write("{");
      setTimeout(() => response.destroy(), 10);
    });
    await expect(site.call("search")).rejects.toMatchObject({ name: "ConnectionError", code: "network_error" });
  });

  test("a reply that is not JSON is the site's fault, not an answer", async () => {
    const site = await realSite((_, response) => response.end("<html>"));
    await expect(site.call("search")).rejects.toMatchObject({ name: "IntentError", code: "invalid_response" });
  });

  test("leaving a stream early closes its connection", async () => {
    let closed = () => {};
    const seen = new Promise<void>((resolve) => {
      closed = resolve;
    });
    const site = await realSite((_, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" }).write("event: chunk\ndata: 1\n\n");
      response.on("close", closed);
    });
    for await (const event of site.intent("search").stream({})) {
      expect(event).toEqual({ event: "chunk", data: 1 });
      break;
    }
    await seen;
  });

  test("cancelling a stream throws the caller's reason", async () => {
    const site = await realSite((_, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" }).write("event: chunk\ndata: 1\n\n");
    });
    const controller = new AbortController();
    const reading = (async () => {
      for await (const _ of site.intent("search").stream({}, { signal: controller.signal }))
        controller.abort(new Error("enough"));
    })();
    await expect(reading).rejects.toThrow("enough");
  });
});
