import { type Leases, Retention } from "../../leases/index.ts";
import type { Clock, Log } from "../../runtime/index.ts";
import type { Storage } from "../../storage/index.ts";
import { SinkCursors } from "../sink-cursors.ts";
import { DayPartitions } from "./day-partitions.ts";
import { keptCalls } from "./kept-calls.ts";

export interface LogKeepingOptions {
  storage: Storage;
  leases: Leases;
  clock: Clock;
  log: Log;
  /** How long a row is kept, in days. */
  days: number;
}

/** Makes room for the log's next days and forgets the old ones. */
export class LogKeeping {
  readonly #retention: Retention;
  readonly #partitions: DayPartitions | undefined;
  readonly #log: Log;
  readonly #over = new AbortController();
  #ensuring: Promise<void> | undefined;

  constructor({ days, ...options }: LogKeepingOptions) {
    const { storage } = options;
    this.#log = options.log;
    this.#partitions = storage.engine === "postgres" ? new DayPartitions(options) : undefined;
    const sinks = new SinkCursors(storage, options.clock);
    this.#retention = new Retention(options, keptCalls(storage, days * 86_400_000, this.#partitions, sinks));
  }

  start(): void {
    this.#retention.start();
    // A gateway that stood still for days begins with today's.
    this.#ensuring = this.#partitions
      ?.ensure(this.#over.signal)
      .catch((error) => this.#log.warn({ err: error }, "the partitions of the log's next days could not be made"));
  }

  async close(): Promise<void> {
    this.#over.abort();
    await Promise.all([this.#ensuring, this.#retention.close()]);
  }
}
