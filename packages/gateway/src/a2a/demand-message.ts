import { invalidParams, isObject, type JsonObject } from "@agentgate/protocol/a2a";

/** 0.3's words are understood in a message of 1.0, too. */
const roles = new Set<unknown>(["ROLE_USER", "ROLE_AGENT", "user", "agent"]);
const contents = ["text", "raw", "url"];

/**
 * The message of a send (1.0's shape) when it has what every message must have: the REQUIRED fields of `Message`, specification 1.0.1.
 * For agents that cannot judge it themselves.
 *
 * @throws A2AError InvalidParams that names what is missing
 */
export function demandMessage(message: unknown): JsonObject {
  if (!isObject(message)) throw invalidParams("message is required and must be an object");
  const { messageId, role, parts } = message;
  if (typeof messageId !== "string" || messageId === "") throw invalidParams("message.messageId is required");
  if (!roles.has(role)) throw invalidParams("message.role is required and must be ROLE_USER or ROLE_AGENT");
  if (!Array.isArray(parts) || parts.length === 0) {
    throw invalidParams("message.parts is required and must be an array of at least one part");
  }
  const bare = parts.findIndex((part) => !hasContent(part));
  if (bare >= 0) throw invalidParams(`message.parts[${bare}] must be an object with text, raw, url or data`);
  return message;
}

/** Only data may be null: any JSON is data. */
const hasContent = (part: unknown): boolean =>
  isObject(part) && ("data" in part || contents.some((name) => typeof part[name] === "string"));
