import { type Clock, type Rotating, Rotation } from "../runtime/index.ts";

/** A stream that is to say now and then that it lives. */
export interface KeptAlive extends Rotating {
  /** Turns that have passed since anything was written. */
  quietTurns: number;
  sayAlive(): void;
}

/** Milliseconds after which a quiet stream says that it lives. */
const QUIET_MAX_MS = 15_000;
/** In the second of two turns without a word in between, a stream has been quiet for one to two turns. */
const TURN_MS = QUIET_MAX_MS / 2;
/** Streams that have their turn at once: a write takes 50 µs, and whoever has an event then waits for them. */
const AT_ONCE = 4;
const TICK_MS_MIN = 5;
const TICK_MS_MAX = 500;

/**
 * The signs of life of all open streams. One timer serves them, a few at a time: streams that were opened at one moment do not speak at
 * one moment, which would hold up everybody's events.
 */
export class KeepAlives {
  readonly #clock: Clock;
  readonly #streams = new Rotation<KeptAlive>();
  #ticking = false;
  /** Milliseconds times streams that have passed, of which each turn uses up `TURN_MS`. */
  #due = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add(stream: KeptAlive): void {
    this.#streams.add(stream);
    if (!this.#ticking) this.#tickLater();
  }

  delete(stream: KeptAlive): void {
    this.#streams.delete(stream);
  }

  #tickLater(): void {
    this.#ticking = true;
    const tickMs = Math.max(TICK_MS_MIN, Math.min(TICK_MS_MAX, (AT_ONCE * TURN_MS) / this.#streams.size));
    const beginMs = this.#clock.monotonic();
    this.#clock.after(tickMs, () => this.#tick(this.#clock.monotonic() - beginMs));
  }

  #tick(passedMs: number): void {
    // After a standstill nobody has more than one turn.
    for (this.#due += Math.min(passedMs, TURN_MS) * this.#streams.size; this.#due >= TURN_MS; this.#due -= TURN_MS) {
      const stream = this.#streams.next();
      if (!stream) break;
      if (++stream.quietTurns < 2) continue;
      stream.quietTurns = 0;
      stream.sayAlive();
    }
    if (this.#streams.size > 0) {
      this.#tickLater();
      return;
    }
    this.#ticking = false;
    this.#due = 0;
  }
}
