import { z } from "zod";
import { type Tag, text, uuid, withDefault } from "../http/index.ts";
import { TEST_EVENT, webhookEvents } from "./event.ts";

/** What the operations on webhooks are grouped as. */
export const webhooksTag: Tag = {
  name: "Webhooks",
  description: "Be told of what happens, see what was told, and have it told again",
};

const url = text().min(1).max(2048);
const event = z.enum(webhookEvents).meta({ id: "WebhookEvent" });
const events = z.array(event).max(webhookEvents.length).describe("What it is told; empty for everything");
const description = text().max(1_000);

/** Body of `POST /webhooks/endpoints`. */
export const endpointCreation = z
  .object({
    url,
    events: withDefault(events, []),
    description: withDefault(description, ""),
    org_id: withDefault(uuid().nullable(), null).describe("Said by the admin alone: whose it is"),
  })
  .meta({ id: "NewWebhookEndpoint" });

/** Body of `PUT /webhooks/endpoints/{id}`: null and absent leave a field as it is. */
export const endpointUpdate = z
  .object({
    url: url.nullish(),
    events: events.nullish(),
    description: description.nullish(),
    status: z.enum(["enabled", "disabled"]).nullish().describe("`enabled` tells one again that was disabled"),
  })
  .meta({ id: "WebhookEndpointChanges" });

export const wireEndpoint = z
  .object({
    id: z.uuid(),
    org_id: z.uuid().nullable(),
    agent_id: z.uuid().nullable().describe("Of an agent's `webhook_url`, the agent, whose id it has"),
    url: z.string(),
    events: z.array(z.string()),
    description: z.string(),
    status: z.enum(["enabled", "disabled"]),
    disabled_reason: z.string().nullable(),
    failing_since: z.iso.datetime().nullable().describe("When it failed first since it last took something"),
    is_signed: z
      .boolean()
      .describe("Whether it has a secret: a `webhook_url` of earlier versions has none until it is rotated"),
    created_at: z.iso.datetime(),
    updated_at: z.iso.datetime(),
  })
  .meta({ id: "WebhookEndpoint" });

/** With the secret, which is shown this once. */
export const wireNewEndpoint = wireEndpoint.extend({ secret: z.string() }).meta({ id: "WebhookEndpointWithSecret" });

const attempt = z
  .object({
    at: z.iso.datetime(),
    status: z.int().nullable().describe("Of the receiver's answer; null when there was none"),
    ms: z.number(),
    response_head: z.string().nullable().describe("How the answer's body began"),
    error: z.string().nullable().describe("Null when it was delivered"),
  })
  .meta({ id: "WebhookAttempt" });

export const deliveryStatuses = ["pending", "delivered", "failed"] as const;
const status = z.enum(deliveryStatuses);

export const wireDelivery = z
  .object({
    id: z.uuid().describe("The header `webhook-id`, the same at each attempt"),
    endpoint_id: z.uuid().nullable().describe("Null where it goes to an address that is no endpoint"),
    org_id: z.uuid().nullable(),
    agent_id: z.uuid().nullable(),
    event: z.string(),
    receiver: z.string().describe("The host that it goes to"),
    status,
    attempt_count: z.int(),
    last_attempt: attempt.nullable(),
    next_attempt_at: z.iso.datetime().nullable().describe("At the earliest; null when it waits no more"),
    created_at: z.iso.datetime(),
  })
  .meta({ id: "WebhookDelivery" });

/** As it is written down, before anybody has tried it. */
export const wireNewDelivery = wireDelivery
  .extend({ status: z.literal("pending"), attempt_count: z.literal(0), last_attempt: z.null() })
  .meta({ id: "NewWebhookDelivery" });

export const wireDeliveryDetails = wireDelivery
  .extend({ body: z.string().describe("As it is sent"), attempts: z.array(attempt) })
  .meta({ id: "WebhookDeliveryDetails" });

const LIMIT = { default: 50, max: 500 } as const;
const limit = z.coerce.number().int().min(1).max(LIMIT.max).default(LIMIT.default);

export const deliveryQuery = z.object({
  endpoint_id: uuid().optional(),
  agent_id: uuid().optional(),
  event: z
    .enum([...webhookEvents, TEST_EVENT])
    .or(text().min(1).max(100))
    .optional(),
  status: status.optional(),
  before: uuid().optional().describe("`next` of the page before"),
  limit,
});

/** `next` of a page of endpoints. */
export const ENDPOINT_PLACE = /^(\d{1,18})-([0-9a-f-]{36})$/;
export const endpointQuery = z.object({
  org_id: uuid().optional().describe("Only this organization's"),
  before: z.string().regex(ENDPOINT_PLACE, { error: "Take this from `next` of the page before" }).optional(),
  limit,
});

/** Body of `POST /webhooks/deliveries/resend`. */
export const resendRequest = z
  .object({
    endpoint_id: uuid(),
    from: z.iso.datetime({ offset: true }).describe("Deliveries written then or later"),
    to: z.iso.datetime({ offset: true }).nullish().describe("Before then; by default until now"),
    status: withDefault(z.enum(["failed", "delivered"]), "failed"),
    after: uuid().nullish().describe("`next` of the answer before"),
  })
  .meta({ id: "WebhookResend" });

export const wireResent = z
  .object({
    resent: z.int(),
    next: z.uuid().nullable().describe("Say it as `after` to go on; null when all are done"),
  })
  .meta({ id: "WebhooksResent" });
