import type { Log } from "./log.ts";

/** Something that lives as long as the gateway does. What it does not need, it does not have. */
export interface Part {
  /** Begins what runs beside the requests. */
  start?(): void | Promise<void>;
  /** The end is near: takes on nothing that could wait for another node. */
  beginStop?(): void;
  /**
   * Ends everything, and keeps what has to be kept.
   *
   * @param drainMs how long callers may take to get the answers that are under way, in milliseconds
   */
  close?(drainMs: number): unknown;
}

/**
 * What is open, in the order in which it was opened: each part stands on those before it. They are started upward, and stopped and closed
 * downward, so that none outlives what it stands on.
 */
export class Lifecycle {
  readonly #log: Log;
  readonly #open: { name: string; part: Part }[] = [];
  #isStopping = false;
  #closed: Promise<void> | undefined;

  private constructor(log: Log) {
    this.#log = log;
  }

  /**
   * Opens parts one after the other. When one of them cannot be opened, those that are open already are closed.
   * @throws what `open` throws
   */
  static async open<T>(log: Log, open: (life: Lifecycle) => Promise<T>): Promise<T> {
    const life = new Lifecycle(log);
    try {
      return await open(life);
    } catch (error) {
      // Whatever the closing fails with is in the log; the caller is to know why it did not open.
      await life.close(0).catch(() => {});
      throw error;
    }
  }

  /** Answers the part that was opened last, to be closed first. */
  add<P extends Part>(name: string, part: P): P {
    this.#open.push({ name, part });
    return part;
  }

  /** Starts all, the lowest first. @throws what a part fails with; all are closed then */
  async start(): Promise<void> {
    try {
      for (const { part } of this.#open) await part.start?.();
    } catch (error) {
      await this.close(0).catch(() => {});
      throw error;
    }
  }

  /** Tells all, the highest first. */
  beginStop(): void {
    if (this.#isStopping) return;
    this.#isStopping = true;
    for (const { name, part } of this.#open.toReversed()) {
      try {
        part.beginStop?.();
      } catch (error) {
        this.#log.error({ err: error, part: name }, "a part of the gateway did not prepare for the end");
      }
    }
  }

  /** Closes all, the highest first, each also when others cannot be closed. @throws what the first of them failed with */
  close(drainMs: number): Promise<void> {
    this.#closed ??= this.#close(drainMs);
    return this.#closed;
  }

  async #close(drainMs: number): Promise<void> {
    this.beginStop();
    let failure: { error: unknown } | undefined;
    for (const { name, part } of this.#open.toReversed()) {
      try {
        await part.close?.(drainMs);
      } catch (error) {
        this.#log.error({ err: error, part: name }, "a part of the gateway was not closed");
        failure ??= { error };
      }
    }
    if (failure) throw failure.error;
  }
}
