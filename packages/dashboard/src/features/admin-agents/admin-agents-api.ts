import type { Agent, AgentSearchPage } from "@agentgate/client";
import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { gateway } from "../../app/api.ts";
import { readLinkedRows } from "../../app/linked-rows.ts";
import { send } from "../../app/read.ts";

const PAGE = 50;

export type ApprovalState = "pending" | "rejected" | "suspended";

export interface AgentFilter {
  q: string | undefined;
  health: string | undefined;
}

/** The very request of a page of agents: all of them by key, or what a search finds of them. */
export function agentsPath({ q, health }: AgentFilter): string {
  if (!q && !health) return `/agents/?limit=${PAGE}`;
  const query = new URLSearchParams({ limit: `${PAGE}` });
  if (q) query.set("q", q);
  if (health) query.set("health", health);
  return `/agents/search?${query}`;
}

/** All agents, newest first, or those that a search finds. */
export const agentsQuery = (filter: AgentFilter) => {
  const path = agentsPath(filter);
  const isSearch = path.startsWith("/agents/search");
  return infiniteQueryOptions({
    queryKey: ["admin", "agents", filter],
    queryFn: async ({ pageParam, signal }): Promise<{ rows: Agent[]; next: string | undefined }> => {
      if (!isSearch) return readLinkedRows<Agent>(pageParam, signal);
      const response = await send(new URL(pageParam, location.origin), { signal });
      const [, next] = /<([^>]+)>;\s*rel="next"/.exec(response.headers.get("link") ?? "") ?? [];
      return { rows: ((await response.json()) as AgentSearchPage).agents, next };
    },
    initialPageParam: path,
    getNextPageParam: ({ next }) => next,
    placeholderData: keepPreviousData,
  });
};

/** One agent, with what waits of it. */
export const agentQuery = (id: string) =>
  queryOptions({
    queryKey: ["admin", "agents", "one", id],
    queryFn: ({ signal }) => gateway.getAgent(id, { signal }),
  });

export const approvalsQuery = (state: ApprovalState) =>
  infiniteQueryOptions({
    queryKey: ["admin", "approvals", state],
    queryFn: ({ pageParam, signal }) => gateway.listApprovals({ state, limit: PAGE, before: pageParam, signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ next }) => next ?? undefined,
    refetchInterval: 30_000,
  });
