import {
  A2AError,
  isObject,
  isTerminal,
  type JsonObject,
  type TaskState,
  toTaskState,
  utcTimestamp,
} from "@agentgate/protocol/a2a";

/** What a result or event in 1.0's shape says of its task. */
export interface TaskFacts {
  taskId: string;
  contextId: string;
  state: TaskState;
  /** Microseconds; undefined when the status carries no timestamp. */
  statusAt: bigint | undefined;
}

/** Of a task object. Undefined when it has no id. */
export function factsOfTask(task: unknown): TaskFacts | undefined {
  if (!isObject(task) || typeof task.id !== "string" || task.id === "") return undefined;
  return facts(task.id, task.contextId, task.status);
}

/** Of a send result, which is a task or a message: undefined for a message. @throws A2AError InvalidAgentResponse for neither */
export function factsOfAnswer({ task, message }: JsonObject): TaskFacts | undefined {
  const known = factsOfTask(task);
  if (known) return known;
  if (task !== undefined) throw new A2AError("InvalidAgentResponse", "The agent answered a task without an id");
  if (isObject(message)) return undefined;
  throw new A2AError("InvalidAgentResponse", "The agent answered neither a task nor a message");
}

/** Of a send result or stream event; undefined for messages and artifacts, which move no state. */
export function factsOfEvent({ task, statusUpdate }: JsonObject): TaskFacts | undefined {
  if (task !== undefined) return factsOfTask(task);
  if (!isObject(statusUpdate) || typeof statusUpdate.taskId !== "string") return undefined;
  return facts(statusUpdate.taskId, statusUpdate.contextId, statusUpdate.status);
}

/** Of an artifact's event that a stream begins with: whoever sends artifacts is at work. */
export function factsOfArtifact({ artifactUpdate }: JsonObject): TaskFacts | undefined {
  if (!isObject(artifactUpdate) || typeof artifactUpdate.taskId !== "string") return undefined;
  return facts(artifactUpdate.taskId, artifactUpdate.contextId, { state: "TASK_STATE_WORKING" });
}

/** The task that a stream event speaks of, if it says so. */
export function taskNamedIn({ task, statusUpdate, artifactUpdate }: JsonObject): unknown {
  if (isObject(task)) return task.id;
  const update = statusUpdate ?? artifactUpdate;
  return isObject(update) ? update.taskId : undefined;
}

function facts(taskId: string, contextId: unknown, status: unknown): TaskFacts {
  const { state, timestamp } = isObject(status) ? status : {};
  return {
    taskId,
    contextId: typeof contextId === "string" ? contextId : "",
    state: toTaskState(state),
    statusAt: microsOf(timestamp),
  };
}

const AFTER_MILLISECONDS = "2026-11-22T12:00:00.123".length;

/** ISO 8601 as microseconds since the epoch, digits beyond included. */
export function microsOf(timestamp: unknown): bigint | undefined {
  const utc = utcTimestamp(timestamp);
  if (utc === undefined) return undefined;
  // Of `2026-11-22T12:00:00.123456Z` the last three digits: Date knows milliseconds only.
  const beyond = Number(
    utc
      .slice(AFTER_MILLISECONDS, AFTER_MILLISECONDS + 3)
      .replace("Z", "")
      .padEnd(3, "0"),
  );
  return BigInt(Date.parse(utc)) * 1000n + BigInt(beyond);
}

/** Whether the agent did what the caller pays for. What was cancelled counts when something had been delivered by then. */
export const isPayable = (state: TaskState, delivered: boolean): boolean =>
  state === "TASK_STATE_CANCELED" ? delivered : !isTerminal(state) || state === "TASK_STATE_COMPLETED";
