import type { Clock, Log } from "../runtime/index.ts";
import { MemoryRateLimiter } from "./memory-rate-limiter.ts";
import type { RateLimiter } from "./rate-limiter.ts";

export { MemoryRateLimiter } from "./memory-rate-limiter.ts";
export { MissLimits } from "./miss-limits.ts";
export type { LimitDecision, RateLimit, RateLimiter } from "./rate-limiter.ts";

/** Limits shared through Redis when there is one, this process's own otherwise. */
export async function createRateLimiter(options: {
  redisUrl?: string | undefined;
  /** The longest a request waits for Redis. */
  redisTimeoutMs?: number;
  clock: Clock;
  log?: Log;
}): Promise<RateLimiter> {
  const { redisUrl, redisTimeoutMs, clock, log } = options;
  if (!redisUrl) return new MemoryRateLimiter({ clock });
  // The client is loaded by whoever uses it: it takes 60 ms and 8 MiB.
  const { RedisRateLimiter } = await import("./redis-rate-limiter.ts");
  return new RedisRateLimiter({
    url: redisUrl,
    clock,
    ...(redisTimeoutMs !== undefined && { timeoutMs: redisTimeoutMs }),
    ...(log && { log }),
  });
}
