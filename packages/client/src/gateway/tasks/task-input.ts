import type { TaskMessage, TaskPart, TaskRequest } from "@agentgate/protocol";
import { randomId } from "../http/index.ts";
import type { TaskExtras } from "./task-extras.ts";

/** What an agent is to do: a text, parts, a message, or a task as it goes over the wire, which stays as it is. */
export type TaskInput = string | readonly TaskPart[] | TaskMessage | TaskRequest;

/** A task with an id of its own, unless it is given as one. */
export async function toTask(input: TaskInput, extras: TaskExtras = {}): Promise<TaskRequest> {
  const task = taskOf(input);
  if (Object.values(extras).every((extra) => extra === undefined)) return task;
  const { withExtras } = await import("./task-extras.ts");
  return withExtras(task, extras);
}

function taskOf(input: TaskInput): TaskRequest {
  if (typeof input === "string") return newTask({ parts: [{ type: "text", text: input }] });
  if (isList(input)) return newTask({ parts: [...input] });
  if (Array.isArray(input.parts) && input.message === undefined) return newTask(input as TaskMessage);
  return input as TaskRequest;
}

const isList = (input: object): input is readonly TaskPart[] => Array.isArray(input);

const newTask = (message: TaskMessage): TaskRequest => ({
  id: `task-${randomId()}`,
  message: { role: "user", ...message },
});
