/** A token bucket's size. A limit that is not positive and finite refuses everything. */
export interface RateLimit {
  /** Tokens that flow back per second; may be a fraction. */
  rate: number;
  /** Capacity, and what a new key starts with. */
  burst: number;
}

/** The answer to one request, as integers ready for the headers. */
export interface LimitDecision {
  allowed: boolean;
  /** `RateLimit-Limit`: the bucket's capacity. */
  limit: number;
  /** `RateLimit-Remaining`: whole tokens left after this request. */
  remaining: number;
  /** `RateLimit-Reset`: seconds until the bucket is full again. */
  resetSeconds: number;
  /** `Retry-After`: seconds until the next token, at least 1; 0 when allowed. */
  retryAfterSeconds: number;
}

/**
 * Admits requests per key. For any schedule, what one key is granted within t seconds is at most `burst + rate * t`.
 * Never rejects and never throws.
 */
export interface RateLimiter {
  /** Takes one token of `key`. Answers synchronously when no server is involved: await only what is a promise. */
  take(key: string, limit: RateLimit): LimitDecision | Promise<LimitDecision>;
  /** Tokens that a bucket with this limit has now; none is taken. */
  level(key: string, limit: RateLimit): number | Promise<number>;
  /** Whether all nodes use the same buckets at this moment; absent where they never do. */
  readonly shared?: boolean | undefined;
  close(): Promise<void>;
}
