import { type CallTail, isBehind, type TailCall, type TailPosition } from "../call-log/index.ts";
import type { Clock, Log } from "../runtime/index.ts";

/** Takes what was committed, in its order. */
export interface CallListener {
  /** Calls, and where they stand. What is not behind `from` it has had. */
  calls(calls: readonly TailCall[], position: TailPosition): void;
  /** Some were missed, and nobody knows how many. */
  lost(position: TailPosition): void;
}

export interface CallFeedOptions {
  tail: CallTail;
  clock: Clock;
  log: Log;
}

const READ_EVERY_MS = 500;
const PAGE = 1_000;
/** Pages read in one go; then others have a turn. */
const PAGES_AT_ONCE = 10;

/**
 * What is committed to the call log, by whichever node, as it comes: read once for all who listen here, twice a second, and not at all while
 * nobody does.
 */
export class CallFeed {
  readonly #options: CallFeedOptions;
  readonly #listeners = new Set<CallListener>();
  #position: TailPosition | undefined;
  #beginning: Promise<TailPosition> | undefined;
  #cancel: (() => void) | undefined;
  #reading = false;
  #closed = false;

  constructor(options: CallFeedOptions) {
    this.#options = options;
  }

  get listeners(): number {
    return this.#listeners.size;
  }

  /** Up to where everything has been told here; begins to read when nobody has listened so far. */
  async position(): Promise<TailPosition> {
    if (this.#position) return this.#position;
    this.#beginning ??= this.#options.tail.end().finally(() => {
      this.#beginning = undefined;
    });
    const end = await this.#beginning;
    this.#position ??= end;
    // Whoever asked may have left by now: then nobody listens at the first look, which ends it.
    this.#schedule(READ_EVERY_MS);
    return this.#position;
  }

  /**
   * Tells it what comes behind `from`, if all up to there has been told here.
   * @returns what ends that; undefined when more was told meanwhile: read on, and try again
   */
  join(listener: CallListener, from: TailPosition): (() => void) | undefined {
    if (this.#position === undefined || isBehind(from, this.#position)) return undefined;
    const behind: CallListener = {
      calls: (calls, position) => {
        const fresh = calls.filter((one) => isBehind(from, one.position));
        listener.calls(fresh, isBehind(position, from) ? from : position);
      },
      lost: (position) => listener.lost(position),
    };
    this.#listeners.add(behind);
    return () => {
      this.#listeners.delete(behind);
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
    if (this.#reading || this.#position === undefined) return;
    if (this.#listeners.size === 0) {
      this.#position = undefined;
      return;
    }
    this.#reading = true;
    let isEnd = true;
    try {
      isEnd = await this.#readPages(this.#position);
    } catch (error) {
      if (!this.#closed) this.#options.log.warn({ err: error }, "the log cannot be followed");
    }
    this.#reading = false;
    this.#schedule(isEnd ? READ_EVERY_MS : 0);
  }

  async #readPages(from: TailPosition): Promise<boolean> {
    let position = from;
    for (let pages = 0; pages < PAGES_AT_ONCE; pages++) {
      const page = await this.#options.tail.read(position, PAGE);
      position = page.position;
      this.#position = position;
      for (const listener of [...this.#listeners]) {
        if (page.isLost) listener.lost(position);
        else listener.calls(page.calls, position);
      }
      if (page.isEnd) return true;
    }
    return false;
  }
}
