import type { Random } from "../runtime/index.ts";

/** A UUIDv7: what is created later comes later in every index, which so grows at its end. */
export function deliveryId(random: Random, nowMs: number): string {
  const time = timeHex(nowMs);
  return `${time.slice(0, 8)}-${time.slice(8)}-7${random.uuid().slice(15)}`;
}

/** The first id that a delivery of this time may have, or of a later one. */
export function firstIdOf(ms: number): string {
  const time = timeHex(ms);
  return `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-000000000000`;
}

const TIME_MAX = 2 ** 48 - 1;
const timeHex = (ms: number): string =>
  Math.min(Math.max(Math.floor(ms), 0), TIME_MAX)
    .toString(16)
    .padStart(12, "0");
