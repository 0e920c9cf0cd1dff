import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { gateway } from "../../app/api.ts";
import { read } from "../../app/read.ts";

const TOP = 50;

export const billingQuery = (orgId: string) =>
  queryOptions({
    queryKey: ["billing", orgId],
    queryFn: ({ signal }) => gateway.getOrgBilling(orgId, { signal }),
  });

export const breakdownPath = (orgId: string) => `/orgs/${encodeURIComponent(orgId)}/billing/breakdown`;

export const breakdownQuery = (orgId: string) =>
  queryOptions({
    queryKey: ["billing", orgId, "breakdown"],
    queryFn: ({ signal }) => gateway.getOrgBillingBreakdown(orgId, { signal }),
  });

export const tradeQuery = (orgId: string) =>
  queryOptions({
    queryKey: ["wallet", orgId, "summary"],
    queryFn: ({ signal }) => gateway.getOrgTransactionSummary(orgId, { signal }),
  });

export interface TopEntry {
  key: string;
  name: string | null;
  ok: number;
  error: number;
  spent: number;
  earned: number;
}

/** Which agents, or payers, most of it was (`GET /stats/top`). An organization sees its own; the admin says whose. */
export const topQuery = (by: "agent" | "payer", span: { from: number; to: number }, orgId: string | undefined) =>
  queryOptions({
    queryKey: ["usage", "top", by, span, orgId],
    queryFn: ({ signal }) =>
      read<{ entries: TopEntry[] }>(
        "/stats/top",
        {
          ...{ by, sort: "calls", limit: TOP, role: "owner", org_id: orgId },
          ...{ from: new Date(span.from).toISOString(), to: new Date(span.to).toISOString() },
        },
        signal,
      ),
    placeholderData: keepPreviousData,
  });
