import type { Lane } from "./lane.ts";
import { ownerAtReceiver } from "./places.ts";

/** Lanes that stand by at once, and of one owner for one receiver. */
const ALL_MAX = 512;
const ONE_MAX = 48;

/**
 * Lanes that this node has reserved, to go on with as soon as a place is free: those of one owner for one receiver in their order, owners and
 * receivers in turn.
 */
export class Standby {
  readonly #waiting = new Map<string, Lane[]>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** @returns false when as many wait as may */
  add(lane: Lane): boolean {
    const key = ownerAtReceiver(lane);
    const lanes = this.#waiting.get(key) ?? [];
    if (this.#size >= ALL_MAX || lanes.length >= ONE_MAX) return false;
    lanes.push(lane);
    this.#waiting.set(key, lanes);
    this.#size++;
    return true;
  }

  /** Takes out the next one that can be served. */
  next(canBeServed: (lane: Lane) => boolean): Lane | undefined {
    for (const [key, lanes] of this.#waiting) {
      if (!canBeServed(lanes[0]!)) continue;
      const lane = lanes.shift()!;
      this.#size--;
      this.#waiting.delete(key);
      // Behind the others.
      if (lanes.length > 0) this.#waiting.set(key, lanes);
      return lane;
    }
    return undefined;
  }
}
