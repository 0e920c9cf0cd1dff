import { type Clock, createLruCache } from "../runtime/index.ts";
import { isTransient } from "../storage/index.ts";
import { GroupedWrites } from "./grouped-writes.ts";
import type { IndexedContext, IndexedTask } from "./indexed-task.ts";
import type { TaskStore } from "./task-store.ts";

/** Of each kind: enough for what is asked about soon after it was seen. */
const KNOWN_MAX = 20_000;

/** What waits for the next transaction. */
type Write = { key: string } & ({ task: IndexedTask } | { context: IndexedContext });

const keyOf = (...parts: string[]) => parts.join("\0");

/**
 * Who owns which task and context. Ids are the agents' own; they are opaque, so the owner is looked up, never read from them.
 * Writes of many calls share one transaction; an owner never changes, so what was once seen is answered from memory.
 */
export class TaskIndex {
  readonly #store: TaskStore;
  readonly #known = createLruCache<string, IndexedTask>(KNOWN_MAX);
  readonly #contexts = createLruCache<string, string>(KNOWN_MAX);
  readonly #writes: GroupedWrites<Write, string | undefined>;

  constructor(store: TaskStore, clock: Clock) {
    this.#store = store;
    this.#writes = new GroupedWrites({
      keyOf: ({ key }) => key,
      isTransient,
      async write(group) {
        const tasks = group.filter((each) => "task" in each);
        const claims = group.filter((each) => "context" in each);
        const now = BigInt(clock.now()) * 1000n;
        const owners = await store.record(
          tasks.map(({ task }) => task),
          claims.map(({ context }) => context),
          now,
        );
        const byKey = new Map([...tasks, ...claims].map(({ key }, index) => [key, owners[index]]));
        return group.map(({ key }) => byKey.get(key));
      },
    });
  }

  /** Keeps what is known of a task now. Answers whose it is: whoever recorded it first. */
  async record(task: IndexedTask): Promise<string | undefined> {
    const key = keyOf(task.agentId, task.taskId);
    const known = this.#known.get(key);
    if (known && known.state === task.state && known.statusAt === task.statusAt) return known.owner;
    if (known && known.owner !== task.owner) return known.owner;
    const [owner] = await Promise.all([
      this.#writes.write({ key: `task\0${key}`, task }),
      task.contextId === "" ? undefined : this.claimContext(task.agentId, task.contextId, task.owner),
    ]);
    if (owner !== undefined) this.#known.set(key, owner === task.owner ? task : { ...task, owner });
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
  async claimContext(agentId: string, contextId: string, owner: string): Promise<string | undefined> {
    const key = keyOf(agentId, contextId);
    const known = this.#contexts.get(key);
    if (known !== undefined) return known;
    const claimed = await this.#writes.write({ key: `context\0${key}`, context: { agentId, contextId, owner } });
    if (claimed !== undefined) this.#contexts.set(key, claimed);
    return claimed;
  }

  async flush(): Promise<void> {
    await this.#writes.idle();
  }
}
