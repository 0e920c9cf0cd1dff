import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import type { PlainSearch } from "../../app/plain-search.ts";
import { read } from "../../app/read.ts";
import { instantsOf, rangeOf } from "../../app/time-range.ts";

/** A call as `GET /logs` tells it. Milliseconds and dollars; null for what is not known of it. */
export interface LogRow {
  id: string;
  request_id: string | null;
  agent_id: string;
  agent_name: string;
  org_id: string | null;
  payer_org_id: string | null;
  caller_ip: string;
  task_id: string | null;
  status: "success" | "error";
  error_detail: string | null;
  latency_ms: number;
  agent_ms: number | null;
  http_status: number | null;
  entrance: string | null;
  protocol: string | null;
  price: number | null;
  transaction_id: string | null;
  trace_id: string | null;
  parent_id: string | null;
  created_at: string;
}

export interface LogPage {
  entries: LogRow[];
  next: string | null;
  searched_to: string | null;
}

export interface LogHistogram {
  step_ms: number;
  buckets: { t: string; ok: number; error: number }[];
  searched_to: string | null;
}

export interface LogDetails extends LogRow {
  timing: { name: "admit" | "reserve" | "wait" | "receive"; start_ms: number; ms: number }[];
  transaction: { id: string; amount: number; fee: number; net: number; tx_type: string } | null;
  deliveries: { id: string; event: string; status: string; attempts: number; created_at: string }[];
  children: LogRow[];
}

const PAGE = 100;
/** What of the address narrows the log. */
export const filterNames = [
  "status",
  "agent_id",
  "error",
  "entrance",
  "payer_org_id",
  "trace_id",
  "task_id",
  "role",
] as const;

/** What the address asks for, as the API takes it; a moving range ends with the last grain of time. */
export function filtersOf(search: PlainSearch, nowMs: number) {
  const { from, to } = instantsOf(rangeOf(search), nowMs);
  const filters = Object.fromEntries(filterNames.map((name) => [name, search[name]]));
  return { ...filters, org_id: search.org, from: new Date(from).toISOString(), to: new Date(to).toISOString() };
}

export type Filters = ReturnType<typeof filtersOf>;

export const logsQuery = (filters: Filters) =>
  infiniteQueryOptions({
    queryKey: ["logs", filters],
    queryFn: ({ pageParam, signal }) => read<LogPage>("/logs", { ...filters, before: pageParam, limit: PAGE }, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ next }) => next ?? undefined,
    placeholderData: keepPreviousData,
  });

export const histogramQuery = (filters: Filters) =>
  queryOptions({
    queryKey: ["logs", "histogram", filters],
    queryFn: ({ signal }) => read<LogHistogram>("/logs/histogram", { ...filters }, signal),
    placeholderData: keepPreviousData,
  });

export const detailsQuery = (id: string) =>
  queryOptions({
    queryKey: ["logs", "one", id],
    queryFn: ({ signal }) => read<LogDetails>(`/logs/${encodeURIComponent(id)}`, {}, signal),
    staleTime: 30_000,
  });
