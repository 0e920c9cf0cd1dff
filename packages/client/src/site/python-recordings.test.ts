import { expect, onTestFinished, test } from "vitest";
import { AgentClient } from "./agent-client.ts";
import {
  AuthError,
  FlowNotFoundError,
  IntentError,
  SessionNotFoundError,
  StepError,
  StepTransitionError,
} from "./errors.ts";
import { servePythonSite } from "./testing/python-site.ts";

async function pyShop(answers?: Record<string, string | string[]>) {
  const site = await servePythonSite(answers);
  onTestFinished(async () => void (await site.close()));
  const client = new AgentClient({ apiKey: "sk-1" });
  return { site: await client.discover(site.url), requests: site.requests };
}

const failure = (pending: Promise<unknown>): Promise<unknown> =>
  pending.then(
    () => undefined,
    (error: unknown) => error,
  );

const search = "/agent/intents/search_products";
const checkout = "/agent/flows/checkout";

test("discovery, whatever Pydantic makes of types", async () => {
  const { site } = await pyShop();
  expect(String(site)).toBe("<DiscoveredSite 'PyShop' intents=['search_products'] flows=['checkout', 'track_order']>");
});

test("an intent, in UTF-8 and with Python's numbers", async () => {
  const { site, requests } = await pyShop();
  expect(await site.call("search_products", { query: "Straße", max_results: 2 })).toMatchObject([
    { name: "Wanderschuh „Grün“ for Straße", price: 59.99, category: { children: [{ name: "Boots" }] } },
    { price: 0.1 + 0.2, category: null },
  ]);
  expect(requests.at(-1)?.headers.authorization).toBe("Bearer sk-1");
});

test("a flow from its start to its end, refusals and a step that returns nothing included", async () => {
  const { site } = await pyShop();
  const session = await site.flow("checkout").start();
  expect(session).toMatchObject({ currentStep: "", allowedNextSteps: ["add_to_cart"], isComplete: false });
  const early = await failure(session.step("place_order", {}));
  expect(early).toBeInstanceOf(StepTransitionError);
  expect(early).toMatchObject({ attempted: "place_order", current: "", allowed: ["add_to_cart"] });

  const { site: later } = await pyShop({
    [`${checkout}/step/add_to_cart`]: "step",
    [`${checkout}/step/place_order`]: "last step",
  });
  const order = await later.flow("checkout").start();
  expect(await order.step("add_to_cart", { product_id: "p1", quantity: 2 })).toEqual({ cart_id: "cart-of-p1" });
  expect(order.allowedNextSteps).toEqual(["choose_slot", "place_order"]);
  expect((await order.inspect()).history).toHaveLength(1);
  expect(await order.step("choose_slot", { cart_id: "cart-of-p1" })).toBeNull();
  expect(await order.step("place_order", {})).toMatchObject({ order_id: "o1" });
  expect(order).toMatchObject({ currentStep: "place_order", allowedNextSteps: [], isComplete: true });
});

test("a client-orchestrated flow", async () => {
  const { site } = await pyShop();
  expect(await site.flow("track_order").steps.initiate!({ order_id: "o1" })).toEqual({ tracking_id: "track-o1" });
});

test.each([
  ["intent that is not there", IntentError, "intent_not_found", "Intent 'nothing' not found"],
  ["intent without its argument", IntentError, "http_500", "failed with http_500"],
  ["intent with malformed JSON", IntentError, "http_500", "failed with http_500"],
  ["intent with the wrong method", IntentError, "http_405", "Method Not Allowed"],
  ["path that is not there", IntentError, "intent_not_found", "Not Found"],
  ["FastAPI's malformed JSON", IntentError, "invalid_input", "JSON decode error"],
  ["FastAPI's missing bearer", AuthError, "unauthorized", "Not authenticated"],
  ["FastAPI's missing key", AuthError, "unauthorized", "Not authenticated"],
  ["busy", IntentError, "http_503", "Warehouse is being counted"],
])("an intent that fails: %s", async (name, type, code, message) => {
  const { site } = await pyShop({ [search]: name });
  const error = await failure(site.call("search_products", {}));
  expect(error).toBeInstanceOf(type);
  expect(error).toMatchObject({ code, message: expect.stringContaining(message) });
});

test("says which inputs FastAPI refuses, and when to try again", async () => {
  const { site } = await pyShop({ [search]: "FastAPI's validation" });
  expect(await failure(site.call("search_products", {}))).toMatchObject({
    code: "invalid_input",
    message: "x-rate: Field required; max_price: Input should be a valid decimal; sizes: Field required",
  });
  const { site: busy } = await pyShop({ [search]: "busy" });
  expect(await failure(busy.call("search_products", {}))).toMatchObject({ status: 503, retryAfterSeconds: 7 });
});

test.each([
  ["step of a session that is gone", SessionNotFoundError, "session_not_found"],
  ["step without session", StepError, "missing_session"],
  ["step after the last", StepTransitionError, "step_not_allowed"],
  ["path that is not there", SessionNotFoundError, "session_not_found"],
])("a step that fails: %s", async (name, type, code) => {
  const { site } = await pyShop({ [`${checkout}/step/add_to_cart`]: name });
  const session = await site.flow("checkout").start();
  const error = await failure(session.step("add_to_cart", {}));
  expect(error).toBeInstanceOf(type);
  expect(error).toMatchObject({ code });
});

test("flows and sessions that are not there", async () => {
  const { site } = await pyShop({ [`${checkout}/start`]: "start of a flow that is not there" });
  expect(await failure(site.flow("checkout").start())).toBeInstanceOf(FlowNotFoundError);
  const gone = "550e8400-e29b-41d4-a716-999999999999";
  expect(await failure(site.flow("checkout").resume(gone))).toBeInstanceOf(SessionNotFoundError);
});

test("follows FastAPI's redirect of a slash too many", async () => {
  const { site, requests } = await pyShop({ [search]: ["intent with a slash too many", "intent"] });
  expect(await site.call("search_products", { query: "Straße" })).toHaveLength(2);
  expect(requests.slice(-2)).toMatchObject([
    { path: search, body: { query: "Straße" } },
    { path: search, body: { query: "Straße" } },
  ]);
});
