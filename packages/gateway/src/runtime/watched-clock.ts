import type { Clock } from "./clock.ts";
import type { Log } from "./log.ts";

export interface WatchedClockOptions {
  /** The machine's. */
  clock: Clock;
  log: Log;
  /** By how much clocks may differ before that is said, in milliseconds. */
  toleranceMs: number;
  /** Another clock that all nodes share, the database's: milliseconds since the epoch. */
  reference?: (() => Promise<number>) | undefined;
}

/** A judge of its own that the watch asks: a sentence when something is wrong with the time, else null. */
export type TimeJudge = (now: number) => string | null;

const INTERVAL_MS = 1_000;
/** A reference that takes longer to answer tells the time of nothing. */
const ROUND_TRIP_MS_MAX = 2_000;
/** How fast a wall clock that drifts is followed: a hundredth of the time that passes. */
const DRIFT_MAX = 0.01;
/** Less than this is no sleep, but two clocks read one after the other. */
const SLEEP_MS_MIN = 1_000;

/**
 * The time as the gateway takes it: the monotonic clock, told once what day it is. A wall clock that jumps or stands still does not move
 * it; where there is a reference, it goes by that one. When the clocks disagree by more than the tolerance, it says so, once.
 */
export class WatchedClock implements Clock {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #toleranceMs: number;
  readonly #reference: (() => Promise<number>) | undefined;
  readonly #judges: TimeJudge[] = [];
  /** `now` is the monotonic clock and this. */
  #offsetMs: number;
  #disagreementMs = 0;
  #problem: string | null = null;
  #checkedAt: number;
  /** How much of the time since boot the monotonic clock has not counted. */
  #asleepMs: number | undefined;
  #checking: Promise<void> | undefined;
  #cancel: (() => void) | undefined;
  #isClosed = false;

  private constructor({ clock, log, toleranceMs, reference }: WatchedClockOptions) {
    this.#clock = clock;
    this.#log = log;
    this.#toleranceMs = toleranceMs;
    this.#reference = reference;
    this.#checkedAt = clock.monotonic();
    this.#offsetMs = clock.now() - this.#checkedAt;
    this.#passSleep();
  }

  /** Begins to watch. @throws what the reference throws */
  static async open(options: WatchedClockOptions): Promise<WatchedClock> {
    const watched = new WatchedClock(options);
    const asked = await watched.#ask();
    if (asked) watched.#offsetMs = asked.offsetMs;
    await watched.check();
    watched.#schedule();
    return watched;
  }

  now(): number {
    return Math.floor(this.#clock.monotonic() + this.#offsetMs);
  }

  monotonic(): number {
    return this.#clock.monotonic();
  }

  after(delayMs: number, task: () => void): () => void {
    return this.#clock.after(delayMs, task);
  }

  /** What is wrong with the time, and what to do; null when nothing is. As of the last check. */
  get problem(): string | null {
    return this.#problem;
  }

  /** By how much this machine's wall clock is ahead of the reference or, without one, of the time that has passed since the start. */
  get disagreementMs(): number {
    return this.#disagreementMs;
  }

  /** Asks one more judge at every check. */
  judgeBy(judge: TimeJudge): void {
    this.#judges.push(judge);
  }

  /** Compares the clocks now. Never rejects: a reference that does not answer in time judges nobody. */
  check(): Promise<void> {
    this.#checking ??= this.#check().finally(() => {
      this.#checking = undefined;
    });
    return this.#checking;
  }

  async #check(): Promise<void> {
    this.#passSleep();
    const problem = this.#reference ? await this.#compare().catch(() => this.#problem) : this.#compareAlone();
    this.#say(problem ?? this.#judges.reduce<string | null>((found, judge) => found ?? judge(this.now()), null));
  }

  close(): void {
    this.#isClosed = true;
    this.#cancel?.();
  }

  /** The time that all nodes share, if it is known just now. */
  async #ask(): Promise<{ offsetMs: number; referenceMs: number; wallMs: number } | undefined> {
    if (!this.#reference) return undefined;
    const before = this.#clock.monotonic();
    const late = Promise.withResolvers<undefined>();
    const cancel = this.#clock.after(ROUND_TRIP_MS_MAX, () => late.resolve(undefined));
    const referenceMs = await Promise.race([this.#reference(), late.promise]).finally(cancel);
    const after = this.#clock.monotonic();
    if (referenceMs === undefined) return undefined;
    const halfway = (before + after) / 2;
    return { offsetMs: referenceMs - halfway, referenceMs, wallMs: this.#clock.now() - (after - halfway) };
  }

  async #compare(): Promise<string | null> {
    const asked = await this.#ask();
    if (!asked) return this.#problem;
    const { offsetMs, referenceMs, wallMs } = asked;
    this.#disagreementMs = wallMs - referenceMs;
    if (Math.abs(this.#disagreementMs) > this.#toleranceMs) {
      const difference = `${spanOf(this.#disagreementMs)} ${this.#disagreementMs > 0 ? "ahead of" : "behind"}`;
      return `This node's clock (${iso(wallMs)}) is ${difference} the database's (${iso(referenceMs)}); put right the one that is wrong`;
    }
    // Answers take longer and shorter: what is within that is no difference.
    if (Math.abs(offsetMs - this.#offsetMs) > 50) this.#offsetMs = offsetMs;
    return null;
  }

  #compareAlone(): string | null {
    const nowMs = this.#clock.monotonic();
    const passedMs = Math.max(0, nowMs - this.#checkedAt);
    this.#checkedAt = nowMs;
    const wallMs = this.#clock.now();
    this.#disagreementMs = wallMs - (nowMs + this.#offsetMs);
    if (Math.abs(this.#disagreementMs) > this.#toleranceMs) {
      const way = this.#disagreementMs > 0 ? "ahead of" : "behind";
      return `This node's clock (${iso(wallMs)}) is ${spanOf(this.#disagreementMs)} ${way} the time that has passed since it started; put it right, or start the node anew if it is right now`;
    }
    const most = passedMs * DRIFT_MAX;
    this.#offsetMs += Math.max(-most, Math.min(most, this.#disagreementMs));
    return null;
  }

  /** A machine that slept was not there to count: its wall clock has gone on rightly. */
  #passSleep(): void {
    const sinceBoot = this.#clock.sinceBoot?.();
    if (sinceBoot === undefined) return;
    const before = this.#asleepMs;
    this.#asleepMs = sinceBoot - this.#clock.monotonic();
    const sleptMs = before === undefined ? 0 : this.#asleepMs - before;
    if (sleptMs > SLEEP_MS_MIN) this.#offsetMs += sleptMs;
  }

  #say(problem: string | null): void {
    const before = this.#problem;
    this.#problem = problem;
    const disagreementMs = Math.round(this.#disagreementMs);
    if (problem !== null && before === null) this.#log.error({ disagreementMs }, `${problem}. This node is not ready`);
    if (problem === null && before !== null)
      this.#log.warn({ disagreementMs }, "the clocks agree again; this node is ready");
  }

  #schedule(): void {
    if (this.#isClosed) return;
    this.#cancel = this.#clock.after(INTERVAL_MS, () => void this.check().finally(() => this.#schedule()));
  }
}

const iso = (ms: number) => new Date(ms).toISOString();

/** A length of time in words: `90 s`, `2 h`, `9 years`. */
export function spanOf(ms: number): string {
  const seconds = Math.abs(ms) / 1000;
  const units: [number, string][] = [
    [31_557_600, "years"],
    [86_400, "days"],
    [3_600, "h"],
    [60, "min"],
  ];
  for (const [length, name] of units) if (seconds >= 2 * length) return `${Math.round(seconds / length)} ${name}`;
  return `${Math.round(seconds)} s`;
}
