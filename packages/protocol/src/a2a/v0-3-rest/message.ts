import { A2AError, invalidParams } from "../errors.ts";
import { isObject, type JsonObject, mapped, member, without } from "../json.ts";
import { fromMessageV03, toMessageV03 } from "../v0-3/message.ts";

/**
 * 0.3's HTTP+JSON binding speaks the ProtoJSON of `a2a.v1`: `content` instead of `parts`, `fileWithUri`, nested data. The
 * text of 0.3 says it speaks the JSON-RPC shapes; servers and clients disagree, so both are read and ProtoJSON is written.
 */
export function fromRestMessageV03(message: unknown): JsonObject {
  if (!isObject(message)) throw invalidParams("message must be an object");
  const content = message.content ?? message.parts;
  if (!Array.isArray(content)) throw invalidParams("message.content must be an array");
  const rest = without(message, "content", "message_id", "context_id", "task_id");
  return without(
    fromMessageV03({
      ...rest,
      messageId: member(message, "messageId"),
      contextId: member(message, "contextId") || undefined,
      taskId: member(message, "taskId") || undefined,
      parts: content.map(toKindPart),
    }),
  );
}

export function toRestMessageV03(message: unknown): JsonObject {
  const { kind: _, parts, role, ...rest } = toMessageV03(message);
  return { ...rest, role: role === "user" ? "ROLE_USER" : "ROLE_AGENT", content: mapped(parts, toRestPart) };
}

/** A ProtoJSON part in the shape of the JSON-RPC binding. */
export function toKindPart(part: unknown): unknown {
  if (!isObject(part) || typeof part.kind === "string") return part;
  if ("text" in part) return { kind: "text", ...part };
  if (isObject(part.file)) {
    const { fileWithUri, fileWithBytes, file_with_uri, file_with_bytes, mime_type, ...file } = part.file;
    const bytes = fileWithBytes ?? file_with_bytes ?? file.bytes;
    const uri = fileWithUri ?? file_with_uri ?? file.uri;
    return { kind: "file", ...part, file: without({ ...file, bytes, uri, mimeType: file.mimeType ?? mime_type }) };
  }
  if (isObject(part.data)) {
    const data = isObject(part.data.data) && Object.keys(part.data).length === 1 ? part.data.data : part.data;
    return { kind: "data", ...part, data };
  }
  throw invalidParams("A part holds one of text, file and data");
}

/** The same way back. */
export function toRestPart(part: unknown): JsonObject {
  if (!isObject(part)) throw new A2AError("InvalidAgentResponse", "A part must be an object");
  const { kind, ...rest } = part;
  if (kind === "file" && isObject(rest.file)) {
    // The proto of 0.3.0 has no name for it, and strict readers refuse a member that it has not.
    const { bytes, uri, name: _, ...file } = rest.file;
    return { ...rest, file: without({ ...file, fileWithBytes: bytes, fileWithUri: uri }) };
  }
  return kind === "data" ? { ...rest, data: { data: rest.data } } : rest;
}
