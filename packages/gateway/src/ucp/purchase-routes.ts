import type { FastifyRequest } from "fastify";
import { z } from "zod";
import { actions, type ListedAction, orgScope } from "../access/index.ts";
import {
  afterParameter,
  idParams,
  notFound,
  numeric,
  type Principal,
  Problem,
  type RouteDefinition,
  route,
} from "../http/index.ts";
import type { Ledger } from "../ledger/index.ts";
import { type OrgRegistry, orgRefusals } from "../orgs/index.ts";
import { plainAddress, type Timestamps } from "../runtime/index.ts";
import type { Buyer } from "./buyer.ts";
import type { Checkouts, Seen } from "./checkouts.ts";
import type { OrderStore } from "./order-store.ts";
import {
  checkoutDetails,
  checkoutEntry,
  orderDetails,
  orderEntry,
  wireCanceledCheckout,
  wireCheckoutDetails,
  wireListedCheckout,
  wireListedOrder,
  wireOrderDetails,
} from "./purchase-view.ts";
import type { PurchasePlace, Purchases } from "./purchases.ts";
import { ucpTag as tag } from "./ucp-route.ts";

export interface PurchaseRoutesOptions {
  orgs: Pick<OrgRegistry, "get">;
  purchases: Purchases;
  checkouts: Checkouts;
  orders: OrderStore;
  ledger: Pick<Ledger, "queries">;
  timestamps: Timestamps;
}

const page = z.object({
  limit: numeric(z.int().min(1).max(100)).default(50),
  before: afterParameter(/^\d{1,18}\.[\da-f-]{36}$/).describe("`next` of the page before"),
});
const next = z.string().nullable().describe("`before` of the next page; null on the last");
const UUID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/;
/** Whatever is no id is of nothing that there is. */
const purchaseId = z.string().max(64);
const checkoutParams = idParams.extend({ checkout_id: purchaseId });
const orderParams = idParams.extend({ order_id: purchaseId });
const refusals = { ...orgRefusals, 404: { description: "No such organization, or nothing of that id is its" } };

/** What an organization buys, as it looks at it itself: with its key, or in the gateway's own pages. Completing one takes a key. */
export function purchaseRoutes(options: PurchaseRoutesOptions): RouteDefinition[] {
  const { orgs, purchases, checkouts, orders, ledger, timestamps } = options;
  const common = { method: "GET", tag, action: actions.useCheckouts } as const;
  const ownerOf = async (id: string, caller: Principal, action: ListedAction = actions.useCheckouts) =>
    orgScope((await orgs.get(id, caller, action)).id);
  const buyerOf = (orgId: string, principal: Principal, { ip }: FastifyRequest): Buyer => ({
    principal,
    owner: orgScope(orgId),
    orgId,
    clientIp: plainAddress(ip),
  });
  const find = async (id: string, buyer: Buyer) => (UUID.test(id) ? checkouts.get(id, buyer) : undefined);
  const owned = (seen: Seen | undefined, owner: string): Seen => {
    if (seen?.checkout.owner !== owner) throw notFound("Checkout");
    return seen;
  };
  const callOf = async (transactionId: string) =>
    (await ledger.queries.transaction(transactionId))?.reference.call_id ?? null;
  return [
    route({
      ...common,
      path: "/orgs/{id}/checkouts",
      operationId: "listOrgCheckouts",
      summary: "List an organization's checkouts, newest first",
      description:
        "Of every face that makes them. One that is over is kept for a day, one that was completed as long as its order.",
      params: idParams,
      query: page,
      responses: {
        200: { description: "Checkouts", schema: pageOf(wireListedCheckout, "ListedCheckoutPage") },
        ...orgRefusals,
      },
      handler: async ({ params, query: { limit, before }, caller }) => {
        const owner = await ownerOf(params.id, caller);
        const found = await purchases.checkouts(owner, { after: placeOf(before), limit: limit + 1 });
        const now = timestamps();
        return paged(found, limit, (checkout) => checkoutEntry(checkout, now));
      },
    }),
    route({
      ...common,
      path: "/orgs/{id}/checkouts/{checkout_id}",
      operationId: "getOrgCheckout",
      summary: "Get one of an organization's checkouts",
      description: "With what it lacks to be completed.",
      params: checkoutParams,
      responses: { 200: { description: "The checkout", schema: wireCheckoutDetails }, ...refusals },
      handler: async ({ params: { id, checkout_id }, caller, request }) => {
        const owner = await ownerOf(id, caller);
        const seen = await find(checkout_id, buyerOf(id, caller, request));
        return checkoutDetails(owned(seen, owner), timestamps());
      },
    }),
    route({
      method: "POST",
      tag,
      action: actions.cancelCheckouts,
      path: "/orgs/{id}/checkouts/{checkout_id}/cancel",
      operationId: "cancelOrgCheckout",
      summary: "Cancel one of an organization's checkouts",
      description: "One that is being completed, or is over, cannot be canceled. No money moves.",
      params: checkoutParams,
      responses: {
        200: { description: "The checkout, which is canceled", schema: wireCanceledCheckout },
        ...refusals,
        409: { description: "It is being completed, or is over" },
      },
      handler: async ({ params: { id, checkout_id }, caller, request }) => {
        const owner = await ownerOf(id, caller, actions.cancelCheckouts);
        const buyer = buyerOf(id, caller, request);
        owned(await find(checkout_id, buyer), owner);
        const seen = owned(await checkouts.cancel(checkout_id, buyer), owner);
        if (seen.checkout.phase === "canceled") return checkoutDetails({ ...seen, messages: [] }, timestamps());
        const [problem] = seen.messages;
        throw new Problem(409, problem?.content ?? "The checkout cannot be canceled", {
          code: problem?.code ?? "conflict",
        });
      },
    }),
    route({
      ...common,
      path: "/orgs/{id}/orders",
      operationId: "listOrgOrders",
      summary: "List an organization's orders, newest first",
      description: "What it has bought, how far its tasks are, and what was charged.",
      params: idParams,
      query: page,
      responses: { 200: { description: "Orders", schema: pageOf(wireListedOrder, "ListedOrderPage") }, ...orgRefusals },
      handler: async ({ params, query: { limit, before }, caller }) => {
        const owner = await ownerOf(params.id, caller);
        const found = await purchases.orders(owner, { after: placeOf(before), limit: limit + 1 });
        return paged(found, limit, orderEntry);
      },
    }),
    route({
      ...common,
      path: "/orgs/{id}/orders/{order_id}",
      operationId: "getOrgOrder",
      summary: "Get one of an organization's orders",
      description: "With each of its tasks, its payment, and the call in the log.",
      params: orderParams,
      responses: { 200: { description: "The order", schema: wireOrderDetails }, ...refusals },
      handler: async ({ params: { id, order_id }, caller }) => {
        const owner = await ownerOf(id, caller);
        const order = UUID.test(order_id) ? await orders.find(order_id) : undefined;
        if (order?.owner !== owner || order.phase !== "placed") throw notFound("Order");
        return orderDetails(order, callOf);
      },
    }),
  ];
}

const pageOf = (entry: z.ZodType, id: string) => z.object({ entries: z.array(entry), next }).meta({ id });

function placeOf(before: string | undefined): PurchasePlace | undefined {
  const [at, id] = before?.split(".") ?? [];
  return at === undefined || id === undefined ? undefined : { createdAt: BigInt(at), id };
}

function paged<Found extends PurchasePlace, Entry>(
  found: readonly Found[],
  limit: number,
  entryOf: (found: Found) => Entry,
): { entries: Entry[]; next: string | null } {
  const last = found.length > limit ? found[limit - 1] : undefined;
  return { entries: found.slice(0, limit).map(entryOf), next: last ? `${last.createdAt}.${last.id}` : null };
}
