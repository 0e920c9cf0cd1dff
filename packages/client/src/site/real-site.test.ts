import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { AgentApp, flow, none, step } from "@agentgate/site";
import { fromJsonSchema } from "@agentgate/site/json-schema";
import { toNodeHandler } from "@agentgate/site/node";
import { afterAll, beforeAll, describe, expect, expectTypeOf, onTestFinished, test } from "vitest";
import type { MyShop } from "../../../site/src/codegen/fixtures/myshop.d.ts";
import { goldenKey, goldenShop } from "../../../site/src/testing/golden-shop.ts";
import { AgentClient } from "./agent-client.ts";
import type { AgentClientOptions } from "./client-options.ts";
import { AuthError, IntentError, SessionNotFoundError, StepTransitionError } from "./errors.ts";
import { collect } from "./testing/collect.ts";
import type { Fetch } from "./transport.ts";

const text = { type: "string" };
const streamingApp = new AgentApp({
  title: "Kitchen",
  auth: none(),
  baseUrl: "https://kitchen.test",
  onError: () => {},
})
  .intent("cook", {
    description: "Cook a dish",
    stream: true,
    input: fromJsonSchema<{ dish: string }>({ type: "object", properties: { dish: text }, required: ["dish"] }),
    output: fromJsonSchema<{ ready: boolean }>({ type: "object", properties: { ready: { type: "boolean" } } }),
    handler: async ({ dish }, { progress, chunk }) => {
      await progress({ percent: 50 });
      await chunk(`half a ${dish}`);
      if (dish === "charcoal") throw new Error("burnt");
      return { ready: true };
    },
  })
  .flow(
    flow("dinner", {
      description: "Serve a dinner",
      orchestration: "server",
      steps: {
        serve: step({
          entry: true,
          description: "Serve",
          stream: true,
          output: fromJsonSchema<{ served: number }>({ type: "object" }),
          handler: async (_, { progress }) => {
            await progress("soup");
            return { served: 1 };
          },
        }),
      },
    }),
  );

/** The faces of the site: in process through `fetch`, and over HTTP through `node:http`. */
const faces: Record<
  string,
  (app: ReturnType<typeof goldenShop>) => Promise<{ url: string; options: AgentClientOptions; close(): void }>
> = {
  fetch: async (app) => ({
    url: app.manifest.base_url,
    options: { fetch: (url, init) => app.fetch(new Request(url, init)) },
    close: () => {},
  }),
  node: async (app) => {
    const server = createServer(toNodeHandler(app));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const close = () => {
      server.close();
      server.closeAllConnections();
    };
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, options: {}, close };
  },
};

describe.each(Object.keys(faces))("the client against the site's %s face", (face) => {
  let shop: Awaited<ReturnType<(typeof faces)[string]>>;
  let kitchen: typeof shop;
  beforeAll(async () => {
    shop = await faces[face]!(goldenShop());
    kitchen = await faces[face]!(streamingApp as never);
  });
  afterAll(() => {
    shop.close();
    kitchen.close();
  });

  const discoverShop = (options: AgentClientOptions = { apiKey: goldenKey }) =>
    new AgentClient({ agentId: "my-agent", ...shop.options, ...options }).discover<ReturnType<typeof goldenShop>>(
      shop.url,
    );

  test("the README's agent, typed by the server's app", async () => {
    const site = await discoverShop();
    expect(String(site)).toBe(
      "<DiscoveredSite 'MyShop' intents=['search_products'] flows=['checkout', 'track_order']>",
    );

    const products = await site.intents.search_products({ query: "wireless headphones", max_results: 5 });
    expectTypeOf(products).toEqualTypeOf<{ id: string; name: string; price: number }[]>();
    // @ts-expect-error `query` is required
    await expect(site.intents.search_products({})).rejects.toThrow(IntentError);

    const session = await site.flows.checkout.start();
    const cart = await session.step("add_to_cart", { product_id: products[0]!.id, quantity: 1 });
    const order = await session.step("place_order", { cart_id: cart.cart_id, address: "Berlin, DE" });
    expectTypeOf(order).toEqualTypeOf<{ order_id: string; total: number; eta_minutes: number }>();
    expect(order).toEqual({ order_id: "order-1", total: 79.99, eta_minutes: 30 });
    expect(session.isComplete).toBe(true);

    const { tracking_id } = await site.flows.track_order.steps.initiate({ order_id: order.order_id });
    expect(await site.flows.track_order.steps.get_status({ tracking_id })).toEqual({ status: "on its way" });
    // @ts-expect-error a client-orchestrated flow has no sessions
    site.flows.track_order.start;
    // @ts-expect-error there is no such intent
    expect(() => site.intents.buy_house).toThrow("has no intent 'buy_house'");
  });

  test("a contract that `agentgate types` wrote types the calls just so", async () => {
    const client = new AgentClient({ ...shop.options, apiKey: goldenKey });
    const site = await client.discover<MyShop>(shop.url);
    const [product] = await site.intents.search_products({ query: "headphones" });
    expectTypeOf(product).toEqualTypeOf<{ id: string; name: string; price: number } | undefined>();
    const session = await site.flows.checkout.start();
    const cart = await session.step("add_to_cart", { product_id: product!.id, quantity: 1 });
    expectTypeOf(cart.cart_id).toBeString();
    // @ts-expect-error there is no such step
    await expect(session.step("pay", {})).rejects.toMatchObject({ code: "step_not_found" });
  });

  test("without a contract everything is unknown", async () => {
    const site = await new AgentClient({ ...shop.options, apiKey: goldenKey }).discover(shop.url);
    const products = await site.intents.search_products!({ query: "headphones" });
    expectTypeOf(products).toBeUnknown();
    const session = await site.flows.checkout!.start();
    expectTypeOf(await session.step("add_to_cart", { product_id: "p1", quantity: 1 })).toBeUnknown();
    expect(session.allowedNextSteps).toEqual(["place_order"]);
  });

  test("a start whose answer was lost is repeated, and gives the session that the first opened", async () => {
    const opened: string[] = [];
    const losingTheFirst: Fetch = async (url, init) => {
      const response = await (shop.options.fetch ?? fetch)(url, init);
      if (!url.endsWith("/start")) return response;
      opened.push(((await response.clone().json()) as { session_id: string }).session_id);
      if (opened.length === 1) throw new TypeError("connection reset");
      return response;
    };
    const timing = { sleep: async () => {} };
    const site = await discoverShop({ apiKey: goldenKey, fetch: losingTheFirst, timing });
    const session = await site.flows.checkout.start();
    expect(opened).toEqual([session.sessionId, session.sessionId]);
    const other = await site.flows.checkout.start();
    expect(other.sessionId).not.toBe(session.sessionId);

    const again = await discoverShop();
    const options = { idempotencyKey: `order-${face}` };
    const first = await again.flows.checkout.start(options);
    expect((await again.flows.checkout.start(options)).sessionId).toBe(first.sessionId);
  });

  test("skipping a step is refused by the server, with what is allowed", async () => {
    const session = await (await discoverShop()).flows.checkout.start();
    await expect(session.step("place_order", { cart_id: "c", address: "a" })).rejects.toMatchObject({
      name: "StepTransitionError",
      attempted: "place_order",
      current: "",
      allowed: ["add_to_cart"],
      message: "Step 'place_order' cannot follow ''. Allowed next: ['add_to_cart']",
    });
    await session.step("add_to_cart", { product_id: "p1", quantity: 1 });
    await expect(session.step("add_to_cart", { product_id: "p1", quantity: 1 })).rejects.toThrow(StepTransitionError);
    expect(session.allowedNextSteps).toEqual(["place_order"]);
  });

  test("a session is resumed by its owner, in another process, and by nobody else", async () => {
    const session = await (await discoverShop()).flows.checkout.start();
    await session.step("add_to_cart", { product_id: "p1", quantity: 1 });
    const resumed = await (await discoverShop()).flows.checkout.resume(session.sessionId);
    expect(resumed).toMatchObject({ currentStep: "add_to_cart", allowedNextSteps: ["place_order"], isComplete: false });
    expect((await resumed.inspect()).history).toMatchObject([{ step_name: "add_to_cart" }]);
    const other = await discoverShop({ apiKey: "sk-other-0123456789" });
    await expect(other.flows.checkout.resume(session.sessionId)).rejects.toThrow(SessionNotFoundError);
  });

  test("one key per call: a repeated key does the work once", async () => {
    const site = await discoverShop();
    const session = await site.flows.checkout.start();
    const again = { idempotencyKey: "add-1" };
    const first = await session.step("add_to_cart", { product_id: "p1", quantity: 1 }, again);
    expect(await session.step("add_to_cart", { product_id: "p1", quantity: 1 }, again)).toEqual(first);
    expect((await session.inspect()).history).toHaveLength(1);
  });

  test("a missing and a wrong key", async () => {
    await expect((await discoverShop({})).intents.search_products({ query: "x" })).rejects.toThrow(AuthError);
    const wrong = await discoverShop({ apiKey: "sk-wrong" });
    await expect(wrong.flows.checkout.start()).rejects.toMatchObject({
      name: "AuthError",
      code: "unauthorized",
      status: 401,
    });
  });

  test("the site's own error codes come through", async () => {
    const site = await discoverShop();
    await expect(site.intents.search_products({ query: "nothing left" })).rejects.toMatchObject({
      name: "IntentError",
      code: "out_of_stock",
      message: "Nothing left. Search for something else.",
    });
    await expect(site.intents.search_products({ query: "explode" })).rejects.toMatchObject({ code: "internal_error" });
  });

  test("streams: progress, chunks, the result; errors are thrown; a step moves the session on", async () => {
    const site = await new AgentClient(kitchen.options).discover<typeof streamingApp>(kitchen.url);
    const events = [];
    for await (const event of site.intents.cook.stream({ dish: "pie" })) events.push(event);
    expect(events).toEqual([
      { event: "progress", data: { percent: 50 } },
      { event: "chunk", data: "half a pie" },
      { event: "result", data: { ready: true } },
    ]);
    expect(await site.intents.cook({ dish: "pie" })).toEqual({ ready: true });
    await expect(collect(site.intents.cook.stream({ dish: "charcoal" }))).rejects.toMatchObject({
      name: "IntentError",
      code: "internal_error",
    });

    const session = await site.flows.dinner.start();
    const served = await collect(session.stream("serve"));
    expect(served).toEqual([
      { event: "progress", data: "soup" },
      { event: "result", data: { served: 1 } },
    ]);
    expect(session.isComplete).toBe(true);
    await expect(collect(session.stream("serve"))).rejects.toThrow(StepTransitionError);
  });

  test("a stream that is refused before it begins throws the status; one that is repeated yields the result", async () => {
    const site = await new AgentClient(kitchen.options).discover(kitchen.url);
    const cook = (dish: unknown) => collect(site.intent("cook").stream({ dish }, { idempotencyKey: `pie-${face}` }));
    await expect(cook(5)).rejects.toMatchObject({ name: "IntentError", code: "invalid_input", status: 422 });
    expect(await cook("pie")).toHaveLength(3);
    expect(await cook("pie")).toEqual([{ event: "result", data: { ready: true } }]);
    await expect(cook("cake")).rejects.toMatchObject({ code: "idempotency_mismatch", status: 422 });
  });

  test("a call that the site does not stream yields its result", async () => {
    const site = await discoverShop();
    const events = await collect(site.intents.search_products.stream({ query: "x" }));
    expect(events).toMatchObject([{ event: "result", data: [{ id: "p1" }] }]);
  });
});

test("an answer that was lost is asked for again, and the step has run once", async () => {
  const handler = toNodeHandler(goldenShop());
  let lost = 0;
  const server = createServer((request, response) => {
    if (request.url?.endsWith("/step/add_to_cart") && lost++ < 2) {
      // The site does its work, and the connection breaks before the answer leaves.
      response.end = (() => response.destroy()) as never;
    }
    handler(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const client = new AgentClient({ apiKey: goldenKey, timing: { sleep: async () => {} } });
  const site = await client.discover<MyShop>(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const session = await site.flows.checkout.start();
  expect(await session.step("add_to_cart", { product_id: "p1", quantity: 1 })).toEqual({ cart_id: "cart-1" });
  expect(lost).toBe(3);
  expect((await session.inspect()).history).toHaveLength(1);
});
