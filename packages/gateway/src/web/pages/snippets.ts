import { type CallSnippet, callSnippetsOf } from "@agentgate/protocol";
import type { AgentView, ShownTool } from "./agent-view.ts";

/** Calls of the agent; of one whose skills are tools, of the first. */
export const snippetsOf = ({
  url,
  agent,
  tools,
}: {
  url: string;
  agent: AgentView;
  tools: readonly ShownTool[];
}): CallSnippet[] => {
  const { id, price, requiresKey } = agent;
  const [tool] = tools;
  return callSnippetsOf({
    url,
    id,
    isPaid: (tool?.price ?? price) > 0n,
    requiresKey,
    tool: tool && { ...tool, name: tool.id },
  });
};
