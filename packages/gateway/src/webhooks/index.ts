export { AgentHooks } from "./agent-hooks.ts";
export { Announcer, type Audience, type Concerned, NOBODY } from "./announcer.ts";
export { type Announcement, type WebhookEvent, webhookEvents } from "./event.ts";
export type { DeliveryState } from "./recent-deliveries.ts";
export { openWebhooks, type WebhooksRoom } from "./room.ts";
export { sealedWebhookSecrets } from "./secrets.ts";
export type { Attempted, OutgoingDelivery, Sender } from "./sender.ts";
