import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { AgentClient } from "./agent-client.ts";
import { IntentError, SessionNotFoundError, StepTransitionError } from "./errors.ts";
import { recordedFetch } from "./testing/recorded-fetch.ts";

interface Exchange {
  readonly name: string;
  readonly request: {
    method: string;
    path: string;
    headers?: Record<string, string>;
    body?: unknown;
    rawBody?: string;
  };
  readonly reply: { status: number; headers?: Record<string, string>; body: unknown };
}

const folder = new URL("../../../protocol/fixtures/site/", import.meta.url);
const exchanges: Exchange[] = readdirSync(folder)
  .filter((name) => name.endsWith(".json"))
  .flatMap((name) => (JSON.parse(readFileSync(new URL(name, folder), "utf8")) as { exchanges: Exchange[] }).exchanges);

const headersThatMatter = [
  "x-agent-request",
  "x-agent-id",
  "x-agent-version",
  "x-api-key",
  "x-session-id",
  "content-type",
];

/** Answers a request that stands in the golden exchanges exactly as it was recorded; anything else is a bug of the client. */
async function goldenSite() {
  const { fetch } = recordedFetch(({ method, url, headers, body }) => {
    const path = new URL(url).pathname.replace("%24", "$");
    if (path.endsWith("agent-manifest.json"))
      return Response.json(exchanges.find(({ name }) => name === "manifest")!.reply.body);
    const exchange = exchanges.find(({ request }) => {
      const recorded = Object.fromEntries(
        Object.entries(request.headers ?? {}).map(([key, value]) => [key.toLowerCase(), value]),
      );
      if (request.method === "POST") recorded["content-type"] = "application/json";
      return (
        request.method === method &&
        request.path === path &&
        JSON.stringify(request.body ?? (method === "POST" && !request.rawBody ? {} : undefined)) ===
          JSON.stringify(body) &&
        headersThatMatter.every((name) => recorded[name] === headers[name])
      );
    });
    if (!exchange)
      return new Error(`not in the golden exchanges: ${method} ${path} ${JSON.stringify({ headers, body })}`);
    return Response.json(exchange.reply.body, { status: exchange.reply.status });
  });
  const client = new AgentClient({ fetch, agentId: "golden-agent", apiKey: "sk-golden-0123456789" });
  return client.discover("https://myshop.com");
}

test("the manifest of the README", async () => {
  expect(String(await goldenSite())).toBe(
    "<DiscoveredSite 'MyShop' intents=['search_products'] flows=['checkout', 'track_order']>",
  );
});

test("an intent, and its failures", async () => {
  const site = await goldenSite();
  const { request, reply } = exchanges.find(
    ({ request, reply }) => request.path.endsWith("/search_products") && reply.status === 200,
  )!;
  expect(await site.call("search_products", request.body)).toEqual(reply.body);
  const refused = exchanges.find(
    ({ request, reply }) =>
      request.path.endsWith("/search_products") &&
      reply.status === 422 &&
      request.headers?.["X-API-Key"]?.includes("golden") &&
      request.body,
  )!;
  const error = await site.call("search_products", refused.request.body).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(IntentError);
  const { error: code, message } = refused.reply.body as { error: string; message: string };
  expect(error).toMatchObject({ code, message, status: 422 });
});

test("a server-orchestrated flow", async () => {
  const site = await goldenSite();
  const session = await site.flow("checkout").start();
  expect(session).toMatchObject({ sessionId: "$session_id", currentStep: "", allowedNextSteps: ["add_to_cart"] });
  await expect(session.step("place_order", { cart_id: "c", address: "Berlin, DE" })).rejects.toThrow(
    StepTransitionError,
  );
  expect(await session.step("add_to_cart", { product_id: "p1", quantity: 1 })).toEqual({ cart_id: "cart-1" });
  const view = await session.inspect();
  expect(view.history).toHaveLength(1);
  expect(session).toMatchObject({ currentStep: "add_to_cart", allowedNextSteps: ["place_order"], isComplete: false });
  expect(await session.step("place_order", { cart_id: "cart-1", address: "Berlin, DE" })).toMatchObject({
    order_id: "order-1",
  });
  expect(session.isComplete).toBe(true);
});

test("a client-orchestrated flow", async () => {
  const { steps } = (await goldenSite()).flow("track_order");
  for (const { request, reply } of exchanges) {
    const [, step] = /^\/agent\/flows\/track_order\/steps\/(\w+)$/.exec(request.path) ?? [];
    if (step && reply.status === 200 && request.body) expect(await steps[step]!(request.body)).toEqual(reply.body);
  }
});

test("a session that is gone", async () => {
  const site = await goldenSite();
  const gone = exchanges.find(
    ({ request, reply }) => request.method === "GET" && reply.status === 404 && request.path.includes("/session/"),
  );
  const id = gone!.request.path.split("/").at(-1)!;
  const failure = new AgentClient({
    agentId: "golden-agent",
    fetch: async () => Response.json(gone!.reply.body, { status: 404 }),
  });
  await expect(failure.discover("https://myshop.com")).rejects.toMatchObject({ code: "manifest_not_found" });
  await expect(site.flow("checkout").resume(id)).rejects.toThrow(SessionNotFoundError);
});
