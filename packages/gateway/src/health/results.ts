import type { Clock, Log } from "../runtime/index.ts";
import type { CheckResult } from "./agent-health.ts";

const BATCH = 100;
const FLUSH_MS = 500;
/** While the database is away, so many of the latest results wait for it. */
const WAITING_MAX = 5_000;

/** Writes what checks find in small batches. */
export class CheckResults {
  readonly #write: (results: readonly CheckResult[]) => Promise<void>;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #waiting = new Map<string, CheckResult>();
  #cancel: (() => void) | undefined;
  #writing: Promise<void> | undefined;
  #closed = false;

  constructor(write: (results: readonly CheckResult[]) => Promise<void>, clock: Clock, log: Log) {
    this.#write = write;
    this.#clock = clock;
    this.#log = log;
  }

  add(result: CheckResult): void {
    if (this.#closed) return;
    this.#waiting.delete(result.agentId);
    this.#waiting.set(result.agentId, result);
    for (const id of this.#waiting.keys()) {
      if (this.#waiting.size <= WAITING_MAX) break;
      this.#waiting.delete(id);
    }
    if (this.#waiting.size >= BATCH) void this.#flush();
    else this.#cancel ??= this.#clock.after(FLUSH_MS, () => void this.#flush());
  }

  /** The agent is gone. */
  forget(agentId: string): void {
    this.#waiting.delete(agentId);
  }

  /** Writes what waits, as far as the database takes it. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#flush();
    await this.#flush();
  }

  #flush(): Promise<void> {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#writing ??= this.#writeAll().finally(() => {
      this.#writing = undefined;
      if (this.#waiting.size > 0 && !this.#closed)
        this.#cancel ??= this.#clock.after(FLUSH_MS, () => void this.#flush());
    });
    return this.#writing;
  }

  async #writeAll(): Promise<void> {
    while (this.#waiting.size > 0) {
      const batch = [...this.#waiting.values()].slice(0, BATCH);
      try {
        await this.#write(batch);
      } catch (error) {
        this.#log.warn({ err: error, waiting: this.#waiting.size }, "agents' health cannot be written");
        return;
      }
      // What was found anew meanwhile waits for its own turn.
      for (const result of batch)
        if (this.#waiting.get(result.agentId) === result) this.#waiting.delete(result.agentId);
    }
  }
}
