import { type Clock, createLruCache, type Random } from "../runtime/index.ts";

/** Whoever is not remembered is taken to be quick. */
const REMEMBERED = 10_000;
const QUICK_MS = 100;
const WAIT_MIN_MS = 50;
const WAIT_MAX_MS = 60_000;
const WEIGHT = 0.3;

/**
 * When it is worth asking again for whom no place is left: each that asks gets a time of its own, as far from the one before as it
 * takes until a place is free. So a million lanes of one owner are looked at one by one, and not all of them each time.
 */
export class Pace {
  readonly #clock: Clock;
  readonly #random: Random;
  /** How long a delivery takes, by sharer. */
  readonly #spans = createLruCache<string, number>(REMEMBERED);
  /** The time that was given out last, by sharer. */
  readonly #next = createLruCache<string, number>(REMEMBERED);

  constructor(clock: Clock, random: Random) {
    this.#clock = clock;
    this.#random = random;
  }

  /** A delivery has taken so long. */
  took(keys: readonly string[], milliseconds: number): void {
    for (const key of keys) {
      const before = this.#spans.get(key) ?? milliseconds;
      this.#spans.set(key, before + WEIGHT * (milliseconds - before));
    }
  }

  /** @returns how many milliseconds whoever finds no place should wait */
  waitFor({ key, places }: { key: string; places: number }): number {
    const now = this.#clock.monotonic();
    const step = (this.#spans.get(key) ?? QUICK_MS) / places;
    const next = Math.max(this.#next.get(key) ?? 0, now) + step;
    // One that is further ahead than anybody waits is not remembered, or it would run away.
    this.#next.set(key, Math.min(next, now + WAIT_MAX_MS));
    const wait = Math.max(WAIT_MIN_MS, Math.min(next - now, WAIT_MAX_MS));
    return wait * (0.75 + 0.5 * this.#random.fraction());
  }
}
