export {
  WebhookDeliveryCalls,
  type WebhookDeliveryFilter,
  type WebhookDeliveryOptions,
  type WebhookResend,
} from "./deliveries.ts";
export { WebhookEndpointCalls, type WebhookEndpointFields, type WebhookEndpointFilter } from "./endpoints.ts";
