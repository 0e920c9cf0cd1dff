import { SiteError } from "@agentgate/site";
import { type Dish, deliveryMinutes, todaysMenu } from "./menu.ts";

/** What is in a cart: portions by dish id. Plain JSON, because the session keeps it. */
export type Cart = Record<string, number>;

export interface Address {
  readonly street: string;
  readonly postal_code: string;
}

export interface Bill {
  readonly itemsCents: number;
  readonly deliveryCents: number;
  readonly totalCents: number;
}

interface Order {
  readonly id: string;
  readonly customer: string;
  readonly placedAtMs: number;
  readonly minutes: number;
}

const portionsMax = 10;
const minimumCents = 1500;
const deliveryCents = 290;
const freeDeliveryFromCents = 4000;

/** The business behind the site: stock, totals, delivery. It knows nothing of agents. */
export class FoodShop {
  readonly #menu = new Map(todaysMenu().map((dish) => [dish.id, dish]));
  readonly #orders = new Map<string, Order>();
  readonly #now: () => number;

  /** @param now - milliseconds since the epoch */
  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  search(query: string, vegetarianOnly: boolean): Dish[] {
    const words = query.toLowerCase().split(/\s+/).filter(Boolean);
    return [...this.#menu.values()].filter(({ name, restaurant, vegetarian }) => {
      const text = `${name} ${restaurant}`.toLowerCase();
      return (vegetarian || !vegetarianOnly) && words.every((word) => text.includes(word));
    });
  }

  /** The cart with more of a dish. */
  add(cart: Cart, dishId: string, portions: number): Cart {
    const dish = this.#menu.get(dishId);
    if (!dish)
      throw new SiteError("dish_not_found", `There is no dish '${dishId}'. Search for one first.`, { status: 404 });
    const wanted = (cart[dishId] ?? 0) + portions;
    if (wanted > portionsMax) {
      throw new SiteError("too_many_portions", `At most ${portionsMax} portions of a dish. Ask for fewer.`);
    }
    if (wanted > dish.stock) throw soldOut(dish, wanted);
    return { ...cart, [dishId]: wanted };
  }

  /** Checks that couriers go there, and what it costs. */
  quote(cart: Cart, { postal_code }: Address): Bill & { readonly minutes: number } {
    const minutes = deliveryMinutes.get(postal_code);
    if (minutes === undefined) {
      const codes = [...deliveryMinutes.keys()].join(", ");
      throw new SiteError("not_delivered_there", `We do not deliver to ${postal_code}. We deliver to ${codes}.`);
    }
    const bill = this.#bill(cart);
    if (bill.itemsCents < minimumCents) {
      throw new SiteError(
        "below_minimum",
        `The order comes to ${euros(bill.itemsCents)}; the minimum is ${euros(minimumCents)}. Add more dishes first.`,
      );
    }
    return { ...bill, minutes };
  }

  /** Takes the portions out of stock, all or none: somebody else may have been faster. */
  place(customer: string, cart: Cart, address: Address): Bill & { readonly orderId: string; readonly minutes: number } {
    const quote = this.quote(cart, address);
    for (const [dishId, portions] of Object.entries(cart)) {
      const dish = this.#menu.get(dishId)!;
      if (portions > dish.stock) throw soldOut(dish, portions);
    }
    for (const [dishId, portions] of Object.entries(cart)) this.#menu.get(dishId)!.stock -= portions;
    const order = { id: crypto.randomUUID(), customer, placedAtMs: this.#now(), minutes: quote.minutes };
    this.#orders.set(order.id, order);
    return { ...quote, orderId: order.id };
  }

  /** @throws when the order is someone else's, too */
  track(
    customer: string,
    orderId: string,
  ): { readonly status: "cooking" | "on its way" | "delivered"; readonly minutesLeft: number } {
    const order = this.#orders.get(orderId);
    if (order?.customer !== customer) {
      throw new SiteError("order_not_found", `You have no order '${orderId}'.`, { status: 404 });
    }
    const minutesLeft = Math.max(0, order.minutes - Math.floor((this.#now() - order.placedAtMs) / 60_000));
    const status = minutesLeft === 0 ? "delivered" : minutesLeft > order.minutes / 2 ? "cooking" : "on its way";
    return { status, minutesLeft };
  }

  #bill(cart: Cart): Bill {
    const itemsCents = Object.entries(cart).reduce(
      (sum, [dishId, portions]) => sum + portions * (this.#menu.get(dishId)?.priceCents ?? 0),
      0,
    );
    const fee = itemsCents >= freeDeliveryFromCents ? 0 : deliveryCents;
    return { itemsCents, deliveryCents: fee, totalCents: itemsCents + fee };
  }
}

export const euros = (cents: number): string => `€${(cents / 100).toFixed(2)}`;

function soldOut(dish: Dish, wanted: number): SiteError {
  return new SiteError(
    "out_of_stock",
    dish.stock === 0
      ? `${dish.name} is sold out. Choose another dish.`
      : `${wanted} portions of ${dish.name} were asked for and ${dish.stock} are left. Ask for ${dish.stock} or fewer.`,
  );
}
