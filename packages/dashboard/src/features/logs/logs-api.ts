import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import type { PlainSearch } from "../../app/plain-search.ts";
import { read } from "../../app/read.ts";
import { instantsOf, rangeOf } from "../../app/time-range.ts";
import { type FacetName, filterNames } from "./filter-names.ts";
import type { LogDetails, LogFacets, LogHistogram, LogPage } from "./log-row.ts";

export type Filters = Readonly<Record<string, string>>;

/** What the address asks for but for its time, as the API takes it. */
export function filtersOf(search: PlainSearch): Filters {
  const filters: Record<string, string> = {};
  for (const name of filterNames) {
    const value = search[name];
    if (value) filters[name] = value;
  }
  if (search.org) filters.org_id = search.org;
  return filters;
}

/** From when to when, as the API takes it; a range that moves on has no end. */
export function timesOf(search: PlainSearch, nowMs: number): { from: string; to?: string } {
  const range = rangeOf(search);
  const { from, to } = instantsOf(range, nowMs);
  const start = new Date(from).toISOString();
  return range.kind === "last" ? { from: start } : { from: start, to: new Date(to).toISOString() };
}

const PAGE = 500;

export const readLogPage = (
  filters: Filters,
  times: { from: string; to?: string },
  { before, limit = PAGE, signal }: { before?: string | undefined; limit?: number; signal: AbortSignal },
): Promise<LogPage> => read<LogPage>("/logs", { ...filters, ...times, before, limit }, signal);

export const histogramQuery = (filters: Filters, times: { from: string; to?: string }) =>
  queryOptions({
    queryKey: ["logs", "histogram", filters, times],
    queryFn: ({ signal }) => read<LogHistogram>("/logs/histogram", { ...filters, ...times }, signal),
    placeholderData: keepPreviousData,
  });

/** What the values of one filter are when all others hold. */
export function facetsQuery(name: FacetName, filters: Filters, times: { from: string; to?: string }) {
  const { [name]: _own, [`not_${name}`]: _not, ...others } = filters;
  return queryOptions({
    queryKey: ["logs", "facets", others, times],
    queryFn: ({ signal }) => read<LogFacets>("/logs/facets", { ...others, ...times }, signal),
    staleTime: 15_000,
  });
}

export const detailsQuery = (id: string) =>
  queryOptions({
    queryKey: ["logs", "one", id],
    queryFn: ({ signal }) => read<LogDetails>(`/logs/${encodeURIComponent(id)}`, {}, signal),
    staleTime: 30_000,
  });

const TRACE_MAX = 100;
const TRACE_SPAN_MS = 3_600_000;

/** The calls of a trace, around the time of one of them. */
export const traceQuery = (traceId: string, atMs: number, role: string | undefined) =>
  queryOptions({
    queryKey: ["logs", "trace", traceId, role],
    queryFn: ({ signal }) => {
      const from = new Date(atMs - TRACE_SPAN_MS).toISOString();
      const to = new Date(atMs + TRACE_SPAN_MS).toISOString();
      return read<LogPage>("/logs", { trace_id: traceId, role, from, to, limit: TRACE_MAX }, signal);
    },
    staleTime: 30_000,
  });
