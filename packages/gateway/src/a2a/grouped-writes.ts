import { setImmediate as turn } from "node:timers/promises";
import { Shares } from "../runtime/index.ts";
import { StorageOverloadedError } from "../storage/index.ts";

export interface GroupedWritesOptions<T, R> {
  /** Two writes of one key never share a group: they become one within it. */
  keyOf(item: T): string;
  /** What is written for two of one key; the later one by default. */
  merge?(earlier: T, later: T): T;
  /** Whose an item is: each has a share of what may wait. */
  ownerOf(item: T): string;
  /** Writes the group in one transaction; the results in the items' order. */
  write(items: T[]): Promise<R[]>;
  /** Whether an error is the database's state, and no item's fault. */
  isTransient(error: unknown): boolean;
}

interface Waiting<T, R> {
  item: T;
  owner: string;
  promise: Promise<R>;
  resolve(result: R): void;
  reject(error: unknown): void;
}

const GROUP_MAX = 200;
/** Items are a few kilobytes at most. */
const WAITING = { total: 10_000, perOwner: 2_500 };

/**
 * Group commit: while one group is being written the next one gathers. The queue is bounded, with a share for each owner. An item
 * that cannot be written fails alone: a group that fails for one's sake is written again in halves.
 */
export class GroupedWrites<T, R> {
  readonly #options: GroupedWritesOptions<T, R>;
  readonly #shares = new Shares(WAITING);
  readonly #waiting = new Map<string, Waiting<T, R>>();
  #writing: Promise<void> | undefined;

  constructor(options: GroupedWritesOptions<T, R>) {
    this.#options = options;
  }

  /** Rejects with StorageOverloadedError, which is transient, when too many of the item's owner, or of all, wait already. */
  write(item: T): Promise<R> {
    const key = this.#options.keyOf(item);
    const same = this.#waiting.get(key);
    if (same) {
      same.item = this.#options.merge?.(same.item, item) ?? item;
      return same.promise;
    }
    const owner = this.#options.ownerOf(item);
    if (!this.#shares.take(owner)) {
      return Promise.reject(new StorageOverloadedError("too many tasks and contexts wait to be written"));
    }
    const waiting = { item, owner, ...Promise.withResolvers<R>() };
    this.#waiting.set(key, waiting);
    this.#writing ??= this.#drain();
    return waiting.promise;
  }

  async idle(): Promise<void> {
    await this.#writing;
  }

  async #drain(): Promise<void> {
    await turn(); // whoever writes in this same turn of the event loop joins the first group
    while (this.#waiting.size > 0) {
      const group: Waiting<T, R>[] = [];
      for (const [key, entry] of this.#waiting) {
        if (group.length === GROUP_MAX) break;
        this.#waiting.delete(key);
        this.#shares.give(entry.owner);
        group.push(entry);
      }
      await this.#write(group);
    }
    this.#writing = undefined;
  }

  async #write(entries: readonly Waiting<T, R>[]): Promise<void> {
    const { write, isTransient } = this.#options;
    try {
      const results = await write(entries.map(({ item }) => item));
      entries.forEach((entry, index) => {
        entry.resolve(results[index]!);
      });
    } catch (error) {
      if (entries.length === 1 || isTransient(error)) {
        for (const entry of entries) entry.reject(error);
        return;
      }
      const half = Math.ceil(entries.length / 2);
      await this.#write(entries.slice(0, half));
      await this.#write(entries.slice(half));
    }
  }
}
