import { type Clock, type Rotating, Rotation } from "../runtime/index.ts";

export interface Timed extends Rotating {
  /** Called every sweep with the monotonic time, in milliseconds; ends itself when its time is up. */
  checkTime(nowMs: number): void;
}

/** How late a timeout may be noticed, while no more calls are under way than one sweep checks. */
const sweepMs = 50;
/** Calls that one sweep checks: 50 µs' worth, for no event waits longer than a sweep. Of 8,000 streams each has its turn in 0.8 s. */
const checkedMax = 512;
/** A sweep later than this says that connections which were idle may have been closed by the other side meanwhile. */
const standstillMs = 1_000;
/** A sweep later than this says that the process stood still, and that answers may have arrived meanwhile which nobody has read yet. */
const lateMs = 50;

/** One timer for all calls under way, instead of one each. It runs only while there are any. */
export class Deadlines {
  readonly #clock: Clock;
  readonly #underWay = new Rotation<Timed>();
  #sweeping = false;
  #dueMs = Number.POSITIVE_INFINITY;
  #stoodStillMs = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add(call: Timed): void {
    this.#underWay.add(call);
    if (!this.#sweeping) this.#sweepIn(sweepMs);
  }

  delete(call: Timed): void {
    this.#underWay.delete(call);
  }

  /** When the process last began to stand still while calls were under way; noticed by whoever asks first. */
  stoodStillMs(nowMs: number): number {
    if (nowMs - this.#dueMs > standstillMs) this.#stoodStillMs = this.#dueMs;
    return this.#stoodStillMs;
  }

  #sweepIn(delayMs: number): void {
    this.#sweeping = true;
    const dueMs = this.#clock.monotonic() + delayMs;
    this.#dueMs = dueMs;
    this.#clock.after(delayMs, () => {
      const nowMs = this.#clock.monotonic();
      this.stoodStillMs(nowMs);
      // After a standstill, what has arrived is read first: the sweep comes again behind it, and then it counts.
      if (delayMs > 0 && nowMs - dueMs > lateMs) this.#sweepIn(0);
      else this.#sweep(nowMs);
    });
  }

  #stop(): void {
    this.#sweeping = false;
    this.#dueMs = Number.POSITIVE_INFINITY;
  }

  #sweep(nowMs: number): void {
    for (let left = Math.min(this.#underWay.size, checkedMax); left > 0; left--)
      this.#underWay.next()?.checkTime(nowMs);
    if (this.#underWay.size > 0) this.#sweepIn(sweepMs);
    else this.#stop();
  }
}
