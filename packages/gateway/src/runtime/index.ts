export { CachedLookup } from "./cached-lookup.ts";
export { type Clock, systemClock } from "./clock.ts";
export { type Log, silentLog } from "./log.ts";
export { ManualClock } from "./manual-clock.ts";
export { type Random, systemRandom } from "./random.ts";
export { createSealer, type Sealer } from "./sealer.ts";
export { hashKey, mintKey } from "./secret-key.ts";
export { SeededRandom } from "./seeded-random.ts";
export { createTimestamps, type Micros, microsNow, renderTimestamp, type Timestamps } from "./timestamps.ts";
