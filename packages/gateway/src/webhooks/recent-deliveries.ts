import { sql } from "kysely";
import type { Storage } from "../storage/index.ts";

/** How a delivery stands, in short. */
export interface DeliveryState {
  id: string;
  org_id: string | null;
  agent_id: string | null;
  endpoint_id: string | null;
  event: string;
  status: "pending" | "delivered" | "failed";
  /** Attempts that failed since it was last put in the queue. */
  failures: bigint;
  created_at: bigint;
}

/** Of each list, those that were written last. */
const RECENT = 50;
/** Parts of one statement. */
const LISTS_AT_ONCE = 100;
const EVERYBODY = "";

/** The last deliveries of these organizations, each list newest first; of everybody under the empty name. */
export async function recentDeliveries(
  { db }: Storage,
  orgIds: readonly string[],
): Promise<Map<string, DeliveryState[]>> {
  const found = new Map<string, DeliveryState[]>(orgIds.map((id) => [id, []]));
  for (let at = 0; at < orgIds.length; at += LISTS_AT_ONCE) {
    const lists = orgIds.slice(at, at + LISTS_AT_ONCE).map((orgId) => {
      const whose = orgId === EVERYBODY ? sql`` : sql`where org_id = ${orgId}`;
      return sql`select * from (
        select cast(${orgId} as text) as list, id, org_id, agent_id, endpoint_id, event, status, failures, created_at
        from webhook_deliveries ${whose} order by id desc limit ${RECENT}) as one`;
    });
    const { rows } = await sql<DeliveryState & { list: string }>`${sql.join(lists, sql` union all `)}`.execute(db);
    for (const { list, ...state } of rows) found.get(list)?.push(state);
  }
  return found;
}
