import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { AgentClient } from "./agent-client.ts";
import { AuthError, FlowNotFoundError, IntentError, SessionNotFoundError, StepTransitionError } from "./errors.ts";
import { recordedFetch } from "./testing/recorded-fetch.ts";

interface Recorded {
  readonly status: number;
  readonly body?: unknown;
  readonly text?: string;
}

const { manifest, replies } = JSON.parse(
  readFileSync(new URL("./fixtures/python/handwritten.json", import.meta.url), "utf8"),
) as { manifest: object; replies: Record<string, Recorded> };

/** The Python site, answering each path with one of the recorded replies. */
async function pyShop(answers: Record<string, string>) {
  const { fetch, requests } = recordedFetch(({ url }) => {
    const { pathname } = new URL(url);
    if (pathname === "/.well-known/agent-manifest.json") return manifest;
    const { status, body, text } = replies[answers[pathname] ?? "not_found"]!;
    return new Response(text ?? JSON.stringify(body), { status });
  });
  const client = new AgentClient({ fetch, apiKey: "sk-1" });
  return { site: await client.discover("https://pyshop.test"), requests };
}

const sessionId = "550e8400-e29b-41d4-a716-446655440000";

test("an order from discovery to the end", async () => {
  const { site, requests } = await pyShop({
    "/agent/intents/search_products": "search",
    "/agent/flows/checkout/start": "start",
    "/agent/flows/checkout/step/add_to_cart": "add_to_cart",
    "/agent/flows/checkout/step/place_order": "place_order",
  });
  expect(String(site)).toBe("<DiscoveredSite 'PyShop' intents=['search_products'] flows=['checkout', 'track_order']>");
  expect(await site.call("search_products", { query: "headphones" })).toEqual([
    { id: "p1", name: "Headphones", price: 59.99 },
  ]);

  const session = await site.flow("checkout").start();
  expect(session).toMatchObject({ sessionId, currentStep: "", allowedNextSteps: ["add_to_cart"], isComplete: false });
  expect(await session.step("add_to_cart", { product_id: "p1", quantity: 1 })).toEqual({ cart_id: "c1" });
  expect(await session.step("place_order", { cart_id: "c1", address: "Berlin" })).toMatchObject({ order_id: "o1" });
  expect(session).toMatchObject({ currentStep: "place_order", allowedNextSteps: [], isComplete: true });
  expect(requests.slice(1).every(({ headers }) => headers.authorization === "Bearer sk-1")).toBe(true);
  expect(requests.at(-1)?.headers["x-session-id"]).toBe(sessionId);
});

test("a refused step comes through FastAPI's `detail`, and the session learns from it", async () => {
  const { site } = await pyShop({
    "/agent/flows/checkout/start": "start",
    "/agent/flows/checkout/step/place_order": "step_not_allowed",
  });
  const session = await site.flow("checkout").start();
  const refusal = await session.step("place_order", {}).catch((error: unknown) => error);
  expect(refusal).toBeInstanceOf(StepTransitionError);
  expect(refusal).toMatchObject({
    code: "step_not_allowed",
    status: 422,
    message: "Step 'place_order' cannot follow ''. Allowed next: ['add_to_cart']",
    attempted: "place_order",
    current: "",
    allowed: ["add_to_cart"],
  });
  expect(session.allowedNextSteps).toEqual(["add_to_cart"]);
});

test("resuming a session whose reply has no flow_complete", async () => {
  const { site } = await pyShop({ [`/agent/flows/checkout/session/${sessionId}`]: "inspect" });
  const session = await site.flow("checkout").resume(sessionId);
  expect(session).toMatchObject({
    sessionId,
    currentStep: "add_to_cart",
    allowedNextSteps: ["place_order"],
    isComplete: false,
  });
});

test("errors by code, by status, and in FastAPI's own words", async () => {
  const failure = async (
    path: string,
    reply: string,
    call: (site: Awaited<ReturnType<typeof pyShop>>["site"]) => Promise<unknown>,
  ) => {
    const { site } = await pyShop({ "/agent/flows/checkout/start": "start", [path]: reply });
    return call(site).catch((error: unknown) => error);
  };
  const search = "/agent/intents/search_products";
  const step = "/agent/flows/checkout/step/add_to_cart";
  const take = async (site: Awaited<ReturnType<typeof pyShop>>["site"]) =>
    (await site.flow("checkout").start()).step("add_to_cart", {});

  expect(await failure(step, "session_not_found", take)).toBeInstanceOf(SessionNotFoundError);
  expect(await failure(step, "not_found", take)).toBeInstanceOf(SessionNotFoundError);
  expect(await failure("/agent/flows/checkout/start", "not_found", take)).toBeInstanceOf(FlowNotFoundError);
  expect(await failure(search, "unauthorized", (site) => site.call("search_products"))).toBeInstanceOf(AuthError);
  expect(await failure(search, "not_found", (site) => site.call("search_products"))).toMatchObject({
    name: "IntentError",
    code: "intent_not_found",
    message: "Not Found",
  });
  const invalid = await failure(search, "validation", (site) => site.call("search_products"));
  expect(invalid).toBeInstanceOf(IntentError);
  expect(invalid).toMatchObject({
    code: "invalid_input",
    message: "query: Field required; filter.max_price: Input should be a valid number",
  });
  expect(await failure(search, "crash", (site) => site.call("search_products"))).toMatchObject({
    code: "http_500",
    message: "/agent/intents/search_products failed with http_500",
  });
});
