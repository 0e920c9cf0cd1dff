import { type Clock, type Log, microsNow } from "../runtime/index.ts";
import type { GroupCommitter } from "./group-committer.ts";
import type { LedgerStore } from "./store.ts";

const intervalMs = 1_000;
/** Batches at one go; what is left waits for the next, so that lapsing holds never crowd out paying ones. */
const batchesMax = 20;

export interface SweeperOptions {
  store: LedgerStore;
  committer: GroupCommitter;
  clock: Clock;
  log: Log;
}

/** Resolves the holds whose stored deadline has passed, also those that another node or an earlier life opened. */
export class Sweeper {
  readonly #options: SweeperOptions;
  #cancel: (() => void) | undefined;
  #stopped = false;

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
    const { store, committer, clock } = this.#options;
    for (let batch = 0; batch < batchesMax && !this.#stopped; batch++) {
      if (!(await store.hasDue(microsNow(clock)))) return;
      await committer.sweep();
    }
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
