import { queryOptions } from "@tanstack/react-query";
import { gateway } from "../../app/api.ts";
import { gatewayNow } from "../../app/gateway-clock.ts";

const DAY_MS = 86_400_000;
/** As many are counted. */
const COUNTED_MAX = 100;

/** Webhooks that were given up in the last day. */
export interface Undelivered {
  count: number;
  /** There are more than were counted. */
  hasMore: boolean;
}

/** An organization's own; for the admin everybody's. */
export const undeliveredQuery = queryOptions({
  queryKey: ["webhooks", "undelivered"],
  queryFn: async ({ signal }): Promise<Undelivered> => {
    const { entries } = await gateway.listWebhookDeliveries({ status: "failed", limit: COUNTED_MAX, signal });
    const since = gatewayNow() - DAY_MS;
    const count = entries.filter(({ created_at }) => Date.parse(created_at) >= since).length;
    return { count, hasMore: count === COUNTED_MAX };
  },
  refetchInterval: 60_000,
});

/** Where they are seen, and sent again. */
export const undeliveredSearch = { tab: "deliveries", status: "failed" } as const;
