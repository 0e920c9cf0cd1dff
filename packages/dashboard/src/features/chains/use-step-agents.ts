import type { Agent, Chain } from "@agentgate/protocol";
import { useQueries } from "@tanstack/react-query";
import { stepAgentQuery } from "./chains-api.ts";

/** The agents of a chain's steps by their ids: null for one that is there no more, absent for one that is not known yet. */
export function useStepAgents(chain: Pick<Chain, "steps">): ReadonlyMap<string, Agent | null> {
  const ids = [...new Set(chain.steps.map(({ agent_id }) => agent_id))];
  const found = useQueries({ queries: ids.map(stepAgentQuery) });
  return new Map(ids.flatMap((id, at) => (found[at]?.data === undefined ? [] : [[id, found[at].data] as const])));
}
