/** Whose tools an organization lists. */
export interface ToolsetEntry {
  /** An agent's id. */
  agent: string;
  /** Names at the agent's own address; null for all of its tools. */
  tools: string[] | null;
}

export interface OrgToolset {
  /** Null where the organization has said nothing: its own agents are listed. */
  toolset: ToolsetEntry[] | null;
}
