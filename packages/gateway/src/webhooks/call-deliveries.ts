import type { Selectable } from "kysely";
import { type Micros, renderTimestamp } from "../runtime/index.ts";
import type { WebhookDeliveriesTable } from "../storage/index.ts";

/** A call as what is told of it is found: by its agent, who owned that, and its time. */
export interface CallTold {
  orgId: string;
  agentId: string;
  at: Micros;
}

type Told = Pick<
  Selectable<WebhookDeliveriesTable>,
  "id" | "endpoint_id" | "event" | "status" | "attempts" | "created_at"
>;

/** What was told of a call, in few words. */
export const toCallDelivery = ({ id, endpoint_id, event, status, attempts, created_at }: Told) => ({
  id,
  endpoint_id,
  event,
  status,
  attempts: (JSON.parse(attempts) as unknown[]).length,
  created_at: renderTimestamp(created_at),
});

export type CallDelivery = ReturnType<typeof toCallDelivery>;
