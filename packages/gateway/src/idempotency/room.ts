import type { AddGauge, Clock, Random } from "../runtime/index.ts";
import type { Storage } from "../storage/index.ts";
import { Idempotency } from "./idempotency.ts";

export interface IdempotencyRoomOptions {
  storage: Storage;
  /** By which keys end. */
  deadlineClock: Clock;
  random: Random;
  gauge: AddGauge;
}

/** Answers that can be given again. */
export function openIdempotency({ storage, deadlineClock, random, gauge }: IdempotencyRoomOptions): Idempotency {
  const idempotency = new Idempotency(storage, deadlineClock, random);
  gauge("agentgate_kept_answers_bytes", "Answers kept for Idempotency-Keys", () => idempotency.keptBytes);
  return idempotency;
}
