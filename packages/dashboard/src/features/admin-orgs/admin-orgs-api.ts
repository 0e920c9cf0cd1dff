import type { Agent, Org } from "@agentgate/client";
import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { gateway } from "../../app/api.ts";
import { linkedRowsQuery } from "../../app/linked-rows.ts";

const PAGE = 100;

/** The very request of a page of organizations. */
export function orgsPath(q: string | undefined): string {
  const query = new URLSearchParams({ include: "agents", limit: `${PAGE}` });
  if (q) query.set("q", q);
  return `/orgs/?${query}`;
}

export const orgsQuery = (q: string | undefined) => ({
  ...linkedRowsQuery<Org>(["admin", "orgs", "list", q ?? ""], orgsPath(q)),
  placeholderData: keepPreviousData,
});

export const orgQuery = (id: string) =>
  queryOptions({ queryKey: ["admin", "orgs", id], queryFn: ({ signal }) => gateway.getOrg(id, { signal }) });

export const walletQuery = (id: string) =>
  queryOptions({ queryKey: ["wallet", id], queryFn: ({ signal }) => gateway.getOrgWallet(id, { signal }) });

export const limitsQuery = (id: string) =>
  queryOptions({
    queryKey: ["admin", "orgs", id, "limits"],
    queryFn: ({ signal }) => gateway.listOrgLimits(id, { signal }),
    refetchInterval: 10_000,
  });

export const keysQuery = (id: string) =>
  queryOptions({
    queryKey: ["admin", "orgs", id, "keys"],
    queryFn: ({ signal }) => gateway.keysOf(id).list({ signal }),
  });

export const orgAgentsQuery = (id: string) =>
  linkedRowsQuery<Agent>(["admin", "orgs", id, "agents"], `/orgs/${encodeURIComponent(id)}/agents?limit=50`);
