import type { Clock, Log } from "../runtime/index.ts";

export interface StateFeedOptions<T> {
  /** How these stand now; one statement for all of them. */
  read(keys: readonly string[]): Promise<ReadonlyMap<string, T>>;
  everyMs: number;
  clock: Clock;
  log: Log;
}

/** How things stand, read for all who listen here at once, and not at all while nobody does. */
export class StateFeed<T> {
  readonly #options: StateFeedOptions<T>;
  readonly #listeners = new Map<string, Set<(state: T) => void>>();
  #cancel: (() => void) | undefined;
  #reading = false;
  #closed = false;

  constructor(options: StateFeedOptions<T>) {
    this.#options = options;
  }

  /** Keys that somebody listens to. */
  get size(): number {
    return this.#listeners.size;
  }

  /** Tells the listener soon how it stands, and again after each look. Returns the end of that. */
  join(key: string, listener: (state: T) => void): () => void {
    const all = this.#listeners.get(key) ?? new Set();
    all.add(listener);
    this.#listeners.set(key, all);
    if (!this.#reading) this.#schedule(0);
    return () => {
      if (all.delete(listener) && all.size === 0 && this.#listeners.get(key) === all) this.#listeners.delete(key);
    };
  }

  close(): void {
    this.#closed = true;
    this.#cancel?.();
  }

  #schedule(delayMs: number): void {
    if (this.#closed) return;
    this.#cancel?.();
    this.#cancel = this.#options.clock.after(delayMs, () => void this.#read());
  }

  async #read(): Promise<void> {
    if (this.#reading || this.#listeners.size === 0) return;
    this.#reading = true;
    const { read, everyMs, log } = this.#options;
    const asked = new Map([...this.#listeners].map(([key, all]) => [key, [...all]]));
    try {
      const states = await read([...asked.keys()]);
      for (const [key, all] of asked) {
        const state = states.get(key);
        // Whoever has left meanwhile is told nothing.
        for (const listener of all) if (state !== undefined && this.#listeners.get(key)?.has(listener)) listener(state);
      }
    } catch (error) {
      if (!this.#closed) log.warn({ err: error }, "what is listened to cannot be read");
    }
    this.#reading = false;
    const isNew = [...this.#listeners].some(([key, all]) => [...all].some((one) => !asked.get(key)?.includes(one)));
    this.#schedule(isNew ? 0 : everyMs);
  }
}
