import { hash } from "node:crypto";
import { A2AError, invalidParams, isObject, type JsonObject } from "@agentgate/protocol/a2a";
import { isNobodys } from "../routing/index.ts";
import type { Clock } from "../runtime/index.ts";
import type { IndexedTask } from "./indexed-task.ts";
import { isKnownId } from "./known-id.ts";
import type { TaskFacts } from "./task-facts.ts";
import type { TaskIndex } from "./task-index.ts";

const REFERENCES_MAX = 100;

/** A caller within an agent: what it may name, and what becomes its own. */
export class Ownership {
  readonly agentId: string;
  readonly owner: string;
  readonly #index: TaskIndex;
  readonly #clock: Clock;
  /** Ids that a caller of nobody in particular chose for its message: a task that its agent names so is not kept for it. */
  #chosenId: unknown;

  constructor(agentId: string, owner: string, index: TaskIndex, clock: Clock) {
    this.agentId = agentId;
    this.owner = owner;
    this.#index = index;
    this.#clock = clock;
  }

  /** @throws A2AError TaskNotFound for a task that is unknown or somebody else's: the two look the same */
  async demandTask(taskId: unknown): Promise<IndexedTask> {
    const task = isKnownId(taskId) ? await this.#index.find(this.agentId, taskId) : undefined;
    if (!task || task.owner !== this.owner) throw taskNotFound(taskId);
    return task;
  }

  /**
   * Everything a message refers to, if anything. A context that nobody has becomes the caller's; one that a caller of nobody in particular
   * brings is known to the agent by another id, so that nobody is kept from the name.
   *
   * @returns that id, where there is one
   * @throws A2AError TaskNotFound, InvalidParams
   */
  demandReferences({ message }: JsonObject): Promise<string | undefined> | undefined {
    if (!isObject(message)) return undefined;
    const { taskId, contextId, referenceTaskIds } = message;
    if (isNobodys(this.owner)) this.#chosenId = message.messageId;
    const refers = isNamed(taskId) || isNamed(contextId) || Array.isArray(referenceTaskIds);
    return refers ? this.#demandReferences(message) : undefined;
  }

  async #demandReferences({ taskId, contextId, referenceTaskIds }: JsonObject): Promise<string | undefined> {
    if (isNamed(taskId)) await this.demandTask(taskId);
    if (Array.isArray(referenceTaskIds)) {
      if (referenceTaskIds.length > REFERENCES_MAX) {
        throw invalidParams(`A message refers to ${REFERENCES_MAX} tasks at most`);
      }
      for (const id of referenceTaskIds) await this.demandTask(id);
    }
    if (!isNamed(contextId)) return undefined;
    if (!isKnownId(contextId)) throw invalidParams("contextId is no text that could be an id");
    const own = isNobodys(this.owner) ? await this.#ownContext(contextId) : contextId;
    const holder = await this.#index.claimContext(this.agentId, own, this.owner);
    if (holder !== this.owner) throw contextNotFound();
    return own === contextId ? undefined : own;
  }

  /** The id by which the agent knows the context that a caller of nobody in particular calls so. */
  async #ownContext(contextId: string): Promise<string> {
    const { agentId, owner } = this;
    const holder = await this.#index.contextOwner(agentId, contextId);
    if (holder === owner) return contextId;
    const own = hash("sha256", JSON.stringify([agentId, owner, contextId]), "hex").slice(0, 32);
    // Somebody else's is not to be had under another name, unless the caller called its own so before.
    if (holder !== undefined && (await this.#index.contextOwner(agentId, own)) !== owner) throw contextNotFound();
    return own;
  }

  /**
   * Makes a task that an agent tells of the caller's.
   *
   * @param known what was remembered when the agent was asked: an unchanged state without a timestamp keeps its moment, a
   *   task without a context its context
   * @param hold of the call that began to speak of the task with this, where somebody pays for it
   * @throws A2AError InvalidAgentResponse when it is somebody else's
   */
  async record({ taskId, state, statusAt, ...told }: TaskFacts, known?: IndexedTask, hold?: string): Promise<void> {
    const { agentId, owner } = this;
    const contextId = told.contextId || (known?.contextId ?? "");
    if (taskId === this.#chosenId) return;
    if (!isKnownId(taskId) || (contextId !== "" && !isKnownId(contextId))) {
      throw new A2AError("InvalidAgentResponse", "The agent answered with an id that cannot be kept");
    }
    const seenAt = known?.state === state ? known.statusAt : BigInt(this.#clock.now()) * 1000n;
    const task: IndexedTask = { agentId, taskId, owner, contextId, state, statusAt: statusAt ?? seenAt };
    if (hold) task.hold = hold;
    if ((await this.#index.record(task)) !== owner) {
      throw new A2AError("InvalidAgentResponse", "The agent answered with a task that is not this caller's");
    }
  }

  /** The context of an answer that is no task; a promise when it was not known. */
  claim(contextId: unknown): string | Promise<string | undefined> | undefined {
    return isKnownId(contextId) ? this.#index.claimContext(this.agentId, contextId, this.owner) : undefined;
  }
}

const isNamed = (id: unknown): boolean => id !== undefined && id !== null && id !== "";

const contextNotFound = () => new A2AError("TaskNotFound", "Context not found");

export const taskNotFound = (taskId: unknown): A2AError =>
  new A2AError("TaskNotFound", `Task not found: ${typeof taskId === "string" ? taskId.slice(0, 255) : "no id given"}`);
