import type { Agent } from "@agentgate/client";
import { useQuery } from "@tanstack/react-query";
import { gateway } from "./api.ts";

const LOOKED_AT = 50;

/** An agent that commands can be shown with: one that has a price, where that is wanted; else one that anybody may call, if there is one. */
export function useSample({
  isPriced = false,
} = {}): Pick<Agent, "id" | "price_per_task" | "requires_key"> | undefined {
  const { data } = useQuery({
    queryKey: ["agents", "sample", isPriced],
    queryFn: async ({ signal }) => {
      const { agents } = await gateway.searchAgents({ limit: LOOKED_AT, sort: "calls", signal });
      const isFit = ({ price_per_task, requires_key }: (typeof agents)[number]) =>
        isPriced ? price_per_task > 0 : price_per_task === 0 && !requires_key;
      return agents.find(isFit) ?? agents[0] ?? null;
    },
    staleTime: 300_000,
  });
  return data ?? undefined;
}

/** Its id alone. */
export const useSampleAgent = (wanted: { isPriced?: boolean } = {}): string => useSample(wanted)?.id ?? "AGENT_ID";
