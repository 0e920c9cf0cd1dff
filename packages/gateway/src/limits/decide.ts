import type { LimitDecision, RateLimit } from "./rate-limiter.ts";

/** What a caller is told to wait when no wait would help, and the longest it is ever told to. */
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
    resetSeconds: waitFor(burst - level, rate),
    retryAfterSeconds: allowed ? 0 : Math.max(1, waitFor(1 - level, rate)),
  };
}

const waitFor = (tokens: number, rate: number) => Math.min(Math.ceil(tokens / rate), DAY_SECONDS);

export function refuseAlways({ burst }: RateLimit): LimitDecision {
  const limit = burst >= 1 && burst < Infinity ? Math.floor(burst) : 0;
  return { allowed: false, limit, remaining: 0, resetSeconds: DAY_SECONDS, retryAfterSeconds: DAY_SECONDS };
}
