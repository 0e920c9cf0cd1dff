/** What came of the last look at an agent. */
export interface AgentHealth {
  status: "healthy" | "unhealthy";
  /** Milliseconds since the epoch. */
  checkedAt: number;
  latencyMs: number | null;
  error: string | null;
}

/** The same, and what follows from it for the next look. */
export interface CheckResult extends AgentHealth {
  agentId: string;
  /** How often in a row it did not answer in time. */
  hangs: number;
  /** Until when it is left alone for that, in milliseconds since the epoch; 0 when it is not. */
  restsUntil: number;
}

/** What a look at an agent needs to know. */
export interface CheckTarget {
  id: string;
  url: string;
  orgId: string | null;
  /** Where the card of an A2A agent is served; undefined for other agents. */
  cardUrl: string | undefined;
  /** Whether it is an MCP server, which is asked as one. */
  isServer: boolean;
  /** Whether the gateway authenticates at the agent. */
  isGuarded: boolean;
  hangs: number;
  restsUntil: number;
}
