import { A2AError } from "../errors.ts";
import { isObject, type JsonObject, mapped, nonEmpty, without } from "../json.ts";
import { isTerminal, toTaskState, toTaskStateV03 } from "../task-state.ts";
import { utcTimestamp } from "../timestamp.ts";
import { fromMessageV03, toMessageV03 } from "./message.ts";
import { fromPartV03, toPartV03 } from "./part.ts";

const invalid = (what: string) => new A2AError("InvalidAgentResponse", what);

function objectOf(value: unknown, what: string): JsonObject {
  if (!isObject(value)) throw invalid(`${what} must be an object`);
  return value;
}

/** A 0.3 task as 1.0 has it. A missing context gets the task's id: the caller must be able to name it. */
export function fromTaskV03(value: unknown): JsonObject {
  const { kind: _, ...task } = objectOf(value, "A task");
  return without({
    ...task,
    contextId: nonEmpty(task.contextId) ?? task.id,
    status: fromStatusV03(task.status),
    artifacts: mapped(task.artifacts ?? undefined, fromArtifactV03),
    history: mapped(task.history ?? undefined, fromMessageV03),
  });
}

export function toTaskV03(value: unknown): JsonObject {
  const task = objectOf(value, "A task");
  return without({
    kind: "task",
    ...task,
    contextId: nonEmpty(task.contextId) ?? task.id,
    status: toStatusV03(task.status),
    artifacts: mapped(task.artifacts, toArtifactV03),
    history: mapped(task.history, toMessageV03),
  });
}

function fromStatusV03(value: unknown): JsonObject {
  const status = isObject(value) ? value : {};
  return without({
    ...status,
    state: toTaskState(status.state),
    message: isObject(status.message) ? fromMessageV03(status.message) : undefined,
    timestamp: utcTimestamp(status.timestamp),
  });
}

function toStatusV03(value: unknown): JsonObject {
  const status = isObject(value) ? value : {};
  return without({
    ...status,
    state: toTaskStateV03(status.state),
    message: isObject(status.message) ? toMessageV03(status.message) : undefined,
  });
}

function fromArtifactV03(value: unknown, index: unknown = 0): JsonObject {
  const artifact = objectOf(value, "An artifact");
  return {
    ...artifact,
    artifactId: nonEmpty(artifact.artifactId) ?? `artifact-${artifact.index ?? index}`,
    parts: mapped(artifact.parts, fromPartV03) ?? [],
  };
}

function toArtifactV03(value: unknown): JsonObject {
  const artifact = objectOf(value, "An artifact");
  return { ...artifact, parts: mapped(artifact.parts, toPartV03) ?? [] };
}

/** A 0.3 stream event or send result, told apart by its `kind`, as 1.0's one-member object. */
export function fromEventV03(value: unknown): JsonObject {
  const event = objectOf(value, "An event");
  switch (event.kind ?? guessKind(event)) {
    case "task":
      return { task: fromTaskV03(event) };
    case "message":
      return { message: fromMessageV03(event) };
    case "status-update": {
      const update = without(event, "kind", "final");
      const contextId = nonEmpty(event.contextId) ?? event.taskId;
      return { statusUpdate: { ...update, contextId, status: fromStatusV03(event.status) } };
    }
    case "artifact-update": {
      const contextId = nonEmpty(event.contextId) ?? event.taskId;
      return {
        artifactUpdate: { ...without(event, "kind"), contextId, artifact: fromArtifactV03(event.artifact) },
      };
    }
    default:
      throw invalid(`An event of unknown kind ${JSON.stringify(event.kind ?? null)}`);
  }
}

/** Some 0.2 agents leave `kind` out. */
function guessKind(event: JsonObject): string | undefined {
  if ("artifact" in event) return "artifact-update";
  if ("messageId" in event) return "message";
  if (!("status" in event)) return undefined;
  return "taskId" in event ? "status-update" : "task";
}

/**
 * A 1.0 stream event or send result as 0.3's bare object.
 *
 * @param closing the stream ends after this event, which 0.3 tells by `final`
 */
export function toEventV03(value: unknown, closing = false): JsonObject {
  const { task, message, statusUpdate, artifactUpdate } = objectOf(value, "An event");
  if (isObject(task)) return toTaskV03(task);
  if (isObject(message)) return toMessageV03(message);
  if (isObject(statusUpdate)) {
    const status = toStatusV03(statusUpdate.status);
    const final = closing || isTerminal(toTaskState(status.state));
    return { kind: "status-update", ...statusUpdate, status, final };
  }
  if (isObject(artifactUpdate)) {
    return { kind: "artifact-update", ...artifactUpdate, artifact: toArtifactV03(artifactUpdate.artifact) };
  }
  throw invalid("An event holds none of task, message, statusUpdate and artifactUpdate");
}
