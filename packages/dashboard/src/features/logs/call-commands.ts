import { SKILL_META } from "@agentgate/protocol";
import type { LogRow } from "./log-row.ts";

const json = "-H 'content-type: application/json'";
const key = '-H "authorization: Bearer $AGENTGATE_API_KEY"';
const inShell = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** What it was told is not stored: a place for it, or the tool that was called; and for which of its skills it was. */
function messageOf({ protocol, skill }: LogRow, isA2a: boolean): string {
  const isTool = skill !== null && (protocol === "mcp" || protocol === "site");
  const part = isTool ? { data: { tool: skill, arguments: {} } } : { text: "…" };
  const parts = [isA2a ? part : { type: isTool ? "data" : "text", ...part }];
  const metadata = skill === null || isTool ? {} : { metadata: { [SKILL_META]: skill } };
  const message = isA2a
    ? { messageId: "m-1", role: "ROLE_USER", parts, ...metadata }
    : { role: "user", parts, ...metadata };
  return JSON.stringify({ message });
}

/** Calls the same agent by the same entrance. What it was told has to be filled in. */
export function callAgain(call: LogRow, origin: string): string {
  const agent = `${origin}/agents/${call.agent_id}`;
  const message = inShell(messageOf(call, false));
  const a2aMessage = messageOf(call, true);
  switch (call.entrance) {
    case "sse":
    case "websocket":
      return `curl -sN ${agent}/task/stream \\\n  ${key} ${json} \\\n  -d ${message}`;
    case "a2a_rest":
      return `curl -s ${agent}/message:send \\\n  ${key} ${json} \\\n  -d ${inShell(a2aMessage)}`;
    case "a2a_jsonrpc":
      return `curl -s ${agent} \\\n  ${key} ${json} -H 'A2A-Version: 1.0' \\\n  -d ${inShell(`{"jsonrpc":"2.0","id":1,"method":"SendMessage","params":${a2aMessage}}`)}`;
    default:
      return `curl -s ${agent}/task \\\n  ${key} ${json} \\\n  -d ${message}`;
  }
}

/** Asks the agent for the task (A2A's GetTask); undefined where it has none, or speaks no A2A. */
export function askForTask(call: LogRow, origin: string): string | undefined {
  if (call.protocol !== "a2a" || call.task_id === null) return undefined;
  const params = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "GetTask", params: { id: call.task_id } });
  return `curl -s ${origin}/agents/${call.agent_id} \\\n  ${key} ${json} -H 'A2A-Version: 1.0' \\\n  -d ${inShell(params)}`;
}

export const readRecord = (call: LogRow, origin: string): string => `curl -s ${origin}/logs/${call.id} \\\n  ${key}`;
