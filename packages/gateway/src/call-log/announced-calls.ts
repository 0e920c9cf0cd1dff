import { type MicroDollars, microDollarsToJson } from "@agentgate/protocol";
import type { Announcement, Concerned } from "../webhooks/index.ts";
import { type CallEntry, toMilliseconds } from "./entry.ts";

/** What somebody paid for a call. */
export interface PaidCall {
  price: MicroDollars;
  transactionId: string;
}

/** Whom a call concerns: the agent's own receiver, and those of its owner. */
export const concernedBy = ({ agentId, orgId, hasWebhook }: CallEntry): Concerned => ({
  orgId,
  hookedAgentId: hasWebhook === true ? agentId : null,
});

/** What is told of a call (contract section 11). */
export function announcementOf(entry: CallEntry, paid: PaidCall | null): Announcement {
  const { agentId, agentName, orgId, taskId, errorDetail, latencyMicros, createdAt: at } = entry;
  const common = {
    agent_id: agentId,
    agent_name: agentName,
    task_id: taskId,
    latency_ms: toMilliseconds(latencyMicros),
  };
  if (errorDetail !== null)
    return { event: "task.failed", orgId, agentId, at, fields: { ...common, error: errorDetail } };
  const price = paid === null ? 0 : microDollarsToJson(paid.price);
  const fields = { ...common, price, transaction_id: paid?.transactionId ?? null };
  return { event: "task.completed", orgId, agentId, at, fields };
}
