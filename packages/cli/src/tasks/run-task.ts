import type { AgentGateClient, TaskOptions } from "@agentgate/client";
import { SKILL_META, type TaskPart, type TaskRequest } from "@agentgate/protocol";
import { CliError } from "../cli-error.ts";
import { formatDollars } from "../output/format.ts";
import { readTaskAnswer, statusText, type TaskAnswer } from "./task-answer.ts";

/** The gateway bounds a task's time itself: this only ends what nobody answers any more. */
const TIMEOUT_MS = 3_600_000;

/** Has a task done. With `onChunk`, the pieces of its answer come as they are made. */
export async function runTask(
  client: AgentGateClient,
  agentId: string,
  task: TaskRequest,
  options: TaskOptions,
  onChunk?: (text: string) => void,
): Promise<TaskAnswer> {
  if (!onChunk) {
    return readTaskAnswer(agentId, await client.sendTask(agentId, task, { timeoutMs: TIMEOUT_MS, ...options }));
  }
  let answer: TaskAnswer | undefined;
  for await (const { type, data } of client.streamTask(agentId, task, options)) {
    if (type === "chunk") onChunk(data);
    else if (type === "result") answer = readTaskAnswer(agentId, parse(data));
  }
  // What ends without a result throws.
  return answer!;
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return json;
  }
}

/** What a task goes on with, and what it is for. */
export interface TaskPlace {
  skill?: string | undefined;
  taskId?: string | null;
  contextId?: string | null;
}

/** A task that says a text. */
export const textTask = (text: string, place?: TaskPlace): TaskRequest => taskOfParts([{ type: "text", text }], place);

/** A task of any parts. */
export function taskOfParts(parts: TaskPart[], { skill, taskId, contextId }: TaskPlace = {}): TaskRequest {
  return {
    id: `task-${crypto.randomUUID()}`,
    message: {
      role: "user",
      parts,
      ...(taskId && { taskId }),
      ...(contextId && { contextId }),
      ...(skill !== undefined && { metadata: { [SKILL_META]: skill } }),
    },
  };
}

const NOT_DONE = new Set(["failed", "rejected", "canceled", "cancelled", "auth-required"]);

/** @throws {@link CliError} when the agent says that it has not done the task */
export function demandDone({ state, answer }: TaskAnswer): void {
  const plain = state
    .toLowerCase()
    .replace(/^task_state_/, "")
    .replaceAll("_", "-");
  if (!NOT_DONE.has(plain)) return;
  const said = statusText(answer);
  throw new CliError("task_not_done", `The agent says that the task is ${plain}${said === "" ? "" : `: ${said}`}`);
}

/** What a task has cost, and what is left: nothing where nobody paid. */
export function costOf({ price, balance }: Pick<TaskAnswer, "price" | "balance">): string | undefined {
  if (price === 0) return undefined;
  return `${formatDollars(price)} paid${balance === null ? "" : `, ${formatDollars(balance)} left`}`;
}

/** What became of a task that Ctrl-C ended. @param hasPieces whether some of its answer had come */
export const cancelledTask = (hasPieces: boolean): string =>
  hasPieces
    ? "Cancelled: the gateway stops the task. What had come of the answer is charged, where the agent has a price"
    : "Cancelled: the gateway stops the task. Nothing is charged, unless the agent had done it already";
