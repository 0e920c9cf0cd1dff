import type { JsonObject } from "@agentgate/protocol/a2a";
import { modernRevisions, negotiatedRevision, TASKS_EXTENSION } from "@agentgate/protocol/mcp";
import { LIST_KEPT_MS } from "./tools/agent-list.ts";
import type { McpRequest } from "./wire/message.ts";

/** Who serves, and what: the same for all. Undefined for a method that asks for something else. */
export function handshake(
  { method, params, era }: McpRequest,
  { instructions, serverInfo }: { instructions: string; serverInfo: JsonObject },
): JsonObject | undefined {
  if (era.isModern) {
    if (method !== "server/discover") return undefined;
    return {
      supportedVersions: [...modernRevisions],
      capabilities: { tools: { listChanged: true }, extensions: { [TASKS_EXTENSION]: {} } },
      instructions,
      ttlMs: LIST_KEPT_MS.public,
      cacheScope: "public",
    };
  }
  if (method === "ping") return {};
  if (method !== "initialize") return undefined;
  return {
    protocolVersion: negotiatedRevision(params.protocolVersion),
    capabilities: { tools: {} },
    serverInfo,
    instructions,
  };
}
