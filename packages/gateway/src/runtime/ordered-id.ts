import type { Random } from "./random.ts";
import type { Micros } from "./timestamps.ts";

/**
 * A UUIDv7 whose `rand_a` is the fraction of the millisecond (RFC 9562, section 6.2, method 3): ids of one process are in the order of their
 * timestamps, and an index of them grows at its end.
 */
export const orderedId = (random: Random, at: Micros): string => `${timeOf(at)}-${random.uuid().slice(19)}`;

/** The first id that anything of this time may have, or of a later one. */
export const firstIdAt = (at: Micros): string => `${timeOf(at)}-8000-000000000000`;

export const ID_SHAPE = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/;

const TIME_MAX = 2n ** 48n - 1n;

function timeOf(at: Micros): string {
  const ms = at < 0n ? 0n : at / 1000n > TIME_MAX ? TIME_MAX : at / 1000n;
  const time = ms.toString(16).padStart(12, "0");
  const fraction = ((at < 0n ? 0n : at % 1000n) * 4096n) / 1000n;
  return `${time.slice(0, 8)}-${time.slice(8)}-7${fraction.toString(16).padStart(3, "0")}`;
}
