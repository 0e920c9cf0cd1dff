import { A2AError, invalidParams } from "../errors.ts";
import { isObject, type JsonObject, mapped, without } from "../json.ts";
import { fromPartV03, toPartV03 } from "./part.ts";

const roles = new Map([
  ["user", "ROLE_USER"],
  ["agent", "ROLE_AGENT"],
  ["ROLE_USER", "ROLE_USER"],
  ["ROLE_AGENT", "ROLE_AGENT"],
]);

/** A 0.3 message as 1.0 has it. @throws A2AError InvalidParams */
export function fromMessageV03(message: unknown): JsonObject {
  if (!isObject(message)) throw invalidParams("message must be an object");
  const role = roles.get(String(message.role));
  if (role === undefined) throw invalidParams('message.role must be "user" or "agent"');
  if (typeof message.messageId !== "string" || message.messageId === "") {
    throw invalidParams("message.messageId is required");
  }
  if (!Array.isArray(message.parts)) throw invalidParams("message.parts must be an array");
  return { ...without(message, "kind"), role, parts: message.parts.map(fromPartV03) };
}

/** A 1.0 message as 0.3 has it: the empty string, ProtoJSON's "not set", goes. */
export function toMessageV03(message: unknown): JsonObject {
  if (!isObject(message)) throw new A2AError("InvalidAgentResponse", "A message must be an object");
  const empty = ["contextId", "taskId"].filter((name) => message[name] === "" || message[name] === null);
  return {
    kind: "message",
    ...without(message, ...empty),
    role: message.role === "ROLE_USER" || message.role === "user" ? "user" : "agent",
    parts: mapped(message.parts, toPartV03) ?? [],
  };
}
