import type { Clock, Log } from "../runtime/index.ts";
import type { GroupCommitter } from "./group-committer.ts";
import type { JournalTime } from "./journal-time.ts";
import type { LedgerStore } from "./store.ts";

const intervalMs = 1_000;
/** Batches at one go; what is left waits for the next, so that lapsing holds never crowd out paying ones. */
const batchesMax = 20;
/** By how much the journal's time may be ahead of what is written down of it, microseconds: while a hold is open, and while it is used. */
const unwrittenMax = { held: 1_000_000n, used: 5_000_000n };

export interface SweeperOptions {
  store: LedgerStore;
  committer: GroupCommitter;
  time: JournalTime;
  clock: Clock;
  log: Log;
}

/** Resolves the holds whose stored deadline has passed, also those that another node or an earlier life opened. */
export class Sweeper {
  readonly #options: SweeperOptions;
  #cancel: (() => void) | undefined;
  #stopped = false;
  #isUsed = false;

  constructor(options: SweeperOptions) {
    this.#options = options;
  }

  /** Sweeps every second from now on. */
  start(): void {
    this.#schedule();
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel?.();
  }

  async sweep(): Promise<void> {
    for (let batch = 0; batch < batchesMax && !this.#stopped; batch++) {
      if (!(await this.look())) return;
      await this.#options.committer.sweep();
    }
  }

  /** Somebody has counted on the time as it is now: it is written down soon. */
  use(): void {
    this.#isUsed = true;
  }

  /**
   * Learns how late it is in the journal. Answers whether there is something to write: a hold that is due or, as long as one is
   * open or the time was used, time that has passed. Else an idle journal is not written to.
   */
  async look(): Promise<boolean> {
    const { store, time, clock } = this.#options;
    const askedAt = clock.monotonic();
    const { head, nextDue } = await store.look();
    const now = time.see(head, askedAt);
    const unwritten = now - head.elapsed;
    const isOwed = this.#isUsed && unwritten >= unwrittenMax.used;
    if (isOwed) this.#isUsed = false;
    return isOwed || (nextDue !== null && (nextDue <= now || unwritten >= unwrittenMax.held));
  }

  #schedule(): void {
    if (!this.#stopped) this.#cancel = this.#options.clock.after(intervalMs, () => void this.#tick());
  }

  async #tick(): Promise<void> {
    try {
      await this.sweep();
    } catch (error) {
      if (!this.#stopped) this.#options.log.warn({ err: error }, "lapsed holds could not be resolved");
    }
    this.#schedule();
  }
}
