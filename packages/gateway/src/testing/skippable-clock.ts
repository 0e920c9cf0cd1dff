import type { Clock } from "../runtime/index.ts";

const DAY_MS = 86_400_000;

interface Timer {
  dueMs: number;
  handle: NodeJS.Timeout;
  run(): void;
}

/** The system's time, which a test may put forward instead of waiting for it to pass. */
export class SkippableClock implements Clock {
  #skippedMs = 0;
  readonly #timers = new Set<Timer>();

  #shiftedMs = 0;

  now = (): number => Date.now() + this.#skippedMs + this.#shiftedMs;
  monotonic = (): number => performance.now() + this.#skippedMs;

  after(delayMs: number, task: () => void): () => void {
    const run = () => {
      this.#timers.delete(timer);
      task();
    };
    const timer: Timer = { dueMs: this.monotonic() + delayMs, run, handle: setTimeout(run, delayMs).unref() };
    this.#timers.add(timer);
    return () => {
      clearTimeout(timer.handle);
      this.#timers.delete(timer);
    };
  }

  /** The day that it is (UTC), with some minutes of it left: shortly before midnight, the clock is put forward. */
  today(): string {
    const leftMs = DAY_MS - (this.now() % DAY_MS);
    if (leftMs < 300_000) this.skip(leftMs);
    return new Date(this.now()).toISOString().slice(0, 10);
  }

  /** Sets the wall clock forward or back, as somebody might: no time passes. */
  shiftWall(ms: number): void {
    this.#shiftedMs += ms;
  }

  /** Puts the clock forward; timers that fall due run soon. */
  skip(ms: number): void {
    this.#skippedMs += ms;
    const nowMs = this.monotonic();
    for (const timer of this.#timers) {
      clearTimeout(timer.handle);
      timer.handle = setTimeout(timer.run, Math.max(0, timer.dueMs - nowMs)).unref();
    }
  }
}
