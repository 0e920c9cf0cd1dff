import type { Clock, ManualClock, Random } from "../../runtime/index.ts";

const second = 1_000;
const skews = [
  0,
  0,
  65 * second,
  -90 * second,
  600 * second,
  -600 * second,
  7_200 * second,
  10 * 365 * 86_400 * second,
];

/**
 * A machine's clocks over real time. The wall clock is off, jumps and stands still; the monotonic one began some time ago, runs as real
 * time does, and is no other machine's.
 */
export class TroubledClock implements Clock {
  readonly #time: ManualClock;
  readonly #random: Random;
  readonly #bootedAt: number;
  #skewMs: number;
  #frozenAt: number | undefined;

  constructor(time: ManualClock, random: Random) {
    this.#time = time;
    this.#random = random;
    this.#bootedAt = time.now() - Math.floor(random.fraction() * 1e9);
    this.#skewMs = this.#anySkew();
  }

  now(): number {
    return this.#frozenAt ?? this.#time.now() + this.#skewMs;
  }

  monotonic(): number {
    return this.#time.monotonic() - this.#bootedAt;
  }

  after(delayMs: number, task: () => void): () => void {
    return this.#time.after(delayMs, task);
  }

  /** The wall clock jumps, stands still from now on, or is put right. */
  trouble(): void {
    const which = this.#random.fraction();
    this.#frozenAt = which < 0.3 ? this.now() : undefined;
    this.#skewMs = which > 0.9 ? 0 : this.#anySkew();
  }

  #anySkew(): number {
    return skews[Math.floor(this.#random.fraction() * skews.length)]!;
  }
}

/** One whose time of day is taken for time that passes. */
export class TrustedClock extends TroubledClock {
  override monotonic(): number {
    return this.now();
  }
}
