import type { AttemptNote } from "../outbox/index.ts";
import { renderTimestamp } from "../runtime/index.ts";
import type { Delivery, ListedDelivery } from "./deliveries.ts";
import type { Endpoint } from "./endpoint.ts";

/** An endpoint on the wire: no secret. */
export const toWireEndpoint = (endpoint: Endpoint) => ({
  id: endpoint.id,
  org_id: endpoint.orgId,
  agent_id: endpoint.agentId,
  url: endpoint.url,
  events: endpoint.events,
  description: endpoint.description,
  status: endpoint.disabledReason === null ? ("enabled" as const) : ("disabled" as const),
  disabled_reason: endpoint.disabledReason,
  failing_since: endpoint.failingSince === null ? null : renderTimestamp(endpoint.failingSince),
  is_signed: endpoint.secrets.length > 0,
  created_at: renderTimestamp(endpoint.createdAt),
  updated_at: renderTimestamp(endpoint.updatedAt),
});

const toWireAttempt = ({ at, ms, status, head, error }: AttemptNote) => ({
  at: new Date(at).toISOString(),
  status,
  ms,
  response_head: head,
  error,
});

const attemptsOf = ({ attempts }: Pick<Delivery, "attempts">): AttemptNote[] => JSON.parse(attempts);

/** A delivery in a list. */
export function toWireDelivery(delivery: ListedDelivery) {
  const attempts = attemptsOf(delivery);
  const last = attempts.at(-1);
  const { due_at: dueAt, created_at: createdAt } = delivery;
  return {
    id: delivery.id,
    endpoint_id: delivery.endpoint_id,
    org_id: delivery.org_id,
    agent_id: delivery.agent_id,
    event: delivery.event,
    receiver: delivery.receiver,
    status: delivery.status,
    attempt_count: attempts.length,
    last_attempt: last ? toWireAttempt(last) : null,
    next_attempt_at: dueAt === null ? null : renderTimestamp(dueAt === 0n ? createdAt : dueAt),
    created_at: renderTimestamp(createdAt),
  };
}

export const toWireDetails = (delivery: Delivery) => ({
  ...toWireDelivery(delivery),
  body: delivery.body,
  attempts: attemptsOf(delivery).map(toWireAttempt),
});
