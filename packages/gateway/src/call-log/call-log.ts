import type { Clock, Log } from "../runtime/index.ts";
import { isUnavailable } from "../storage/index.ts";
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
  /** Entries that may wait; beyond it `record` makes callers wait. An entry is of bounded size. */
  capacity?: number;
}

const RETRY_AFTER_MS_MAX = 5_000;
/** How long a call waits for room while the database is away, before its entry is given up. */
const PATIENCE_MS = 2_000;
/** What is lost is said at once, then no more often than this. */
const SAY_AGAIN_MS = 60_000;

/** A call that waits for room, with its entry. */
interface Blocked {
  entry: CallEntry;
  resume(): void;
  cancelTimer(): void;
}

/**
 * Takes one entry per call and writes them in batches. While the database is away entries wait; once `capacity` of them do, the
 * calls themselves are slowed, and if there is no room after a while either, their entries are lost, counted and told: calls that
 * nobody pays for go on, in bounded memory. (The entry of a payment is written with it.)
 */
export class CallLog {
  readonly #write: WriteEntries;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #flushAfterMs: number;
  readonly #batchSize: number;
  readonly #capacity: number;
  #waiting: CallEntry[] = [];
  readonly #blocked = new Set<Blocked>();
  #flushing: Promise<void> | undefined;
  #timer: (() => void) | undefined;
  #retryAfterMs = 0;
  #isClosed = false;
  #lost = 0;
  #saidLostAt = Number.NEGATIVE_INFINITY;

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
    return this.#waiting.length + this.#blocked.size;
  }

  /** Entries that could not be written, and never will be. */
  get lost(): number {
    return this.#lost;
  }

  /** Takes the entry. The promise, given only when the buffer is full, resolves when it is taken or given up. */
  record(entry: CallEntry): Promise<void> | undefined {
    if (this.#waiting.length >= this.#capacity) return this.#wait(entry);
    this.#take(entry);
    return undefined;
  }

  /** Resolves when every entry taken so far is written. @throws what the last attempt threw. */
  async flush(): Promise<void> {
    // Two rounds at most: the flush under way, and one for what came after it started.
    for (let round = 0; round < 2 && (this.#flushing || this.#waiting.length > 0); round++) await this.#start();
  }

  /** Writes what waits, and tries no more. @throws what the last attempt threw; what it could not write is `pending` */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.flush();
  }

  #take(entry: CallEntry): void {
    this.#waiting.push(entry);
    if (this.#retryAfterMs > 0) this.#schedule(this.#retryAfterMs);
    else if (this.#waiting.length >= this.#batchSize) this.#start();
    else this.#schedule(this.#flushAfterMs);
  }

  #wait(entry: CallEntry): Promise<void> {
    return new Promise((resume) => {
      const blocked: Blocked = { entry, resume, cancelTimer: () => {} };
      const wait = () => {
        blocked.cancelTimer = this.#clock.after(PATIENCE_MS, () => {
          // A database that is slow but writes makes room in time; its callers go on waiting.
          if (this.#retryAfterMs === 0) return wait();
          this.#blocked.delete(blocked);
          this.#lose(1, undefined);
          resume();
        });
      };
      wait();
      this.#blocked.add(blocked);
    });
  }

  #makeRoom(): void {
    for (const blocked of this.#blocked) {
      if (this.#waiting.length >= this.#capacity) return;
      this.#blocked.delete(blocked);
      blocked.cancelTimer();
      this.#waiting.push(blocked.entry);
      blocked.resume();
    }
  }

  #lose(count: number, error: unknown): void {
    this.#lost += count;
    const now = this.#clock.monotonic();
    if (now - this.#saidLostAt < SAY_AGAIN_MS) return;
    this.#saidLostAt = now;
    this.#log.error({ err: error, lost: this.#lost }, "calls are missing in the call log");
  }

  #schedule(delayMs: number): void {
    if (this.#timer || this.#flushing || this.#isClosed) return;
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
        await this.#writeAll(batch);
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
      this.#makeRoom();
    }
  }

  /** Writes what the database takes: an entry that it refuses, though it works, must not keep the others from being written. */
  async #writeAll(batch: readonly CallEntry[]): Promise<void> {
    try {
      await this.#write(batch);
    } catch (error) {
      if (isUnavailable(error)) throw error;
      if (batch.length === 1) return this.#lose(1, error);
      const half = Math.ceil(batch.length / 2);
      await this.#writeAll(batch.slice(0, half));
      await this.#writeAll(batch.slice(half));
    }
  }
}
