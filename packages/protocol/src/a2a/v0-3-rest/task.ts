import { A2AError } from "../errors.ts";
import { isObject, type JsonObject, mapped, member, without } from "../json.ts";
import { isTerminal, toTaskState } from "../task-state.ts";
import { utcTimestamp } from "../timestamp.ts";
import { toPartV03 } from "../v0-3/part.ts";
import { fromTaskV03 } from "../v0-3/task.ts";
import { fromRestMessageV03, toKindPart, toRestMessageV03, toRestPart } from "./message.ts";

const invalid = (what: string) => new A2AError("InvalidAgentResponse", what);
const NO_EVENT = "An event holds none of task, message, statusUpdate and artifactUpdate";

function toRestStatus(value: unknown): JsonObject {
  const status = isObject(value) ? value : {};
  const state = toTaskState(status.state);
  return without({
    ...status,
    state: state === "TASK_STATE_CANCELED" ? "TASK_STATE_CANCELLED" : state,
    message: isObject(status.message) ? toRestMessageV03(status.message) : undefined,
  });
}

function toRestArtifact(value: unknown): JsonObject {
  if (!isObject(value)) throw invalid("An artifact must be an object");
  return { ...value, parts: mapped(value.parts, (part) => toRestPart(toPartV03(part))) };
}

export function toRestTaskV03(value: unknown): JsonObject {
  if (!isObject(value)) throw invalid("A task must be an object");
  return without({
    ...value,
    status: toRestStatus(value.status),
    artifacts: mapped(value.artifacts, toRestArtifact),
    history: mapped(value.history, toRestMessageV03),
  });
}

/** A 1.0 stream event or send result in 0.3's ProtoJSON: the same one-member object around 0.3's messages. */
export function toRestEventV03(value: unknown, closing = false): JsonObject {
  const { task, message, statusUpdate, artifactUpdate } = isObject(value) ? value : {};
  if (isObject(task)) return { task: toRestTaskV03(task) };
  if (isObject(message)) return { message: toRestMessageV03(message) };
  if (isObject(statusUpdate)) {
    const { status } = statusUpdate;
    const final = closing || isTerminal(toTaskState(isObject(status) ? status.state : undefined));
    return { statusUpdate: { ...statusUpdate, status: toRestStatus(status), final } };
  }
  if (!isObject(artifactUpdate)) throw invalid(NO_EVENT);
  return { artifactUpdate: { ...artifactUpdate, artifact: toRestArtifact(artifactUpdate.artifact) } };
}

function fromRestStatus(value: unknown): JsonObject {
  const { update, ...status } = isObject(value) ? value : {};
  const message = status.message ?? update;
  return without({
    ...status,
    state: toTaskState(status.state),
    message: isObject(message) ? fromRestMessageV03(message) : undefined,
    timestamp: utcTimestamp(status.timestamp),
  });
}

function fromRestArtifact(value: unknown): unknown {
  if (!isObject(value)) return value;
  const artifactId = member(value, "artifactId");
  return { ...without(value, "artifact_id"), artifactId, parts: mapped(value.parts, toKindPart) };
}

export function fromRestTaskV03(value: unknown): JsonObject {
  if (!isObject(value)) throw invalid("A task must be an object");
  const { status, history, ...task } = value;
  return without({
    ...fromTaskV03({
      ...without(task, "context_id"),
      contextId: member(value, "contextId"),
      artifacts: mapped(task.artifacts, fromRestArtifact),
    }),
    status: fromRestStatus(status),
    history: mapped(history, fromRestMessageV03),
  });
}

export function fromRestEventV03(value: unknown): JsonObject {
  const event = isObject(value) ? value : {};
  const statusUpdate = member(event, "statusUpdate");
  const artifactUpdate = member(event, "artifactUpdate");
  const message = event.message ?? event.msg;
  if (isObject(event.task)) return { task: fromRestTaskV03(event.task) };
  if (message !== undefined && message !== null) return { message: fromRestMessageV03(message) };
  if (isObject(statusUpdate)) {
    return { statusUpdate: fromRestUpdate(statusUpdate, { status: fromRestStatus(statusUpdate.status) }) };
  }
  if (!isObject(artifactUpdate)) throw invalid(NO_EVENT);
  const { artifacts } = fromRestTaskV03({ artifacts: [artifactUpdate.artifact] });
  return { artifactUpdate: fromRestUpdate(artifactUpdate, { artifact: (artifacts as unknown[])[0] }) };
}

const fromRestUpdate = (update: JsonObject, content: JsonObject): JsonObject =>
  without({
    ...without(update, "final", "task_id", "context_id", "last_chunk"),
    taskId: member(update, "taskId"),
    contextId: member(update, "contextId") || member(update, "taskId"),
    lastChunk: member(update, "lastChunk") ?? undefined,
    ...content,
  });
