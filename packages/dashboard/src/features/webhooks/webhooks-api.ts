import type { WebhookEndpoint } from "@agentgate/protocol";
import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { gateway } from "../../app/api.ts";
import { read } from "../../app/read.ts";

const PAGE = 50;
/** What waits is looked at again so often. */
const WAITING_MS = 2_000;
const LIST_MS = 5_000;

export interface DeliveryFilter {
  endpointId: string | undefined;
  event: string | undefined;
  status: "pending" | "delivered" | "failed" | undefined;
}

export const endpointsQuery = (orgId: string | undefined) =>
  infiniteQueryOptions({
    queryKey: ["webhooks", "endpoints", orgId],
    queryFn: ({ pageParam, signal }) =>
      read<{ entries: WebhookEndpoint[]; next: string | null }>(
        "/webhooks/endpoints",
        { org_id: orgId, before: pageParam, limit: PAGE },
        signal,
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ next }) => next ?? undefined,
  });

export const endpointQuery = (id: string) =>
  queryOptions({
    queryKey: ["webhooks", "endpoint", id],
    queryFn: ({ signal }) => read<WebhookEndpoint>(`/webhooks/endpoints/${encodeURIComponent(id)}`, {}, signal),
  });

export const deliveriesQuery = (filter: DeliveryFilter) =>
  infiniteQueryOptions({
    queryKey: ["webhooks", "deliveries", filter],
    queryFn: ({ pageParam, signal }) =>
      gateway.listWebhookDeliveries({ ...filter, before: pageParam, limit: PAGE, signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ next }) => next ?? undefined,
    placeholderData: keepPreviousData,
    // Who reads further down keeps what is there.
    refetchInterval: ({ state }) => ((state.data?.pages.length ?? 0) > 1 ? false : LIST_MS),
  });

export const deliveryQuery = (id: string) =>
  queryOptions({
    queryKey: ["webhooks", "delivery", id],
    queryFn: ({ signal }) => gateway.getWebhookDelivery(id, { signal }),
    refetchInterval: ({ state }) => (state.data?.status === "pending" ? WAITING_MS : false),
  });

/** Everything of webhooks is to be read anew. */
export const webhooksKey = ["webhooks"] as const;
