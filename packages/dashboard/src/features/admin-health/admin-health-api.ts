import { queryOptions } from "@tanstack/react-query";
import { gateway } from "../../app/api.ts";
import { read } from "../../app/read.ts";

export const nodesQuery = queryOptions({
  queryKey: ["admin", "nodes"],
  queryFn: ({ signal }) => gateway.listNodes({ signal }),
  refetchInterval: 10_000,
});

/** What the node that answers says of itself; a refusal says why it is not ready. */
export const readinessQuery = queryOptions({
  queryKey: ["admin", "readiness"],
  queryFn: ({ signal }) =>
    read<{ status: string; checks: Record<string, "ok" | "unavailable"> }>("/health/ready", {}, signal),
  refetchInterval: 10_000,
  retry: false,
});

export const metricsQuery = queryOptions({
  queryKey: ["admin", "metrics"],
  queryFn: ({ signal }) => gateway.metrics({ signal }),
  refetchInterval: 10_000,
});
