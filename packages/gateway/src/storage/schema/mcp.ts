/** Calls of MCP clients and to MCP servers, between their requests. */
export interface McpDatabase {
  mcp_tasks: McpTasksTable;
  mcp_spent_states: McpSpentStatesTable;
  mcp_toolsets: McpToolsetsTable;
  tool_tasks: ToolTasksTable;
}

/** Calls of MCP clients that outlasted their requests. Times in microseconds. */
export interface McpTasksTable {
  /** As the client knows it: 128 random bits. */
  id: string;
  /** Whose it is, as a caller's scope. */
  caller: string;
  agent_id: string;
  /** As the agent knows it. */
  task_id: string;
  context_id: string;
  /** The tool's name on the gateway's address. */
  tool: string;
  /** Questions of the agent so far. */
  turn: bigint;
  /** Digest of the last one; empty before the first. */
  question: string;
  /** As it was last seen, in 0.3's words. */
  state: string;
  created_at: bigint;
  updated_at: bigint;
  ends_at: bigint;
}

/** States of questions that were answered: each is answered once. */
export interface McpSpentStatesTable {
  hash: string;
  ends_at: bigint;
}

/** Which agents' tools an organization lists, as JSON. */
export interface McpToolsetsTable {
  org_id: string;
  entries: string;
  updated_at: bigint;
}

/** A task of a tool of an MCP server, between its turns. */
export interface ToolTasksTable {
  id: string;
  agent_id: string;
  /** Whose it is, as the agent's other tasks are kept apart by. */
  owner: string;
  context_id: string;
  tool: string;
  /** Of the tool as it was approved when the task began. */
  digest: string;
  state: "working" | "input-required" | "over";
  turn: bigint;
  /** JSON, sealed: arguments, what was asked, the server's own state, what was told last. */
  sealed: string;
  updated_at: bigint;
}
