import type { Clock, Micros } from "../runtime/index.ts";
import type { Head } from "./journal.ts";

type SeenHead = Pick<Head, "seq" | "elapsed" | "created_at">;

/** By how much a node may be ahead of what another one wrote meanwhile, and both still be in step; microseconds. */
const stepMax = 3_000_000n;

/**
 * The journal's own time, which deadlines are counted in: microseconds in which some node lived. No wall clock has a part in it, so
 * none that jumps, stands still or runs apart moves a deadline.
 *
 * The head holds the time as of the last batch. A node that has seen it there adds what its monotonic clock says has passed since;
 * the next batch writes that down, whichever node it is of, so that all nodes together move one clock at the speed of real time. Time
 * in which no node lives does not count: a hold that a killed process left behind goes on with what was left of it.
 */
export class JournalTime {
  readonly #clock: Clock;
  /** The head as it was last seen, and the journal's time at an instant of the monotonic clock. */
  #seen: { seq: bigint; elapsed: bigint } | undefined;
  #date: Micros = 0n;
  #time = 0n;
  #atMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The date of the last row, as last seen; 0 without any. */
  get date(): Micros {
    return this.#date;
  }

  /** The time now, as far as this node knows; 0 before it has seen a head. */
  get now(): bigint {
    return this.#seen ? this.#time + this.#sinceSeen() : 0n;
  }

  /**
   * Takes note of a head that was read just now. Answers what time it is, which is never before the head's.
   *
   * A head that is as it was when last seen proves that all time since then has passed after it. One that another node has written
   * meanwhile does not: that node may have started from what was written down long ago. If the two are not in step, its time counts,
   * or the deadlines that it has just made would be cut short.
   */
  see({ seq, elapsed, created_at }: SeenHead): bigint {
    const seen = this.#seen;
    // A look that was overtaken by a batch of this node.
    if (seen && (seq < seen.seq || (seq === seen.seq && elapsed < seen.elapsed))) return this.now;
    this.#date = created_at;
    const now = this.now;
    const isUnchanged = seq === seen?.seq && elapsed === seen.elapsed;
    this.#seen = { seq, elapsed };
    if (now >= elapsed && (isUnchanged || (seen && now - elapsed <= stepMax))) return now;
    this.#time = elapsed;
    this.#atMs = this.#clock.monotonic();
    return elapsed;
  }

  /** This node's batch has become the head. */
  wrote({ seq, elapsed, created_at }: SeenHead): void {
    this.#seen = { seq, elapsed };
    this.#date = created_at;
  }

  #sinceSeen(): bigint {
    return BigInt(Math.max(0, Math.floor((this.#clock.monotonic() - this.#atMs) * 1000)));
  }
}
