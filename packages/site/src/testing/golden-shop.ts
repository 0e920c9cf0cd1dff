import { AgentApp, type AgentAppOptions, apiKey, flow, SiteError, step } from "@agentgate/site";
import { fromJsonSchema } from "@agentgate/site/json-schema";

const object = (properties: Record<string, unknown>, required: readonly string[] = Object.keys(properties)) => ({
  type: "object",
  properties,
  required,
});
const text = { type: "string" };

export const goldenKey = "sk-golden-0123456789";

/** The shop of the README, which the golden fixtures in packages/protocol/fixtures/site were recorded from. */
export function goldenShop(options: Partial<AgentAppOptions<never, never>> = {}) {
  return new AgentApp({
    title: "MyShop",
    description: "E-commerce API for AI agents",
    version: "1.0",
    baseUrl: "https://myshop.com",
    auth: apiKey({ header: "X-API-Key", keys: { golden: goldenKey, other: "sk-other-0123456789" } }),
    onError: () => {},
    ...(options as object),
  })
    .intent("search_products", {
      description: "Search products by keyword",
      input: fromJsonSchema<{ query: string; max_results?: number }>(
        object({ query: text, max_results: { type: "integer" } }, ["query"]),
      ),
      output: fromJsonSchema<{ id: string; name: string; price: number }[]>({
        type: "array",
        items: object({ id: text, name: text, price: { type: "number" } }),
      }),
      handler: ({ query, max_results = 10 }) => {
        if (query === "explode") throw new TypeError("secret detail");
        if (query === "nothing left") throw new SiteError("out_of_stock", "Nothing left. Search for something else.");
        return [{ id: "p1", name: `Wireless headphones for ${query}`, price: 59.99 }].slice(0, max_results);
      },
    })
    .flow(
      flow("checkout", {
        description: "Add to cart and place order",
        orchestration: "server",
        steps: {
          add_to_cart: step({
            entry: true,
            description: "Add a product to the cart",
            input: fromJsonSchema<{ product_id: string; quantity: number }>(
              object({ product_id: text, quantity: { type: "integer" } }),
            ),
            output: fromJsonSchema<{ cart_id: string }>(object({ cart_id: text })),
            handler: ({ product_id, quantity }, { session }) => {
              session.data.cart = { [product_id]: quantity };
              return { cart_id: "cart-1" };
            },
          }),
          place_order: step({
            after: "add_to_cart",
            description: "Confirm and place the order",
            input: fromJsonSchema<{ cart_id: string; address: string }>(object({ cart_id: text, address: text })),
            output: fromJsonSchema<{ order_id: string; total: number; eta_minutes: number }>(
              object({ order_id: text, total: { type: "number" }, eta_minutes: { type: "integer" } }),
            ),
            handler: () => ({ order_id: "order-1", total: 79.99, eta_minutes: 30 }),
          }),
        },
      }),
    )
    .flow(
      flow("track_order", {
        description: "Track an existing order",
        orchestration: "client",
        steps: {
          initiate: step({
            entry: true,
            description: "Initiate tracking for an order",
            input: fromJsonSchema<{ order_id: string }>(object({ order_id: text })),
            output: fromJsonSchema<{ tracking_id: string }>(object({ tracking_id: text })),
            handler: ({ order_id }) => ({ tracking_id: `track-${order_id}` }),
          }),
          get_status: step({
            after: "initiate",
            description: "Poll for current status",
            input: fromJsonSchema<{ tracking_id: string }>(object({ tracking_id: text })),
            output: fromJsonSchema<{ status: string }>(object({ status: text })),
            handler: () => ({ status: "on its way" }),
          }),
        },
      }),
    );
}
