import { z } from "zod";
import { actions } from "../access/index.ts";
import { noteMiss, notFound, numeric, type RouteDefinition } from "../http/index.ts";
import type { Random } from "../runtime/index.ts";
import { type Buyers, mayUse } from "./buyer.ts";
import { errorResponse, unrecoverable } from "./envelope.ts";
import type { Negotiation } from "./negotiation.ts";
import type { OrderStore } from "./order-store.ts";
import { orderView } from "./order-view.ts";
import { renderJson } from "./raw-json.ts";
import { refusal } from "./refusal.ts";
import { UCP_BASE, ucpRoute } from "./ucp-route.ts";
import { wireError, wireOrder } from "./wire.ts";

export interface OrderRoutesOptions {
  orders: OrderStore;
  buyers: Buyers;
  negotiation: Negotiation;
  random: Random;
  publicUrl(): string;
}

const RUNS_MAX = 100;
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Orders, and what agents answered to them (ucp.dev, shopping, order). */
export function orderRoutes({ orders, buyers, negotiation, random, publicUrl }: OrderRoutesOptions): RouteDefinition[] {
  /** An order is its owner's alone, who has to say who it is. */
  const find = async (request: Parameters<Buyers["of"]>[0], id: string) => {
    const buyer = await buyers.of(request);
    if (!buyer.principal) throw refusal(401, "unauthenticated", "Show a key, as Authorization: Bearer or X-API-Key");
    const order = UUID.test(id) ? await orders.find(id) : undefined;
    if (order && mayUse(buyer, order.owner) && order.phase === "placed") return order;
    noteMiss(request, notFound("Order"));
    return undefined;
  };
  return [
    ucpRoute({
      method: "GET",
      path: `${UCP_BASE}/orders/{id}`,
      action: actions.openCheckouts,
      operationId: "getOrder",
      summary: "Get an order, with what its agents answered",
      description: "Large answers are had by their `result_url`.",
      params: z.object({ id: z.string() }),
      responses: { 200: { description: "The order, or that there is none", schema: z.union([wireOrder, wireError]) } },
      handler: async ({ params: { id }, request, reply }) => {
        const order = await find(request, id);
        const agreed = await negotiation.of(request, "order");
        if ("refused" in agreed) return agreed.refused;
        if (!order)
          return errorResponse(agreed, unrecoverable("not_found", "There is no such order, or it is not yours"));
        reply.header("content-type", "application/json");
        return renderJson(random, (raw) => orderView(order, agreed, { url: publicUrl(), raw }));
      },
    }),
    ucpRoute({
      method: "GET",
      path: `${UCP_BASE}/orders/{id}/results/{position}`,
      action: actions.openCheckouts,
      operationId: "getOrderResult",
      summary: "Get what an agent answered to one task of an order",
      description: "The agent's JSON as it is.",
      params: z.object({ id: z.string(), position: numeric(z.int().min(0).max(RUNS_MAX)) }),
      responses: {
        200: {
          description: "The agent's JSON",
          schema: z.unknown().meta({ id: "UcpTaskResult", description: "Any JSON" }),
        },
        404: { description: "No such order or task of yours, or nothing came of it" },
      },
      handler: async ({ params: { id, position }, request, reply }) => {
        const order = await find(request, id);
        const result = order && (await orders.result(order.id, position));
        if (result === undefined) throw refusal(404, "not_found", "There is no such result, or it is not yours");
        reply.header("content-type", "application/json");
        return result;
      },
    }),
  ];
}
