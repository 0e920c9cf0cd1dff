/** What webhooks tell of. */
export const webhookEvents = [
  "task.completed",
  "task.failed",
  "billing.alert",
  "budget.alert",
  "wallet.low",
  "wallet.topped_up",
  "agent.unhealthy",
  "agent.recovered",
  "agent.changed",
  "agent.approval",
  "key.rotated",
  "webhook.disabled",
] as const;

export type WebhookEvent = (typeof webhookEvents)[number];
