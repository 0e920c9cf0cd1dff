import { AgentApp, apiKey, flow, none, SiteError, step } from "@agentgate/site";
import { z } from "zod";
import { type Address, type Cart, FoodShop } from "./food-shop.ts";

export const demoKey = "demo-key";

const euros = (cents: number) => cents / 100;
const Portions = z.int().min(1).max(10).default(1);
const CartView = z.object({ portions: z.record(z.string(), z.int()).describe("Portions by dish id") });
const Quote = z.object({
  items: z.number().describe("Price of the dishes, in euros"),
  delivery: z.number().describe("Delivery fee, in euros"),
  total: z.number().describe("What will be charged, in euros"),
  eta_minutes: z.int(),
});

/** The site, ready to be mounted or served. */
export function foodpandaSite(shop = new FoodShop(), baseUrl = "http://localhost:8100") {
  return new AgentApp({
    title: "FoodPanda",
    description: "Order food from restaurants in Berlin-Mitte and have it delivered",
    version: "1.0",
    baseUrl,
    auth: apiKey({ verify: (key) => (key === demoKey ? "demo-customer" : null) }),
  })
    .intent("search_dishes", {
      description: "Search dishes by words of their name or restaurant; an empty query lists everything",
      auth: none(),
      idempotent: true,
      risk: "low",
      input: z.object({
        query: z.string().max(100).default(""),
        vegetarian: z.boolean().default(false).describe("Only dishes without meat and fish"),
        max_results: z.int().min(1).max(50).default(10),
      }),
      output: z.array(
        z.object({
          id: z.string(),
          name: z.string(),
          restaurant: z.string(),
          vegetarian: z.boolean(),
          price: z.number().describe("In euros"),
          portions_left: z.int(),
        }),
      ),
      handler: ({ query, vegetarian, max_results }) =>
        shop
          .search(query, vegetarian)
          .slice(0, max_results)
          .map(({ priceCents, stock, ...dish }) => ({
            ...dish,
            price: euros(priceCents),
            portions_left: stock,
          })),
    })
    .flow(
      flow("order_food", {
        description: "Fill a cart, say where to deliver, place the order",
        orchestration: "server",
        steps: {
          add_dish: step({
            entry: true,
            after: ["add_dish", "set_delivery"],
            description: "Put portions of a dish into the cart; repeat it for more dishes",
            input: z.object({ dish_id: z.string(), portions: Portions }),
            output: CartView,
            handler: ({ dish_id, portions }, { session }) => {
              const cart = shop.add((session.data.cart ?? {}) as Cart, dish_id, portions);
              session.data.cart = cart;
              return { portions: cart };
            },
          }),
          set_delivery: step({
            after: ["add_dish", "set_delivery"],
            description: "Say where to deliver; answers what the order will cost and when it arrives",
            input: z.object({ street: z.string().min(3), postal_code: z.string().regex(/^\d{5}$/) }),
            output: Quote,
            handler: (address, { session }) => {
              session.data.address = address;
              const { itemsCents, deliveryCents, totalCents, minutes } = shop.quote(session.data.cart as Cart, address);
              return {
                items: euros(itemsCents),
                delivery: euros(deliveryCents),
                total: euros(totalCents),
                eta_minutes: minutes,
              };
            },
          }),
          place_order: step({
            after: "set_delivery",
            final: true,
            risk: "high",
            description: "Place the order; the customer pays the courier. Ask the person before you call this",
            input: z.object({ accepted_total: z.number().describe("The total that set_delivery answered, in euros") }),
            output: z.object({ order_id: z.string(), total: z.number(), eta_minutes: z.int() }),
            handler: ({ accepted_total }, { session, principal }) => {
              const { cart, address } = session.data as { cart: Cart; address: Address };
              const { totalCents } = shop.quote(cart, address);
              if (Math.round(accepted_total * 100) !== totalCents) {
                throw new SiteError(
                  "total_changed",
                  `The total is €${euros(totalCents)} now. Ask again and repeat with it.`,
                );
              }
              const order = shop.place(principal!.subject, cart, address);
              return { order_id: order.orderId, total: euros(order.totalCents), eta_minutes: order.minutes };
            },
          }),
        },
      }),
    )
    .flow(
      flow("track_order", {
        description: "Follow an order on its way",
        orchestration: "client",
        steps: {
          initiate: step({
            entry: true,
            idempotent: true,
            description: "Begin tracking an order",
            input: z.object({ order_id: z.string() }),
            output: z.object({ tracking_id: z.string() }),
            handler: ({ order_id }, { principal }) => {
              shop.track(principal!.subject, order_id);
              return { tracking_id: order_id };
            },
          }),
          get_status: step({
            after: "initiate",
            idempotent: true,
            description: "Where the order is now",
            input: z.object({ tracking_id: z.string() }),
            output: z.object({ status: z.enum(["cooking", "on its way", "delivered"]), minutes_left: z.int() }),
            handler: ({ tracking_id }, { principal }) => {
              const { status, minutesLeft } = shop.track(principal!.subject, tracking_id);
              return { status, minutes_left: minutesLeft };
            },
          }),
        },
      }),
    );
}

/** All that an agent needs to know of the site at compile time. */
export type FoodpandaSite = ReturnType<typeof foodpandaSite>;
