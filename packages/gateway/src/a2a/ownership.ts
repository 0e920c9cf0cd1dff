import { A2AError, isObject, type JsonObject } from "@agentgate/protocol/a2a";
import type { Clock } from "../runtime/index.ts";
import type { IndexedTask } from "./indexed-task.ts";
import type { TaskFacts } from "./task-facts.ts";
import type { TaskIndex } from "./task-index.ts";

/** A caller within an agent: what it may name, and what becomes its own. */
export class Ownership {
  readonly agentId: string;
  readonly owner: string;
  readonly #index: TaskIndex;
  readonly #clock: Clock;

  constructor(agentId: string, owner: string, index: TaskIndex, clock: Clock) {
    this.agentId = agentId;
    this.owner = owner;
    this.#index = index;
    this.#clock = clock;
  }

  /** @throws A2AError TaskNotFound for a task that is unknown or somebody else's: the two look the same */
  async demandTask(taskId: unknown): Promise<IndexedTask> {
    const task = typeof taskId === "string" ? await this.#index.find(this.agentId, taskId) : undefined;
    if (!task || task.owner !== this.owner) throw taskNotFound(taskId);
    return task;
  }

  /** Everything a message refers to. A context that nobody has becomes the caller's. @throws A2AError TaskNotFound */
  async demandReferences({ message }: JsonObject): Promise<void> {
    if (!isObject(message)) return;
    const { taskId, contextId, referenceTaskIds } = message;
    if (taskId !== undefined && taskId !== "" && taskId !== null) await this.demandTask(taskId);
    if (Array.isArray(referenceTaskIds)) for (const id of referenceTaskIds.slice(0, 100)) await this.demandTask(id);
    if (typeof contextId !== "string" || contextId === "") return;
    const holder = await this.#index.claimContext(this.agentId, contextId, this.owner);
    if (holder !== this.owner) throw new A2AError("TaskNotFound", "Context not found");
  }

  /** Makes a task that an agent tells of the caller's. @throws A2AError InvalidAgentResponse when it is somebody else's */
  async record({ taskId, contextId, state, statusAt }: TaskFacts): Promise<void> {
    const { agentId, owner } = this;
    const seenAt = BigInt(this.#clock.now()) * 1000n;
    const task = { agentId, taskId, owner, contextId, state, statusAt: statusAt ?? seenAt };
    if ((await this.#index.record(task)) !== owner) {
      throw new A2AError("InvalidAgentResponse", "The agent answered with a task that is not this caller's");
    }
  }

  /** The context of an answer that is no task. */
  async claim(contextId: unknown): Promise<void> {
    if (typeof contextId === "string" && contextId !== "") {
      await this.#index.claimContext(this.agentId, contextId, this.owner);
    }
  }
}

export const taskNotFound = (taskId: unknown): A2AError =>
  new A2AError("TaskNotFound", `Task not found: ${typeof taskId === "string" ? taskId.slice(0, 255) : "no id given"}`);
