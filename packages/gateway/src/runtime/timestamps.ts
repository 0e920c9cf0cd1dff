import type { Clock } from "./clock.ts";

/** Microseconds since the epoch, strictly increasing within a process: the order of creation is the order of timestamps. */
export type Micros = bigint;

/** The clock's time, as it is. */
export const microsNow = (clock: Clock): Micros => BigInt(Math.floor(clock.now() * 1000));

/** Gives a later time at every call. */
export type Timestamps = () => Micros;

export function createTimestamps(clock: Clock): Timestamps {
  let last = 0n;
  return () => {
    const now = microsNow(clock);
    last = now > last ? now : last + 1n;
    return last;
  };
}

/** ISO 8601 UTC with microseconds: `2026-11-21T20:00:00.123456Z`. */
export function renderTimestamp(micros: Micros): string {
  const milliseconds = micros / 1000n;
  const rest = (micros % 1000n).toString().padStart(3, "0");
  return new Date(Number(milliseconds)).toISOString().replace("Z", `${rest}Z`);
}
