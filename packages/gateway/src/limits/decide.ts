import type { LimitDecision, RateLimit } from "./rate-limiter.ts";

/** What a caller is told to wait when no wait would help. */
const DAY_SECONDS = 86_400;

/** A limit that can admit something: positive and finite, at least one token. */
export const canAdmit = ({ rate, burst }: RateLimit): boolean =>
  rate > 0 && rate < Infinity && burst >= 1 && burst < Infinity;

/** @param level tokens in the bucket after the request was answered */
export function decide(allowed: boolean, level: number, { rate, burst }: RateLimit): LimitDecision {
  return {
    allowed,
    limit: Math.floor(burst),
    remaining: Math.floor(level),
    resetSeconds: Math.ceil((burst - level) / rate),
    retryAfterSeconds: allowed ? 0 : Math.max(1, Math.ceil((1 - level) / rate)),
  };
}

export function refuseAlways({ burst }: RateLimit): LimitDecision {
  const limit = burst >= 1 && burst < Infinity ? Math.floor(burst) : 0;
  return { allowed: false, limit, remaining: 0, resetSeconds: DAY_SECONDS, retryAfterSeconds: DAY_SECONDS };
}
