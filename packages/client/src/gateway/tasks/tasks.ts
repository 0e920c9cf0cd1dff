import type * as wire from "@agentgate/protocol";
import {
  asked,
  at,
  type BeforeOptions,
  type CallOptions,
  GatewayRoom,
  type GatewayTransport,
  randomId,
  singular,
} from "../http/index.ts";
import type { TaskExtras } from "./task-extras.ts";
import { type TaskInput, toTask } from "./task-input.ts";
import { type AgentKeyOptions, keysFor } from "./task-keys.ts";
import type { TaskStreamEvent } from "./task-stream.ts";

export interface TaskOptions extends CallOptions, AgentKeyOptions, TaskExtras {
  /**
   * The same key with the same task answers what the first call did, for 24 hours. Without one, a call that may be repeated gets one of its own:
   * however often it is sent, the task is done and paid for once.
   */
  idempotencyKey?: string | undefined;
}

/** Which A2A tasks; filters hold together, of a list any may. */
export interface TaskFilter extends CallOptions {
  /** `owner` (the default): tasks at the organization's agents; `payer`: tasks of its own. */
  role?: "owner" | "payer" | undefined;
  /** For the admin: one organization. */
  orgId?: string | undefined;
  /** Fifty at most. */
  agentIds?: readonly string[] | undefined;
  contextId?: string | undefined;
  /** With one agent, the task that it calls so. */
  taskId?: string | undefined;
  /** `TASK_STATE_WORKING`, `TASK_STATE_COMPLETED`… */
  states?: readonly string[] | undefined;
}

export interface TaskListOptions extends TaskFilter, BeforeOptions {}

/** Having agents work. */
export abstract class TaskCalls extends GatewayRoom {
  /**
   * Has an agent do a task: a text, parts, a message, or any task. The answer is the agent's JSON; a priced agent's comes as
   * {@link wire.PricedAnswer}. {@link textOf} gives the text of either.
   */
  async sendTask<Answer = wire.TaskAnswer>(
    agentId: string,
    task: TaskInput,
    options: TaskOptions = {},
  ): Promise<Answer> {
    return this.http.json(await taskRequest(this.http, at`/agents/${agentId}/task`, task, options));
  }

  /**
   * The same as a stream. Leaving the loop early cancels the task. A connection that breaks before a piece of the answer came is made anew, and
   * the task is still done and paid for once; later it throws `stream_interrupted`, for what an agent has said it does not say again.
   */
  async *streamTask<Answer = wire.TaskAnswer>(
    agentId: string,
    task: TaskInput,
    options: TaskOptions = {},
  ): AsyncGenerator<TaskStreamEvent<Answer>, void> {
    const { streamTask } = await import("./task-stream.ts");
    const { retries = this.http.retries } = options;
    const path = at`/agents/${agentId}/task/stream`;
    const idempotencyKey = options.idempotencyKey ?? (retries > 0 ? randomId() : undefined);
    const request = await taskRequest(this.http, path, task, { ...options, idempotencyKey });
    yield* streamTask<Answer>(() => this.http.events(request), retries);
  }

  /**
   * A page of the A2A tasks at one's agents, or of one's own, newest status first. One may have fewer than there are, and even none: `next`
   * goes on where the search's time was over.
   */
  listTasks(options?: TaskListOptions): Promise<wire.TaskEntryPage> {
    return this.http.json({ path: "/agents/tasks", ...asked(singular(options)) });
  }

  /** All of them, each as it is taken. */
  tasks(filter?: TaskFilter): AsyncGenerator<wire.TaskEntry, void> {
    return this.http.each({ path: "/agents/tasks", ...asked(singular(filter)) });
  }
}

async function taskRequest(http: GatewayTransport, path: string, input: TaskInput, options: TaskOptions) {
  const { agentApiKey, idempotencyKey, files, skill, contextId, taskId, ...call } = options;
  const { apiKey, headers } = keysFor(http, { agentApiKey });
  const body = await toTask(input, { files, skill, contextId, taskId });
  const keyed = { ...headers, "idempotency-key": idempotencyKey };
  return { method: "POST" as const, path, body, apiKey, headers: keyed, once: true, ...call };
}
