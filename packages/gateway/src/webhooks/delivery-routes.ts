import { z } from "zod";
import { actions } from "../access/index.ts";
import { idParams, type RouteDefinition, route } from "../http/index.ts";
import type { Clock } from "../runtime/index.ts";
import type { Deliveries } from "./deliveries.ts";
import {
  deliveryQuery,
  resendRequest,
  webhooksTag as tag,
  wireDelivery,
  wireDeliveryDetails,
  wireResent,
} from "./fields.ts";
import { toWireDelivery, toWireDetails } from "./wire.ts";

const wireDeliveries = z
  .object({ entries: z.array(wireDelivery), next: z.uuid().nullable() })
  .meta({ id: "WebhookDeliveryList" });
const refusals = {
  403: { description: "Another organization's" },
  404: { description: "No such delivery, or it is older than deliveries are kept" },
};
const conflict = { 409: { description: "The endpoint is disabled, or was deleted" } };
const full = { 429: { description: "Too many wait already" } };

/** What was told, and telling it again. */
export function deliveryRoutes(deliveries: Deliveries, clock: Clock): RouteDefinition[] {
  return [
    route({
      method: "GET",
      path: "/webhooks/deliveries",
      action: actions.readWebhooks,
      tag,
      operationId: "listWebhookDeliveries",
      summary: "List what was and is to be told, newest first",
      description:
        "An organization's own; to the admin, everybody's. A page of a filtered list may hold fewer than there are, and even none: `next` " +
        "says whether it goes on.",
      query: deliveryQuery,
      responses: {
        200: { description: "Deliveries, without their bodies", schema: wireDeliveries },
        403: { description: "Another organization's endpoint" },
      },
      handler: async ({ query, caller }) => {
        const { endpoint_id: endpointId, agent_id: agentId, event, status, before, limit } = query;
        const filter = { endpointId, agentId, event, status };
        const { entries, next } = await deliveries.list(filter, { before, limit }, caller);
        return { entries: entries.map(toWireDelivery), next };
      },
    }),
    route({
      method: "POST",
      path: "/webhooks/deliveries/resend",
      action: actions.writeWebhooks,
      tag,
      operationId: "sendWebhooksAgain",
      summary: "Tell again what an endpoint missed",
      description: "Those of a time, a thousand or fewer at once, each under the id it had.",
      body: resendRequest,
      bodyExample: {
        endpoint_id: "11111111-1111-4111-8111-111111111111",
        from: "2026-11-21T00:00:00Z",
        status: "failed",
      },
      responses: {
        202: { description: "How many are told again", schema: wireResent },
        403: { description: "Another organization's endpoint" },
        404: { description: "No such endpoint" },
        ...conflict,
        ...full,
      },
      handler: async ({ body, caller }) => {
        const { endpoint_id: endpointId, from, to, status, after } = body;
        const toMs = to == null ? clock.now() + 1 : Date.parse(to);
        const range = { endpointId, fromMs: Date.parse(from), toMs, status, after: after ?? null };
        return deliveries.resendAll(range, caller);
      },
    }),
    route({
      method: "GET",
      path: "/webhooks/deliveries/{id}",
      action: actions.readWebhooks,
      tag,
      operationId: "getWebhookDelivery",
      summary: "Get a delivery, with its body and each attempt",
      description: "The last two dozen attempts are kept.",
      params: idParams,
      responses: { 200: { description: "The delivery", schema: wireDeliveryDetails }, ...refusals },
      handler: async ({ params, caller }) => toWireDetails(await deliveries.get(params.id, caller)),
    }),
    route({
      method: "POST",
      path: "/webhooks/deliveries/{id}/resend",
      action: actions.writeWebhooks,
      tag,
      operationId: "sendWebhookAgain",
      summary: "Tell it again",
      description: "Under the id it had, and with the whole schedule of attempts. One that waits is tried now.",
      params: idParams,
      responses: {
        202: { description: "The delivery, which waits", schema: wireDeliveryDetails },
        ...refusals,
        ...conflict,
        ...full,
      },
      handler: async ({ params, caller }) => toWireDetails(await deliveries.resend(params.id, caller)),
    }),
  ];
}
