import { dialects, isObject, type JsonObject, toTaskStateV03 } from "@agentgate/protocol/a2a";

/** A 1.0 message as the simple task object of the plain contract has it: parts with a `type`. */
export function taskOfMessage(message: JsonObject): JsonObject {
  const { kind: _, parts: __, ...plain } = dialects["0.3"].toParams("SendMessage", { message }).message as JsonObject;
  return { id: message.messageId, message: { ...plain, parts: typedParts(message.parts) } };
}

/** A simple task object's message as 1.0 has it. A part without a type is known by its members; other values are said as text. */
export function messageOfTask(task: JsonObject, messageId: string): JsonObject {
  const given = isObject(task.message) ? task.message : {};
  const { taskId, contextId, sessionId, metadata } = { ...task, ...given } as JsonObject;
  const context = contextId ?? sessionId;
  return {
    messageId,
    role: "ROLE_USER",
    parts: messageParts(given, task),
    ...(typeof taskId === "string" && { taskId }),
    ...(typeof context === "string" && { contextId: context }),
    ...(isObject(metadata) && { metadata }),
  };
}

function messageParts(message: JsonObject, task: JsonObject): JsonObject[] {
  const parts = Array.isArray(message.parts) ? message.parts.flatMap(partOf) : [];
  if (parts.length) return parts;
  const text = [message.text, message.content, task.text, task.input, task.message].find(
    (value) => typeof value === "string",
  );
  return [text === undefined ? { data: task } : { text }];
}

function partOf(value: unknown): JsonObject[] {
  if (typeof value === "string") return [{ text: value }];
  if (!isObject(value)) return [];
  const kind = value.type ?? value.kind;
  // Most are no more than this, which reads the same in every version.
  if (kind === "text" && typeof value.text === "string" && Object.keys(value).length === 2)
    return [{ text: value.text }];
  const { type: _, kind: __, ...part } = value;
  if (kind === undefined && ("text" in part || "raw" in part || "url" in part || "data" in part)) return [part];
  try {
    const params = { message: { messageId: "-", role: "user", parts: [value] } };
    const { parts } = dialects["0.3"].fromParams("SendMessage", params).message as { parts: JsonObject[] };
    return parts;
  } catch {
    return [{ data: value }];
  }
}

/** What an agent of the plain contract answered, as parts: those of its artifacts or its message, else its text or its JSON. */
export function simplePartsOf(answer: unknown): JsonObject[] {
  const object = isObject(answer) ? answer : {};
  const result = isObject(object.result) ? object.result : {};
  for (const artifacts of [object.artifacts, result.artifacts]) {
    const parts = Array.isArray(artifacts) ? artifacts.flatMap((artifact) => partsIn(artifact)) : [];
    if (parts.length) return parts;
  }
  for (const message of [result.message, object.message]) if (partsIn(message).length) return partsIn(message);
  const text = [object.result, object.text, answer].find((value) => typeof value === "string");
  return [text === undefined ? { data: answer } : { text }];
}

const partsIn = (value: unknown): JsonObject[] =>
  isObject(value) && Array.isArray(value.parts) ? value.parts.flatMap(partOf) : [];

/** A send result of 1.0 in the simple shape: `{id, status: {state}, artifacts: [{parts: [{type, …}]}]}`. */
export function simpleAnswerOf({ task, message }: JsonObject, callerTaskId: unknown): JsonObject {
  if (!isObject(task)) {
    const spoken = isObject(message) ? message : {};
    const artifacts = [{ artifactId: "message", parts: typedParts(spoken.parts) }];
    return { id: callerTaskId ?? null, ...contextOf(spoken), status: { state: "completed" }, artifacts };
  }
  const status = isObject(task.status) ? task.status : {};
  return {
    id: callerTaskId ?? task.id,
    taskId: task.id,
    ...contextOf(task),
    status: {
      ...status,
      state: toTaskStateV03(status.state),
      ...(isObject(status.message) && { message: { role: "agent", parts: typedParts(status.message.parts) } }),
    },
    artifacts: (Array.isArray(task.artifacts) ? task.artifacts : [])
      .filter(isObject)
      .map((artifact) => ({ ...artifact, parts: typedParts(artifact.parts) })),
    ...(isObject(task.metadata) && { metadata: task.metadata }),
  };
}

const contextOf = ({ contextId }: JsonObject): JsonObject => (typeof contextId === "string" ? { contextId } : {});

function typedParts(parts: unknown): JsonObject[] {
  return Array.isArray(parts) ? parts.map(typedPart) : [];
}

/** As 0.3 has it under `type`; data may be any JSON here. */
function typedPart(value: unknown): JsonObject {
  if (isObject(value) && "data" in value) return { type: "data", ...value };
  const { parts } = dialects["0.3"].toEvent({ message: { parts: [value] } }) as { parts: JsonObject[] };
  const { kind, ...part } = parts[0]!;
  return { type: kind, ...part };
}
