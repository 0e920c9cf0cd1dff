import { z } from "zod";
import { actions } from "../access/index.ts";
import { byCaller } from "../audit/index.ts";
import { idParams, type RouteDefinition, route } from "../http/index.ts";
import type { EndpointPlace } from "./endpoint-store.ts";
import type { Endpoints } from "./endpoints.ts";
import {
  ENDPOINT_PLACE,
  endpointCreation,
  endpointQuery,
  endpointUpdate,
  webhooksTag as tag,
  wireEndpoint,
  wireNewDelivery,
  wireNewEndpoint,
} from "./fields.ts";
import type { TestDeliveries } from "./test-deliveries.ts";
import { toWireDelivery, toWireEndpoint } from "./wire.ts";

const wireEndpoints = z
  .object({ entries: z.array(wireEndpoint), next: z.string().nullable() })
  .meta({ id: "WebhookEndpointList" });
const refusals = {
  403: { description: "Another organization's endpoint" },
  404: { description: "No such endpoint" },
};
const badUrl = { 400: { description: "The URL is malformed or leads to a refused address" } };
const ofAgent = { 409: { description: "It is an agent's `webhook_url`, which is changed with the agent" } };

/** Receivers of webhooks. */
export function endpointRoutes(endpoints: Endpoints, tests: TestDeliveries): RouteDefinition[] {
  const one = { path: "/webhooks/endpoints/{id}", tag, params: idParams } as const;
  return [
    route({
      method: "POST",
      path: "/webhooks/endpoints",
      action: actions.writeWebhooks,
      tag,
      operationId: "createWebhookEndpoint",
      summary: "Be told of what happens",
      description:
        "Each event that is asked for is sent as a signed POST (Standard Webhooks) and tried for three days. The secret that signs is " +
        "shown this once. The admin says whose endpoint it is.",
      body: endpointCreation,
      bodyExample: { url: "https://example.com/hooks/agentgate", events: ["task.failed", "wallet.low"] },
      responses: {
        201: { description: "The endpoint, with its secret", schema: wireNewEndpoint },
        ...badUrl,
        403: { description: "The organization has all the endpoints it may have" },
        404: { description: "No such organization" },
      },
      handler: async ({ body, caller, request }) => {
        const made = await endpoints.create(body, byCaller(caller, request));
        return { ...toWireEndpoint(made), secret: made.newSecret };
      },
    }),
    route({
      method: "GET",
      path: "/webhooks/endpoints",
      action: actions.readWebhooks,
      tag,
      operationId: "listWebhookEndpoints",
      summary: "List who is told, newest first",
      description: "An organization's endpoints and its agents' `webhook_url`s; to the admin, everybody's.",
      query: endpointQuery,
      responses: {
        200: { description: "Endpoints", schema: wireEndpoints },
        403: { description: "Another organization's" },
      },
      handler: async ({ query, caller }) => {
        const { org_id: orgId, before, limit } = query;
        const { entries, next } = await endpoints.list({ orgId, before: placeIn(before), limit }, caller);
        return { entries: entries.map(toWireEndpoint), next: next && `${next.createdAt}-${next.id}` };
      },
    }),
    route({
      ...one,
      method: "GET",
      action: actions.readWebhooks,
      operationId: "getWebhookEndpoint",
      summary: "Get an endpoint",
      description: "Whether it is told, and why not when it is not. Its secret does not come out.",
      responses: { 200: { description: "The endpoint", schema: wireEndpoint }, ...refusals },
      handler: async ({ params, caller }) => toWireEndpoint(await endpoints.get(params.id, caller)),
    }),
    route({
      ...one,
      method: "PUT",
      action: actions.writeWebhooks,
      operationId: "updateWebhookEndpoint",
      summary: "Change an endpoint",
      description:
        "Absent and null fields stay as they are. `status` tells one again that was disabled; its secret stays.",
      body: endpointUpdate,
      bodyExample: { status: "enabled" },
      responses: {
        200: { description: "The endpoint as it is now", schema: wireEndpoint },
        ...badUrl,
        ...refusals,
        ...ofAgent,
      },
      handler: async ({ params, body, caller, request }) =>
        toWireEndpoint(await endpoints.update(params.id, body, byCaller(caller, request))),
    }),
    route({
      ...one,
      method: "DELETE",
      action: actions.writeWebhooks,
      operationId: "deleteWebhookEndpoint",
      summary: "Tell an endpoint no more",
      description: "What still waits for it is not told.",
      responses: { 204: { description: "Gone; what it was told stays in the list" }, ...refusals, ...ofAgent },
      handler: async ({ params, caller, request }) => endpoints.remove(params.id, byCaller(caller, request)),
    }),
    route({
      ...one,
      method: "POST",
      path: "/webhooks/endpoints/{id}/rotate-secret",
      action: actions.writeWebhooks,
      operationId: "rotateWebhookSecret",
      summary: "Give an endpoint a new secret",
      description: "Shown this once. The secret before it signs beside it for 24 hours.",
      responses: { 200: { description: "The endpoint, with its new secret", schema: wireNewEndpoint }, ...refusals },
      handler: async ({ params, caller, request }) => {
        const rotated = await endpoints.rotateSecret(params.id, byCaller(caller, request));
        return { ...toWireEndpoint(rotated), secret: rotated.newSecret };
      },
    }),
    route({
      ...one,
      method: "POST",
      path: "/webhooks/endpoints/{id}/test",
      action: actions.writeWebhooks,
      operationId: "sendWebhookTest",
      summary: "Send an endpoint a test",
      description:
        "An event `webhook.test`, signed and tried like any other; the delivery says what became of it. Also one that is not told of " +
        "anything can be tested, but not one that is disabled.",
      responses: {
        202: { description: "The delivery, before its first attempt", schema: wireNewDelivery },
        ...refusals,
        409: { description: "The endpoint is disabled" },
        429: { description: "Too many wait already" },
      },
      handler: async ({ params, caller }) =>
        toWireDelivery(await tests.send(await endpoints.managed(params.id, caller))),
    }),
  ];
}

function placeIn(before: string | undefined): EndpointPlace | undefined {
  if (before === undefined) return undefined;
  const [, createdAt = "", id = ""] = ENDPOINT_PLACE.exec(before)!;
  return { createdAt: BigInt(createdAt), id };
}
