import type { Clock, Log } from "../runtime/index.ts";
import type { CallEntry } from "./entry.ts";

/** Writes a batch durably, all of it or none. */
export type WriteEntries = (entries: readonly CallEntry[]) => Promise<void>;

export interface CallLogOptions {
  write: WriteEntries;
  clock: Clock;
  log: Log;
  /** How long an entry may wait for company, in milliseconds. */
  flushAfterMs?: number;
  /** Entries written at once. */
  batchSize?: number;
  /** Entries that may wait; beyond it `record` makes callers wait. */
  capacity?: number;
}

const RETRY_AFTER_MS_MAX = 5_000;

/**
 * Takes one entry per call and writes them in batches. Nothing is dropped: while the database is away entries wait, and
 * once `capacity` of them do, the calls themselves are slowed.
 */
export class CallLog {
  readonly #write: WriteEntries;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #flushAfterMs: number;
  readonly #batchSize: number;
  readonly #capacity: number;
  #waiting: CallEntry[] = [];
  #flushing: Promise<void> | undefined;
  #timer: (() => void) | undefined;
  #retryAfterMs = 0;
  #blocked: (() => void)[] = [];

  constructor({ write, clock, log, flushAfterMs = 100, batchSize = 500, capacity = 20_000 }: CallLogOptions) {
    this.#write = write;
    this.#clock = clock;
    this.#log = log;
    this.#flushAfterMs = flushAfterMs;
    this.#batchSize = batchSize;
    this.#capacity = capacity;
  }

  /** Entries not yet written. */
  get pending(): number {
    return this.#waiting.length;
  }

  /** Takes the entry. The promise, given only when the buffer is full, resolves when there is room again. */
  record(entry: CallEntry): Promise<void> | undefined {
    this.#waiting.push(entry);
    if (this.#waiting.length >= this.#batchSize) this.#start();
    else this.#schedule(this.#flushAfterMs);
    if (this.#waiting.length < this.#capacity) return undefined;
    return new Promise((resolve) => this.#blocked.push(resolve));
  }

  /** Resolves when every entry taken so far is written. @throws what the last attempt threw. */
  async flush(): Promise<void> {
    // Two rounds at most: the flush under way, and one for what came after it started.
    for (let round = 0; round < 2 && (this.#flushing || this.#waiting.length > 0); round++) await this.#start();
  }

  #schedule(delayMs: number): void {
    if (this.#timer || this.#flushing) return;
    this.#timer = this.#clock.after(delayMs, () => {
      this.#timer = undefined;
      this.#start().catch(() => {}); // reported and retried by #drain
    });
  }

  #start(): Promise<void> {
    this.#timer?.();
    this.#timer = undefined;
    this.#flushing ??= this.#drain().finally(() => {
      this.#flushing = undefined;
      if (this.#waiting.length > 0) this.#schedule(this.#retryAfterMs || this.#flushAfterMs);
    });
    this.#flushing.catch(() => {});
    return this.#flushing;
  }

  async #drain(): Promise<void> {
    for (let left = this.#waiting.length; left > 0; ) {
      const batch = this.#waiting.slice(0, this.#batchSize);
      try {
        await this.#write(batch);
      } catch (error) {
        this.#retryAfterMs = Math.min(RETRY_AFTER_MS_MAX, (this.#retryAfterMs || 100) * 2);
        this.#log.error(
          { err: error, waiting: this.#waiting.length, retryAfterMs: this.#retryAfterMs },
          "call log not written",
        );
        throw error;
      }
      this.#retryAfterMs = 0;
      this.#waiting = this.#waiting.slice(batch.length);
      left -= batch.length;
      if (this.#waiting.length < this.#capacity) for (const resume of this.#blocked.splice(0)) resume();
    }
  }
}
