import type { Agent, Chain } from "@agentgate/protocol";
import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { gateway } from "../../app/api.ts";
import { send } from "../../app/read.ts";

const PAGE = 50;
const AGENTS = 100;
export const chainsKey = ["chains"] as const;

/** Where the next page begins, as the answer's `Link` says. */
function nextOf(link: string | null): string | undefined {
  const [, url] = /<([^>]+)>;\s*rel="next"/.exec(link ?? "") ?? [];
  return url === undefined ? undefined : (new URL(url, location.origin).searchParams.get("after") ?? undefined);
}

export const chainListQuery = infiniteQueryOptions({
  queryKey: [...chainsKey, "list"],
  queryFn: async ({ pageParam, signal }) => {
    const url = new URL("/chains/", location.origin);
    url.searchParams.set("limit", `${PAGE}`);
    if (pageParam !== undefined) url.searchParams.set("after", pageParam);
    const response = await send(url, { signal });
    return { chains: (await response.json()) as Chain[], next: nextOf(response.headers.get("link")) };
  },
  initialPageParam: undefined as string | undefined,
  getNextPageParam: ({ next }) => next,
});

export const chainQuery = (id: string) =>
  queryOptions({ queryKey: [...chainsKey, "one", id], queryFn: ({ signal }) => gateway.getChain(id, { signal }) });

/** An agent of a step; null for one that is there no more. */
export const stepAgentQuery = (id: string) =>
  queryOptions({
    queryKey: [...chainsKey, "agent", id],
    queryFn: async ({ signal }): Promise<Agent | null> => {
      try {
        return await gateway.getAgent(id, { signal });
      } catch (error) {
        if ((error as { status?: number }).status === 404) return null;
        throw error;
      }
    },
    staleTime: 30_000,
  });

export const foundAgentsQuery = (q: string) =>
  queryOptions({
    queryKey: [...chainsKey, "agents", q],
    queryFn: ({ signal }) => gateway.searchAgents({ ...(q && { q }), limit: AGENTS, signal }),
    placeholderData: keepPreviousData,
  });
