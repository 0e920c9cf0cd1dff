import type { AgentProtocol, AgentSkill, AgentVisibility } from "@agentgate/protocol";
import type { AgentCredential } from "./credentials.ts";

/** Which tools of an MCP server are offered, and what they cost. */
export interface ToolTerms {
  /** All of them without it. */
  include?: readonly string[] | undefined;
  /** US dollars for a call of each; `pricePerTask` for all others. */
  prices?: Readonly<Record<string, number>> | undefined;
}

/** What may be changed of an agent. Absent fields stay as they are. */
export interface AgentFields {
  name?: string | undefined;
  url?: string | undefined;
  description?: string | undefined;
  version?: string | undefined;
  /** All of them, each with its `price` where it has one of its own. */
  skills?: readonly AgentSkill[] | undefined;
  /** US dollars by the id of each skill that has a price of its own: all of them. */
  prices?: Readonly<Record<string, number>> | undefined;
  tags?: readonly string[] | undefined;
  /** Each completed task is told there; the answer shows the secret that signs. `""` removes it. */
  webhookUrl?: string | undefined;
  /** US dollars: of a task that names no skill with a price of its own. As much as the dearest skill at least. */
  pricePerTask?: number | undefined;
  /** Key that callers of this agent must show; `""` removes it. */
  agentApiKey?: string | undefined;
  /** Milliseconds a task may take. */
  timeoutMs?: number | undefined;
  /** What the agent speaks; `auto`, the default, is A2A where a card is found. */
  protocol?: AgentProtocol | "auto" | undefined;
  /** Who sees the agent: `public`, the default, `org` or `granted`. */
  visibility?: AgentVisibility | undefined;
  /** Address of the agent's A2A card, which tells what is not given here. */
  cardUrl?: string | undefined;
  /** The card itself, of an agent that does not publish it. */
  card?: Readonly<Record<string, unknown>> | undefined;
  /** Of an MCP server. */
  tools?: ToolTerms | undefined;
  /** Of an MCP server: `pin`, the default, keeps tools that changed or are new from being called until they were looked at. */
  trust?: "pin" | "auto" | undefined;
  /** Of an MCP server that keeps sessions: one for each `caller`, the default, or one `shared` by all. */
  session?: "caller" | "shared" | undefined;
}

export interface NewAgent extends Omit<AgentFields, "name" | "url"> {
  /** The owner. The admin may name any; an organization's key always registers its own. */
  orgId?: string | undefined;
  /** Of an MCP server: what the gateway shows it, from the first look on. */
  credential?: AgentCredential | undefined;
}
