import type { Random } from "./random.ts";
import type { Micros } from "./timestamps.ts";
import { uuidText } from "./uuid-text.ts";

/**
 * A UUIDv7 whose `rand_a` is the fraction of the millisecond (RFC 9562, section 6.2, method 3): ids of one process are in the order of their
 * timestamps, and an index of them grows at its end.
 */
export const orderedId = (random: Random, at: Micros): string => timedId(random, at, 7);

/**
 * The same in the shape of a UUIDv4, as ids on the wire are (contract section 1.6): a COMB, whose 62 random bits nobody guesses, and whose
 * first bits keep an index of them growing at its end.
 */
export const combId = (random: Random, at: Micros): string => timedId(random, at, 4);

function timedId(random: Random, at: Micros, version: 4 | 7): string {
  const bytes = random.bytes(16);
  const { ms, fraction } = timeOf(at);
  bytes.writeUIntBE(ms, 0, 6);
  bytes.writeUInt16BE((version << 12) | fraction, 6);
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  return uuidText(bytes);
}

/** The first id that anything of this time may have, or of a later one. */
export function firstIdAt(at: Micros): string {
  const { ms, fraction } = timeOf(at);
  const [time, rest] = [ms.toString(16).padStart(12, "0"), fraction.toString(16).padStart(3, "0")];
  return `${time.slice(0, 8)}-${time.slice(8)}-7${rest}-8000-000000000000`;
}

export const ID_SHAPE = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/;

const TIME_MAX = 2 ** 48 - 1;

function timeOf(at: Micros): { ms: number; fraction: number } {
  // Until the year 2255 exact in a double.
  const micros = Math.max(0, Number(at));
  const ms = Math.min(TIME_MAX, Math.floor(micros / 1000));
  return { ms, fraction: Math.floor((Math.floor(micros % 1000) * 4096) / 1000) };
}
