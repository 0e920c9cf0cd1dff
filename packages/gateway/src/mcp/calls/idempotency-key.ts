import { META_PREFIX } from "@agentgate/protocol";
import { idempotencyKeyOf } from "../../idempotency/index.ts";
import { invalidParams } from "../wire/mcp-error.ts";
import type { McpRequest } from "../wire/message.ts";

/**
 * The key under which a call is made once: its header, or its metadata, for clients whose models set no headers.
 * @throws McpError -32602 for two that differ, or one that is none
 */
export function keyOfCall(header: string | undefined, { params }: McpRequest): string | undefined {
  const given = (params._meta as Record<string, unknown> | undefined)?.[`${META_PREFIX}idempotency-key`];
  if (given === undefined) return header;
  if (typeof given !== "string" || !isKey(given)) {
    throw invalidParams("An idempotency key is 1 to 255 visible ASCII characters", "invalid_idempotency_key");
  }
  if (header !== undefined && header !== given) {
    throw invalidParams("The idempotency key of the header and that of _meta differ", "invalid_idempotency_key");
  }
  return given;
}

function isKey(text: string): boolean {
  try {
    return idempotencyKeyOf(text) !== undefined;
  } catch {
    return false;
  }
}
