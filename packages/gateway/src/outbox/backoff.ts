import { type Clock, createLruCache, type Random } from "../runtime/index.ts";
import type { Delivery, Lane } from "./lane.ts";
import { ownerAtReceiver } from "./places.ts";

const REMEMBERED = 10_000;

/** How long what failed waits, in milliseconds. */
export interface BackoffTimes {
  /** After one failure, two, and so on; the last for all that follow. */
  retryMs: readonly number[];
  /** The same for whatever else an owner has for a receiver that gave no answer. */
  silentMs: readonly number[];
  /** The longest that a receiver may ask for. */
  askedMs: number;
}

/** How long what failed waits. */
export class Backoff {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #times: BackoffTimes;
  /** Receivers that gave no answer, by whoever has something for them. */
  readonly #silent = createLruCache<string, { failures: number; until: number }>(REMEMBERED);

  constructor(clock: Clock, random: Random, times: BackoffTimes) {
    this.#clock = clock;
    this.#random = random;
    this.#times = times;
  }

  /**
   * Notes what became of an attempt.
   *
   * @param failures of the lane, in a row before this attempt
   * @returns how long the lane waits before the next, in milliseconds
   */
  after(lane: Lane, failures: number, delivery: Delivery): number {
    if (delivery.kind !== "failed") {
      this.#silent.delete(ownerAtReceiver(lane));
      return 0;
    }
    const asked = Math.min(delivery.retryAfterMs ?? 0, this.#times.askedMs);
    if (delivery.isUnreachable) this.#fellSilent(ownerAtReceiver(lane), asked);
    else this.#silent.delete(ownerAtReceiver(lane));
    return Math.max(this.#jittered(step(this.#times.retryMs, failures)), asked);
  }

  /** How long nothing more is tried of this owner's at this receiver; 0 when it may. */
  pauseMs(lane: Lane): number {
    const silent = this.#silent.get(ownerAtReceiver(lane));
    return silent ? Math.max(0, silent.until - this.#clock.monotonic()) : 0;
  }

  /** Lets it be tried at once, for somebody wants to see. */
  forgive(lane: Lane): void {
    this.#silent.delete(ownerAtReceiver(lane));
  }

  #fellSilent(key: string, askedMs: number): void {
    const now = this.#clock.monotonic();
    const before = this.#silent.get(key);
    // Several attempts that were under way together are one failure.
    if (before && before.until > now) return;
    const failures = before?.failures ?? 0;
    const waitMs = Math.max(this.#jittered(step(this.#times.silentMs, failures)), askedMs);
    this.#silent.set(key, { failures: failures + 1, until: now + waitMs });
  }

  #jittered = (waitMs: number): number => waitMs * (0.9 + 0.2 * this.#random.fraction());
}

const step = (waitsMs: readonly number[], failures: number): number => waitsMs[Math.min(failures, waitsMs.length - 1)]!;
