export interface GroupedWritesOptions<T, R> {
  /** Two writes of one key never share a group; the later one wins within it. */
  keyOf(item: T): string;
  /** Writes the group in one transaction; the results in the items' order. */
  write(items: T[]): Promise<R[]>;
}

interface Waiting<T, R> {
  item: T;
  promise: Promise<R>;
  resolve(result: R): void;
  reject(error: unknown): void;
}

const GROUP_MAX = 200;

/** Group commit: while one group is being written the next one gathers. The queue is bounded by the calls that wait for it. */
export class GroupedWrites<T, R> {
  readonly #options: GroupedWritesOptions<T, R>;
  #waiting = new Map<string, Waiting<T, R>>();
  #writing: Promise<void> | undefined;

  constructor(options: GroupedWritesOptions<T, R>) {
    this.#options = options;
  }

  write(item: T): Promise<R> {
    const key = this.#options.keyOf(item);
    const same = this.#waiting.get(key);
    if (same) {
      same.item = item;
      return same.promise;
    }
    const waiting = { item, ...Promise.withResolvers<R>() };
    this.#waiting.set(key, waiting);
    this.#writing ??= this.#drain();
    return waiting.promise;
  }

  async idle(): Promise<void> {
    await this.#writing;
  }

  async #drain(): Promise<void> {
    await null; // whoever writes in this same turn joins the first group
    while (this.#waiting.size > 0) {
      const group = [...this.#waiting].slice(0, GROUP_MAX);
      for (const [key] of group) this.#waiting.delete(key);
      const entries = group.map(([, entry]) => entry);
      try {
        const results = await this.#options.write(entries.map(({ item }) => item));
        entries.forEach((entry, index) => {
          entry.resolve(results[index]!);
        });
      } catch (error) {
        for (const entry of entries) entry.reject(error);
      }
    }
    this.#writing = undefined;
  }
}
