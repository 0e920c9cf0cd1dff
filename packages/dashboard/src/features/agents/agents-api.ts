import type { AgentSearchItem } from "@agentgate/client";
import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { gateway } from "../../app/api.ts";
import { read, send } from "../../app/read.ts";
import type { Session } from "../../app/session.ts";

/** An agent with how it does, some minutes old. */
export type ListedAgent = Omit<AgentSearchItem, "avg_rating" | "review_count">;

interface AgentPage {
  agents: ListedAgent[];
  /** Path of the next page. */
  next: string | undefined;
}

const PAGE = 50;
const DAY_MS = 86_400_000;
/** Of what was earned so many days are told. */
const EARNED_DAYS = 30;

/** Whose agents are listed: an organization's own, or, for the admin, one organization's or everybody's. */
export const orgShown = (session: Session, org: string | undefined): string | undefined =>
  session.kind === "admin" ? org : (session.org_id ?? undefined);

export const agentsQuery = (orgId: string | undefined, q: string | undefined) =>
  infiniteQueryOptions({
    queryKey: ["agents", "list", orgId, q],
    queryFn: ({ pageParam, signal }) => readPage(pageParam, signal),
    initialPageParam: firstPage(orgId, q),
    getNextPageParam: ({ next }) => next,
    placeholderData: keepPreviousData,
  });

function firstPage(orgId: string | undefined, q: string | undefined): string {
  const query = new URLSearchParams({ limit: `${PAGE}`, ...(q && { q }) });
  if (orgId === undefined) return `/agents/search?${query}`;
  query.set("record", "1");
  return `/orgs/${encodeURIComponent(orgId)}/agents?${query}`;
}

/** Where a list goes on stands in its answer's head. */
async function readPage(path: string, signal: AbortSignal): Promise<AgentPage> {
  const response = await send(path, { signal, headers: { accept: "application/json" } });
  const body = (await response.json()) as ListedAgent[] | { agents: ListedAgent[] };
  const next = /<([^>]+)>; rel="next"/.exec(response.headers.get("link") ?? "")?.[1];
  return { agents: Array.isArray(body) ? body : body.agents, next };
}

interface Earned {
  entries: { key: string; ok: number; error: number; spent: number; earned: number }[];
}

/** What these agents earned of late, by id, in dollars. */
export const earnedQuery = (ids: readonly string[], now: number) =>
  queryOptions({
    queryKey: ["agents", "earned", ids],
    enabled: ids.length > 0,
    queryFn: async ({ signal }) => {
      const times = { from: new Date(now - EARNED_DAYS * DAY_MS).toISOString(), to: new Date(now).toISOString() };
      const query = { by: "agent", sort: "earned", limit: PAGE, agent_id: ids.join(","), ...times };
      const { entries } = await read<Earned>("/stats/top", query, signal);
      return new Map(entries.map(({ key, earned }) => [key, earned]));
    },
    staleTime: 60_000,
  });

export const agentQuery = (id: string) =>
  queryOptions({ queryKey: ["agents", "one", id], queryFn: ({ signal }) => gateway.getAgent(id, { signal }) });

export const agentStatsQuery = (id: string, days: number) =>
  queryOptions({
    queryKey: ["agents", "one", id, "stats", days],
    queryFn: ({ signal }) => gateway.stats.agent(id, { days, signal }),
  });

export const agentHealthQuery = (id: string) =>
  queryOptions({
    queryKey: ["agents", "one", id, "health"],
    queryFn: ({ signal }) => gateway.getAgentHealth(id, { signal }),
  });

export const previewQuery = (url: string | undefined) =>
  queryOptions({
    queryKey: ["agents", "preview", url],
    enabled: url !== undefined,
    queryFn: ({ signal }) => gateway.previewAgent(url!, { signal }),
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
  });
