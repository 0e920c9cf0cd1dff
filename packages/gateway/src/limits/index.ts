export type { CountedLimiter } from "./counted-limiter.ts";
export { MemoryRateLimiter } from "./memory-rate-limiter.ts";
export { MissLimits } from "./miss-limits.ts";
export type { LimitDecision, RateLimit, RateLimiter } from "./rate-limiter.ts";
export { type Limits, type LimitsOptions, openLimits } from "./room.ts";
