import { type Clock, type Log, pause } from "../runtime/index.ts";
import type { Hold, Leases } from "./leases.ts";

/** Something that is kept for a time. */
export interface Kept {
  /** The lease under which it is forgotten. */
  lease: string;
  /** What it is, for the log: "old A2A tasks". */
  what: string;
  /** How long it is kept, in milliseconds; 0 where each has an end of its own. */
  keptMs: number;
  /**
   * Forgets whose time began before then (milliseconds since the epoch), page by page, and yields after each, so that the walk can rest.
   * Yields the oldest time that it has seen there, where it has seen one: the first walk of all forgets nothing and learns from it.
   */
  forget(beforeMs: number): AsyncIterable<number | undefined>;
  pace?: Partial<Pace> | undefined;
}

export interface Pace {
  /** Between two walks, in milliseconds. */
  everyMs: number;
  /** Between two pages. */
  restMs: number;
}

const PACE: Pace = { everyMs: 3_600_000, restMs: 20 };
/** How far one walk may go beyond the one before: as many times the span between two. */
const HASTE = 24;

/**
 * Forgets what was kept long enough, on one node at a time. How far it has come is kept with the lease, and moves by a day in an hour at
 * most, either way: while a clock is wrong by years, nobody loses what is in use, nor does anybody once it is right again.
 */
export class Retention {
  readonly #kept: Kept;
  readonly #leases: Leases;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #pace: Pace;
  #hold: Hold | undefined;
  #walking: Promise<void> = Promise.resolve();
  /** What began before is forgotten: milliseconds since the epoch, undefined until a first walk has seen what there is. */
  #horizonMs: number | undefined;
  /** Of the walks that this node does now: ends when another may do them. */
  #shift = new AbortController();

  constructor({ leases, clock, log }: { leases: Leases; clock: Clock; log: Log }, kept: Kept) {
    this.#kept = kept;
    this.#leases = leases;
    this.#clock = clock;
    this.#log = log;
    this.#pace = { ...PACE, ...kept.pace };
  }

  start(): void {
    this.#hold ??= this.#leases.hold(this.#kept.lease, {
      taken: (state) => {
        this.#horizonMs = state === "" ? undefined : Number(state);
        const shift = new AbortController();
        this.#shift = shift;
        this.#walking = this.#walking.then(() => this.#work(shift.signal));
      },
      lost: () => this.#shift.abort(),
      state: () => (this.#horizonMs === undefined ? "" : `${this.#horizonMs}`),
    });
  }

  async close(): Promise<void> {
    this.#shift.abort();
    await this.#hold?.release();
    await this.#walking;
  }

  async #work(over: AbortSignal): Promise<void> {
    for (;;) {
      await pause(this.#clock, this.#pace.everyMs, over);
      if (over.aborted) return;
      await this.#walk(over).catch((error) =>
        this.#log.warn({ err: error }, `${this.#kept.what} could not be forgotten`),
      );
    }
  }

  async #walk(over: AbortSignal): Promise<void> {
    const latestMs = this.#clock.now() - this.#kept.keptMs;
    const from = this.#horizonMs;
    const stepMs = HASTE * this.#pace.everyMs;
    const horizonMs = from === undefined ? undefined : Math.max(from - stepMs, Math.min(latestMs, from + stepMs));
    // A horizon that a clock ahead has left in the future is nobody's: what is not old by the clock of now stays.
    const beforeMs = Math.min(latestMs, horizonMs ?? 0);
    let oldestMs = latestMs;
    for await (const seenMs of this.#kept.forget(beforeMs)) {
      oldestMs = Math.min(oldestMs, seenMs ?? oldestMs);
      await pause(this.#clock, this.#pace.restMs, over);
      if (over.aborted) return;
    }
    this.#horizonMs = horizonMs ?? oldestMs;
  }
}
