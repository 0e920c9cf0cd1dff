export type WebhookDeliveryStatus = "pending" | "delivered" | "failed";

/** One attempt at a delivery. */
export interface WebhookAttempt {
  at: string;
  /** Of the receiver's answer; null when there was none. */
  status: number | null;
  ms: number;
  /** How the answer's body began. */
  response_head: string | null;
  /** Null when it was delivered. */
  error: string | null;
}

/** What was or is to be told to one receiver. */
export interface WebhookDelivery {
  /** The header `webhook-id`, the same at each attempt. */
  id: string;
  /** Null where it goes to an address that is no endpoint. */
  endpoint_id: string | null;
  org_id: string | null;
  agent_id: string | null;
  event: string;
  /** The host that it goes to. */
  receiver: string;
  status: WebhookDeliveryStatus;
  attempt_count: number;
  last_attempt: WebhookAttempt | null;
  /** At the earliest; null when it waits no more. */
  next_attempt_at: string | null;
  created_at: string;
}

/** The same with all there is. */
export interface WebhookDeliveryDetails extends WebhookDelivery {
  /** As it is sent. */
  body: string;
  attempts: WebhookAttempt[];
}
