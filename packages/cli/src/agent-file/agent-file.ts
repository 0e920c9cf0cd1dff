import type { AgentFields } from "@agentgate/client";

/** An agent as its `agentgate.yaml` describes it. Without a card it has a name and a URL. */
export interface AgentFile extends AgentFields {
  orgId?: string;
  /** Where the card is: an address, or a file. */
  cardPlace?: string;
}
