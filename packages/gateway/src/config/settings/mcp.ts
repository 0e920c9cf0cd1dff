import { setting } from "../setting.ts";
import { choice, flag, integer } from "../values.ts";

/** Agents as tools of MCP servers. */
export const mcp = {
  mcpList: setting(
    "AGENTGATE_MCP_LIST",
    "auto",
    "What tools/list tells at /mcp: all tools, or search: the tools that the toolset names, and two that find and call the others. auto searches beyond 40.",
    choice(["auto", "all", "search"], "auto"),
  ),
  mcpAnonymous: setting(
    "AGENTGATE_MCP_ANONYMOUS",
    "0",
    "Lists free agents that ask for no key as tools at /mcp to callers without one.",
    flag(false),
  ),
  mcpTaskAfterMs: setting(
    "AGENTGATE_MCP_TASK_AFTER_MS",
    "10000",
    "How long a tools/call waits for its agent before it becomes a task, where its client takes tasks and its agent keeps them.",
    integer(1, 600_000, 10_000),
  ),
};
