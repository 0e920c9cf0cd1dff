import type { NewAgent } from "@agentgate/client";

/** An agent as its `agentgate.yaml` describes it. */
export interface AgentFile extends NewAgent {
  name: string;
  url: string;
}
