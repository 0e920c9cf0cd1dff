import { type Leases, Shifts } from "../../leases/index.ts";
import { type Clock, type Log, pause } from "../../runtime/index.ts";

export interface FoldingOptions {
  leases: Leases;
  /** Adds some of what waits to the rollups; whether there is more at once. */
  fold(): Promise<boolean>;
  clock: Clock;
  log: Log;
}

const LEASE = "call-rollups";
/** How long calls may gather, so that many are added at once. */
const GATHER_MS = 2_000;
/** It rests so many times as long as it worked, so that whoever writes beside it has the database mostly for himself. */
const REST = 4;
const RETRY_MS_MAX = 10_000;

/** Adds to the rollups what waits for them, on one node at a time: nobody else waits for the rows that many calls share. */
export class Folding {
  readonly #options: FoldingOptions;
  readonly #shifts: Shifts;

  constructor(options: FoldingOptions) {
    this.#options = options;
    const { leases } = options;
    this.#shifts = new Shifts({ leases, lease: LEASE, work: (over) => this.#work(over) });
  }

  start(): void {
    this.#shifts.start();
  }

  close(): Promise<void> {
    return this.#shifts.close();
  }

  async #work(over: AbortSignal): Promise<void> {
    const { clock, log } = this.#options;
    let retryMs = 0;
    while (!over.aborted) {
      const begunAt = clock.monotonic();
      let pauseMs: number;
      try {
        const isMore = await this.#options.fold();
        retryMs = 0;
        const restMs = (clock.monotonic() - begunAt) * REST;
        pauseMs = isMore ? restMs : Math.max(GATHER_MS, restMs);
      } catch (error) {
        retryMs = Math.min(RETRY_MS_MAX, (retryMs || GATHER_MS / 2) * 2);
        pauseMs = retryMs;
        if (!over.aborted) log.warn({ err: error, retryAfterMs: retryMs }, "calls are not added to the rollups yet");
      }
      await pause(clock, pauseMs, over);
    }
  }
}
