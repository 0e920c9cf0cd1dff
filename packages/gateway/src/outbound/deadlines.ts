import type { Clock } from "../runtime/index.ts";

export interface Timed {
  /** Called every sweep with the monotonic time, in milliseconds; ends itself when its time is up. */
  checkTime(nowMs: number): void;
}

/** How late a timeout may be noticed. */
const sweepMs = 50;

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
    if (!this.#sweeping) this.#scheduleSweep();
  }

  delete(call: Timed): void {
    this.#underWay.delete(call);
  }

  #scheduleSweep(): void {
    this.#sweeping = true;
    this.#clock.after(sweepMs, () => {
      const now = this.#clock.monotonic();
      for (const call of this.#underWay) call.checkTime(now);
      if (this.#underWay.size > 0) this.#scheduleSweep();
      else this.#sweeping = false;
    });
  }
}
