import type { AgentFields } from "@agentgate/client";

/** What may be said of the protocol that an agent speaks. */
export const protocols = ["auto", "plain", "a2a", "mcp", "site"] as const;

/** Who may see an agent. */
export const visibilities = ["public", "org", "granted"] as const;

/** An agent as its `agentgate.yaml` describes it. Without a card, and where it is no site or MCP server, it has a name and a URL. */
export interface AgentFile extends AgentFields {
  orgId?: string;
  /** Where the card is: an address, or a file. */
  cardPlace?: string;
  /** US dollars, by the id of each skill that has a price of its own. */
  prices?: Record<string, number>;
  /** What starts it where the gateway runs it: a line for the shell, or a list. */
  command?: string | string[];
  /** Its environment there. */
  env?: Record<string, string | number | boolean>;
}
