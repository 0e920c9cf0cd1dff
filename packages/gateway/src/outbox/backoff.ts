import { type Clock, createLruCache, type Random } from "../runtime/index.ts";
import type { Delivery, Lane } from "./lane.ts";
import { ownerAtReceiver } from "./places.ts";

const REMEMBERED = 10_000;
const RETRY_AFTER_MAX_MS = 3_600_000;

/** How long what failed waits. */
export class Backoff {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #waitsMs: readonly number[];
  /** Receivers that gave no answer, by whoever has something for them. */
  readonly #silent = createLruCache<string, { failures: number; until: number }>(REMEMBERED);

  /** @param waitsMs after one failure, two, and so on; the last for all that follow */
  constructor(clock: Clock, random: Random, waitsMs: readonly number[]) {
    this.#clock = clock;
    this.#random = random;
    this.#waitsMs = waitsMs;
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
    if (delivery.isUnreachable) this.#fellSilent(ownerAtReceiver(lane));
    else this.#silent.delete(ownerAtReceiver(lane));
    const asked = Math.min(delivery.retryAfterMs ?? 0, RETRY_AFTER_MAX_MS);
    return Math.max(this.#jittered(this.#waitMs(failures)), asked);
  }

  /** How long nothing more is tried of this owner's at this receiver; 0 when it may. */
  pauseMs(lane: Lane): number {
    const silent = this.#silent.get(ownerAtReceiver(lane));
    return silent ? Math.max(0, silent.until - this.#clock.monotonic()) : 0;
  }

  #fellSilent(key: string): void {
    const now = this.#clock.monotonic();
    const before = this.#silent.get(key);
    // Several attempts that were under way together are one failure.
    if (before && before.until > now) return;
    const failures = before?.failures ?? 0;
    this.#silent.set(key, { failures: failures + 1, until: now + this.#jittered(this.#waitMs(failures)) });
  }

  #waitMs = (failures: number): number => this.#waitsMs[Math.min(failures, this.#waitsMs.length - 1)]!;

  #jittered = (waitMs: number): number => waitMs * (0.9 + 0.2 * this.#random.fraction());
}
