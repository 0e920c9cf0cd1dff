/** What the gateway shows an agent: header names and values, none when the agent asks for nothing. */
export interface AgentCredentials {
  /** @throws Error when a token cannot be had */
  headersFor(agentId: string): Record<string, string> | Promise<Record<string, string>>;
}

export const noCredentials: AgentCredentials = { headersFor: () => ({}) };
