import { setTimeout as sleep } from "node:timers/promises";

const DAY_MS = 86_400_000;

/** Waits for the next day (UTC) when this one ends within `marginMs`, so that what a test does falls on one day, and in one month. */
export async function awayFromMidnight(marginMs = 30_000): Promise<void> {
  const leftMs = DAY_MS - (Date.now() % DAY_MS);
  if (leftMs < marginMs) await sleep(leftMs + 10);
}
