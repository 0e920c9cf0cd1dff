import type { Clock, Log } from "../runtime/index.ts";
import { MemoryRateLimiter } from "./memory-rate-limiter.ts";
import type { RateLimiter } from "./rate-limiter.ts";
import { RedisRateLimiter } from "./redis-rate-limiter.ts";

export { MemoryRateLimiter } from "./memory-rate-limiter.ts";
export type { LimitDecision, RateLimit, RateLimiter } from "./rate-limiter.ts";
export { RedisRateLimiter } from "./redis-rate-limiter.ts";

/** Limits shared through Redis when there is one, this process's own otherwise. */
export function createRateLimiter(options: { redisUrl?: string | undefined; clock: Clock; log?: Log }): RateLimiter {
  const { redisUrl, clock, log } = options;
  return redisUrl
    ? new RedisRateLimiter({ url: redisUrl, clock, ...(log && { log }) })
    : new MemoryRateLimiter({ clock });
}
