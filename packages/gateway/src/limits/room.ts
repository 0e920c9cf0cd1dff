import type { Clock, Log, NetworkOf } from "../runtime/index.ts";
import { CountedLimiter } from "./counted-limiter.ts";
import { MemoryRateLimiter } from "./memory-rate-limiter.ts";
import { MissLimits } from "./miss-limits.ts";
import type { RateLimiter } from "./rate-limiter.ts";

/** What the room reads of the gateway's settings. */
export interface LimitsSettings {
  redisUrl: string | undefined;
  /** The longest a request waits for Redis. */
  redisTimeoutMs: number;
  missRate: number;
  missBurst: number;
}

export interface LimitsOptions {
  settings: LimitsSettings;
  /** By which addresses are counted. */
  networkOf: NetworkOf;
  clock: Clock;
  log: Log;
}

export interface Limits {
  limiter: CountedLimiter;
  /** How often clients may ask for what there is not. */
  misses: MissLimits;
  close(): Promise<void>;
}

/** Limits shared through Redis when there is one, this process's own otherwise. */
export async function openLimits(options: LimitsOptions): Promise<Limits> {
  const { settings, networkOf, clock } = options;
  const limiter = new CountedLimiter(await openRateLimiter(options), clock);
  const misses = new MissLimits({ rate: settings.missRate, burst: settings.missBurst, networkOf, clock });
  return { limiter, misses, close: () => limiter.close() };
}

async function openRateLimiter({ settings, clock, log }: LimitsOptions): Promise<RateLimiter> {
  const { redisUrl, redisTimeoutMs } = settings;
  if (!redisUrl) return new MemoryRateLimiter({ clock });
  // The client is loaded by whoever uses it: it takes 60 ms and 8 MiB.
  const { RedisRateLimiter } = await import("./redis-rate-limiter.ts");
  return new RedisRateLimiter({ url: redisUrl, clock, timeoutMs: redisTimeoutMs, log });
}
