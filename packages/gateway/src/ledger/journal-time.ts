import type { Clock, Micros } from "../runtime/index.ts";
import type { Head } from "./journal.ts";

type SeenHead = Pick<Head, "seq" | "elapsed" | "created_at">;

/**
 * By how much a node may move the journal's time beyond what another one has just written, microseconds. Holds last so much longer than
 * they are asked for, so that none is cut short by it.
 */
export const leadMax = 3_000_000n;

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
  /** The head as it was last seen, and an instant of the monotonic clock at which it certainly was not older. */
  #seen: { seq: bigint; elapsed: bigint; atMs: number } | undefined;
  #date: Micros = 0n;
  /** The journal's time at an instant of the monotonic clock. */
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
    return this.#seen ? this.#time + micros(this.#clock.monotonic() - this.#atMs) : 0n;
  }

  /**
   * Takes note of a head. Answers what time it is, which is never before the head's.
   *
   * A head that is as it was when last seen proves that all time since then has passed after it. One that another node has written
   * meanwhile proves less, for that node may have started from what was written down long ago: time has passed after it since this
   * node last looked, at the most. To count more would cut short the deadlines that the other one has just made.
   *
   * @param atMs when it was asked for, by the monotonic clock; left out by who has the write lock
   */
  see({ seq, elapsed, created_at }: SeenHead, atMs = this.#clock.monotonic()): bigint {
    const { now } = this;
    const seen = this.#seen;
    // A look that was overtaken by a batch of this node.
    if (seen && (seq < seen.seq || (seq === seen.seq && elapsed < seen.elapsed))) return now;
    this.#date = created_at;
    this.#seen = { seq, elapsed, atMs };
    if (seen && now >= elapsed) {
      if (seq === seen.seq && elapsed === seen.elapsed) return now;
      const lead = min(leadMax, micros(this.#clock.monotonic() - seen.atMs));
      if (now - elapsed <= lead) return now;
      return this.#set(elapsed + lead);
    }
    return this.#set(elapsed);
  }

  /** This node's batch has become the head, after `see` had answered its time. */
  wrote({ seq, elapsed, created_at }: SeenHead): void {
    this.#seen = { seq, elapsed, atMs: this.#seen?.atMs ?? this.#clock.monotonic() };
    this.#date = created_at;
  }

  #set(time: bigint): bigint {
    this.#time = time;
    this.#atMs = this.#clock.monotonic();
    return time;
  }
}

const min = (a: bigint, b: bigint) => (a < b ? a : b);
const micros = (ms: number) => BigInt(Math.max(0, Math.floor(ms * 1000)));
