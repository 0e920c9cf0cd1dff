import { demandTasks } from "../tasks/mcp-tasks.ts";
import type { AgentVisit } from "../visit.ts";
import { methodNotFound } from "../wire/mcp-error.ts";

/** Of the extension `io.modelcontextprotocol/tasks`. */
const MODERN = new Set(["tasks/get", "tasks/update", "tasks/cancel"]);
/** Of 2025-11-25, but for `tasks/list`: to the server all callers are the gateway, and it would tell each of the tasks of all others. */
const LEGACY = new Set(["tasks/get", "tasks/result", "tasks/cancel"]);

/** @throws McpError -32601 for a method about tasks that is not passed on, -32021 for one that its client does not declare */
export function demandTaskMethod(visit: AgentVisit): void {
  const { era, message } = visit;
  if (!message.method.startsWith("tasks/")) return;
  if (!(era.isModern ? MODERN : LEGACY).has(message.method)) throw methodNotFound(message.method);
  if (era.isModern) demandTasks(visit);
}
