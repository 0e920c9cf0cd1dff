import { queryOptions } from "@tanstack/react-query";
import { gateway } from "../../app/api.ts";

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
