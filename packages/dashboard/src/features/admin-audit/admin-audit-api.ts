import { infiniteQueryOptions, keepPreviousData } from "@tanstack/react-query";
import { gateway } from "../../app/api.ts";
import type { PlainSearch } from "../../app/plain-search.ts";

const PAGE = 100;
/** What of the address narrows the log. */
export const filterNames = ["actor", "action", "target", "org_id", "request_id"] as const;
export type FilterName = (typeof filterNames)[number];

export type Filter = Partial<Record<FilterName | "from" | "to", string>>;

/** Without a time of its own it is everything: who changed something a year ago is asked about as well. */
export function filterOf(search: PlainSearch): Filter {
  const filter: Filter = {};
  for (const name of [...filterNames, "from", "to"] as const) {
    const value = search[name];
    if (value) filter[name] = value;
  }
  return filter;
}

/** The very request of a page, or of all of it. */
export function auditPath(filter: Filter, format?: "csv" | "ndjson"): string {
  const query = new URLSearchParams(filter as Record<string, string>);
  if (format) query.set("format", format);
  return `/audit${query.size > 0 ? `?${query}` : ""}`;
}

export const auditQuery = (filter: Filter) =>
  infiniteQueryOptions({
    queryKey: ["admin", "audit", filter],
    queryFn: ({ pageParam, signal }) => {
      const { org_id: orgId, request_id: requestId, ...rest } = filter;
      const given = { ...rest, ...(orgId && { orgId }), ...(requestId && { requestId }) };
      return gateway.listAudit({ ...given, limit: PAGE, ...(pageParam && { before: pageParam }), signal });
    },
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ next }) => next ?? undefined,
    placeholderData: keepPreviousData,
  });
