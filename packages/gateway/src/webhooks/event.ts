import type { WebhookEvent } from "@agentgate/protocol";

export { type WebhookEvent, webhookEvents } from "@agentgate/protocol";

/** The only event that an agent's `webhook_url` gets. */
export const AGENT_EVENT: WebhookEvent = "task.completed";

/** The event of a test, which nobody subscribes to. */
export const TEST_EVENT = "webhook.test";

/** Something that happened, for whoever is to be told of it. */
export interface Announcement {
  event: WebhookEvent;
  /** Whose it is: the organization whose endpoints are told. */
  orgId: string | null;
  /** Of which agent it tells, if of one. */
  agentId?: string | null;
  /** When it happened, microseconds since the epoch; by default now. */
  at?: bigint;
  /** What is told beside `event`, `at` and `org_id`: flat, no secrets. */
  fields: Readonly<Record<string, unknown>>;
}
