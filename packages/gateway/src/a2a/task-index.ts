import { type Clock, ShareCache } from "../runtime/index.ts";
import { isUnavailable } from "../storage/index.ts";
import { GroupedWrites } from "./grouped-writes.ts";
import type { IndexedContext, IndexedTask } from "./indexed-task.ts";
import type { TaskStore, TaskToKeep } from "./task-store.ts";

const MIB = 2 ** 20;
/**
 * Enough for what is asked about soon after it was seen: some thirty thousand of each kind. Tasks are named by agents, contexts by
 * callers too; so the one is shared among agents, the other among callers.
 */
const TASKS = { bytesMax: 16 * MIB, perOwner: 4 * MIB };
const CONTEXTS = { bytesMax: 8 * MIB, perOwner: 2 * MIB };
/** What an entry takes beside its texts. */
const ENTRY_BYTES = 250;
/**
 * The store forgets what nobody touches, and asking it for an owner is touching: what this node has known for longer than this is
 * asked for again.
 */
const TRUSTED_MS = 24 * 3_600_000;

/** What waits for the next transaction: a task with its context, or a context alone. */
interface Write {
  key: string;
  task?: IndexedTask;
  context?: IndexedContext | undefined;
}

/** Something the store has said, and when it was touched there. */
interface Known<T> {
  value: T;
  touchedAt: number;
}

/** What is recorded of a task meanwhile says nothing of its hold. */
const withHold = ({ task: earlier }: Write, later: Write): Write =>
  earlier?.hold === undefined || later.task === undefined || later.task.hold !== undefined
    ? later
    : { ...later, task: { ...later.task, hold: earlier.hold } };

/** Whose they are now. */
interface Owners {
  task: string | undefined;
  context: string | undefined;
}

type MayWait<T> = T | Promise<T>;

const keyOf = (agentId: string, id: string) => `${agentId}\0${id}`;

/**
 * Who owns which task and context. Ids are the agents' own; they are opaque, so the owner is looked up, never read from them.
 * Writes of many calls share one transaction; an owner does not change as long as it is remembered, so what was seen of late is
 * answered from memory.
 */
export class TaskIndex {
  readonly #store: TaskStore;
  readonly #clock: Clock;
  readonly #orgOf: (agentId: string) => MayWait<string | null>;
  readonly #known = new ShareCache<Known<IndexedTask>>(TASKS);
  readonly #contexts = new ShareCache<Known<string>>(CONTEXTS);
  readonly #writes: GroupedWrites<Write, Owners>;

  /** @param orgOf whose agent this is, from memory mostly; null for nobody's */
  constructor(store: TaskStore, clock: Clock, orgOf: (agentId: string) => MayWait<string | null> = () => null) {
    this.#store = store;
    this.#clock = clock;
    this.#orgOf = orgOf;
    this.#writes = new GroupedWrites({
      keyOf: ({ key }) => key,
      ownerOf: ({ task, context }) => (task ?? context)!.agentId,
      merge: withHold,
      isTransient: isUnavailable,
      write: (group) => this.#write(group),
    });
  }

  /** Keeps what is known of a task now. Answers whose it is: whoever recorded it first. */
  async record(task: IndexedTask): Promise<string | undefined> {
    const { agentId, contextId, owner } = task;
    const key = keyOf(agentId, task.taskId);
    const known = this.#trusted(this.#known.get(key));
    const isNews = task.hold !== undefined || known?.state !== task.state || known.statusAt !== task.statusAt;
    if (known && !isNews) return known.owner;
    if (known && known.owner !== owner) return known.owner;
    const contextKey = keyOf(agentId, contextId);
    const isNew = contextId !== "" && this.#trusted(this.#contexts.get(contextKey)) === undefined;
    const context = isNew ? { agentId, contextId, owner } : undefined;
    const touchedAt = this.#clock.now();
    const owners = await this.#writes.write({ key: `task\0${key}`, task, context });
    if (owners.context !== undefined) this.#keepContext(contextKey, { value: owners.context, touchedAt }, owner);
    if (owners.task !== undefined) {
      this.#keepTask(key, { value: owners.task === owner ? task : { ...task, owner: owners.task }, touchedAt });
    }
    return owners.task;
  }

  async find(agentId: string, taskId: string): Promise<IndexedTask | undefined> {
    const key = keyOf(agentId, taskId);
    const known = this.#known.get(key);
    if (known) return known.value;
    const found = await this.#store.findTask(agentId, taskId);
    if (found) this.#keepTask(key, found);
    return found?.value;
  }

  /** Makes a context the caller's unless it is somebody's. Answers whose it is, at once when that is known. */
  claimContext(agentId: string, contextId: string, owner: string): string | Promise<string | undefined> {
    const key = keyOf(agentId, contextId);
    return this.#trusted(this.#contexts.get(key)) ?? this.#claim(key, { agentId, contextId, owner });
  }

  /** Whose a context is, if anybody's. Nothing is claimed or touched. */
  contextOwner(agentId: string, contextId: string): string | Promise<string | undefined> {
    return this.#trusted(this.#contexts.get(keyOf(agentId, contextId))) ?? this.#store.contextOwner(agentId, contextId);
  }

  async flush(): Promise<void> {
    await this.#writes.idle();
  }

  async #claim(key: string, context: IndexedContext): Promise<string | undefined> {
    const touchedAt = this.#clock.now();
    const claimed = (await this.#writes.write({ key: `context\0${key}`, context })).context;
    if (claimed !== undefined) this.#keepContext(key, { value: claimed, touchedAt }, context.owner);
    return claimed;
  }

  #keepTask(key: string, known: Known<IndexedTask>): void {
    const { agentId, owner, contextId } = known.value;
    this.#known.set(key, known, agentId, ENTRY_BYTES + 2 * (2 * key.length + owner.length + contextId.length));
  }

  /** @param asker who named it, whose share it takes */
  #keepContext(key: string, known: Known<string>, asker: string): void {
    this.#contexts.set(key, known, asker, ENTRY_BYTES + 2 * (key.length + known.value.length));
  }

  #trusted<T>(known: Known<T> | undefined): T | undefined {
    return known && this.#clock.now() - known.touchedAt < TRUSTED_MS ? known.value : undefined;
  }

  async #write(group: Write[]): Promise<Owners[]> {
    const tasks: TaskToKeep[] = [];
    for (const { task } of group) {
      if (!task) continue;
      const org = this.#orgOf(task.agentId);
      tasks.push({ ...task, orgId: org instanceof Promise ? await org : org });
    }
    const contexts = new Map<string, IndexedContext>();
    for (const { context } of group) {
      const key = context && keyOf(context.agentId, context.contextId);
      if (key !== undefined && !contexts.has(key)) contexts.set(key, context!);
    }
    const now = BigInt(this.#clock.now()) * 1000n;
    const owners = await this.#store.record(tasks, [...contexts.values()], now);
    const contextOwners = new Map([...contexts.keys()].map((key, index) => [key, owners[tasks.length + index]]));
    let next = 0;
    return group.map(({ task, context }) => ({
      task: task && owners[next++],
      context: context && contextOwners.get(keyOf(context.agentId, context.contextId)),
    }));
  }
}
