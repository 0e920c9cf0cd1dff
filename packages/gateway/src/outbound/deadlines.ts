import type { Clock } from "../runtime/index.ts";

export interface Timed {
  /** Called every sweep with the monotonic time, in milliseconds; ends itself when its time is up. */
  checkTime(nowMs: number): void;
}

/** How late a timeout may be noticed. */
const sweepMs = 50;
/** A sweep later than this says that the process stood still, and that answers may have arrived meanwhile which nobody has read yet. */
const lateMs = 50;

/** One timer for all calls under way, instead of one each. It runs only while there are any. */
export class Deadlines {
  readonly #clock: Clock;
  readonly #underWay = new Set<Timed>();
  #sweeping = false;

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

  #sweepIn(delayMs: number): void {
    this.#sweeping = true;
    const dueMs = this.#clock.monotonic() + delayMs;
    this.#clock.after(delayMs, () => {
      const nowMs = this.#clock.monotonic();
      // After a standstill, what has arrived is read first: the sweep comes again behind it, and then it counts.
      if (delayMs > 0 && nowMs - dueMs > lateMs) this.#sweepIn(0);
      else this.#sweep(nowMs);
    });
  }

  #sweep(nowMs: number): void {
    for (const call of this.#underWay) call.checkTime(nowMs);
    if (this.#underWay.size > 0) this.#sweepIn(sweepMs);
    else this.#sweeping = false;
  }
}
