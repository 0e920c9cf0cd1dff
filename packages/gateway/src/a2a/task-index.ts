import { LRUCache } from "lru-cache";
import type { Clock } from "../runtime/index.ts";
import { GroupedWrites } from "./grouped-writes.ts";
import type { IndexedContext, IndexedTask } from "./indexed-task.ts";
import type { TaskStore } from "./task-store.ts";

const KNOWN_MAX = 100_000;
const keyOf = (...parts: string[]) => parts.join("\0");

/**
 * Who owns which task and context. Ids are the agents' own; they are opaque, so the owner is looked up, never read from them.
 * Writes of many calls share one transaction; an owner never changes, so what was once seen is answered from memory.
 */
export class TaskIndex {
  readonly #store: TaskStore;
  readonly #known = new LRUCache<string, IndexedTask>({ max: KNOWN_MAX });
  readonly #contexts = new LRUCache<string, string>({ max: KNOWN_MAX });
  readonly #tasks: GroupedWrites<IndexedTask, string>;
  readonly #claims: GroupedWrites<IndexedContext, string>;

  constructor(store: TaskStore, clock: Clock) {
    this.#store = store;
    this.#tasks = new GroupedWrites({
      keyOf: ({ agentId, taskId }) => keyOf(agentId, taskId),
      write: (tasks) => store.upsertTasks(tasks, BigInt(clock.now()) * 1000n),
    });
    this.#claims = new GroupedWrites({
      keyOf: ({ agentId, contextId }) => keyOf(agentId, contextId),
      write: (contexts) => store.claimContexts(contexts, BigInt(clock.now()) * 1000n),
    });
  }

  /** Keeps what is known of a task now. Answers whose it is: whoever recorded it first. */
  async record(task: IndexedTask): Promise<string> {
    const key = keyOf(task.agentId, task.taskId);
    const known = this.#known.get(key);
    if (known && known.state === task.state && known.statusAt === task.statusAt) return known.owner;
    if (known && known.owner !== task.owner) return known.owner;
    const [owner] = await Promise.all([
      this.#tasks.write(task),
      task.contextId === "" ? undefined : this.claimContext(task.agentId, task.contextId, task.owner),
    ]);
    this.#known.set(key, { ...task, owner });
    return owner;
  }

  async find(agentId: string, taskId: string): Promise<IndexedTask | undefined> {
    const key = keyOf(agentId, taskId);
    const known = this.#known.get(key);
    if (known) return known;
    const task = await this.#store.findTask(agentId, taskId);
    if (task) this.#known.set(key, task);
    return task;
  }

  /** Whose context this is, if anybody's. */
  async contextOwner(agentId: string, contextId: string): Promise<string | undefined> {
    const key = keyOf(agentId, contextId);
    const known = this.#contexts.get(key);
    if (known !== undefined) return known;
    const owner = await this.#store.contextOwner(agentId, contextId);
    if (owner !== undefined) this.#contexts.set(key, owner);
    return owner;
  }

  /** Makes a context the caller's unless it is somebody's. Answers whose it is. */
  async claimContext(agentId: string, contextId: string, owner: string): Promise<string> {
    const key = keyOf(agentId, contextId);
    const known = this.#contexts.get(key);
    if (known !== undefined) return known;
    const claimed = await this.#claims.write({ agentId, contextId, owner });
    this.#contexts.set(key, claimed);
    return claimed;
  }

  async flush(): Promise<void> {
    await Promise.all([this.#tasks.idle(), this.#claims.idle()]);
  }
}
