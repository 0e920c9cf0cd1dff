import { Redis, type Result } from "ioredis";
import { type Clock, type Log, silentLog } from "../runtime/index.ts";
import { decide } from "./decide.ts";
import { MemoryRateLimiter } from "./memory-rate-limiter.ts";
import type { LimitDecision, RateLimit, RateLimiter } from "./rate-limiter.ts";
import { takeScript } from "./take-script.ts";

declare module "ioredis" {
  interface RedisCommander<Context> {
    takeToken(key: string, rate: number, burst: number): Result<[allowed: 0 | 1, level: string], Context>;
  }
}

export interface RedisRateLimiterOptions {
  url: string;
  clock: Clock;
  log?: Log;
  /** Default `agentgate:limit:`. */
  keyPrefix?: string;
  /** The longest a request waits for Redis; then this node's own bucket answers. Default 50. */
  timeoutMs?: number;
}

/** A connection silent for so long, and for no less than a request may wait, is given up; the next one is tried at once, then ever more seldom. */
const SILENCE_MS_MIN = 1_000;
const RECONNECT_DELAY_MS_MAX = 2_000;
const PROBE_INTERVAL_MS = 250;
/** With more requests waiting than this, Redis is not keeping up. */
const IN_FLIGHT_MAX = 4_096;

/**
 * Buckets shared by every node. A request first passes this node's own bucket, which can only be fuller than the shared
 * one: what it refuses needs no round trip, and what it grants holds when Redis is down or slow.
 *
 * Slack: while Redis is away each node limits alone, so N nodes together may admit N times `burst + rate * t`.
 */
export class RedisRateLimiter implements RateLimiter {
  readonly #redis: Redis;
  readonly #local: MemoryRateLimiter;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #timeoutMs: number;
  /** Undefined until it is known for the first time. */
  #shared: boolean | undefined;
  #closed = false;
  #inFlight = 0;
  #cancelProbe = () => {};

  constructor({
    url,
    clock,
    log = silentLog,
    keyPrefix = "agentgate:limit:",
    timeoutMs = 50,
  }: RedisRateLimiterOptions) {
    this.#clock = clock;
    this.#log = log;
    this.#timeoutMs = timeoutMs;
    this.#local = new MemoryRateLimiter({ clock });
    const silenceMsMax = Math.max(SILENCE_MS_MIN, timeoutMs);
    this.#redis = new Redis(url, {
      keyPrefix,
      scripts: { takeToken: { lua: takeScript, numberOfKeys: 1 } },
      enableOfflineQueue: false,
      autoResendUnfulfilledCommands: false,
      maxRetriesPerRequest: 0,
      connectTimeout: silenceMsMax,
      socketTimeout: silenceMsMax,
      retryStrategy: (attempt) => Math.min(50 * 2 ** attempt, RECONNECT_DELAY_MS_MAX),
    });
    this.#redis.on("ready", () => this.#probe());
    this.#redis.on("close", () => this.#suspend("connection closed"));
    this.#redis.on("error", (error) => {
      this.#log.debug({ err: error }, "rate limits: Redis connection error");
      if (this.#shared === undefined) this.#suspend(error.message || "cannot connect");
    });
  }

  /** Whether the nodes' shared buckets are in use; false while Redis is away. */
  get shared(): boolean {
    return this.#shared === true;
  }

  take(key: string, limit: RateLimit): LimitDecision | Promise<LimitDecision> {
    const local = this.#local.take(key, limit);
    if (!local.allowed || !this.#shared || this.#inFlight >= IN_FLIGHT_MAX) return local;
    return this.#takeShared(key, limit, local);
  }

  async level(key: string, limit: RateLimit): Promise<number> {
    const local = this.#local.level(key, limit);
    if (!this.#shared) return local;
    try {
      const [[seconds, micros], state] = await Promise.all([this.#redis.time(), this.#redis.get(key)]);
      return state === null ? limit.burst : levelOf(state, Number(seconds) * 1e6 + Number(micros), limit);
    } catch {
      return local;
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#shared = false;
    this.#cancelProbe();
    this.#redis.disconnect();
    await this.#local.close();
  }

  #takeShared(key: string, limit: RateLimit, local: LimitDecision): Promise<LimitDecision> {
    return this.#ask(key, limit).then(
      (shared) => {
        if (!shared.allowed) this.#local.giveBack(key);
        return shared;
      },
      (error: Error) => {
        this.#suspend(error.message);
        return local;
      },
    );
  }

  #ask(key: string, limit: RateLimit): Promise<LimitDecision> {
    this.#inFlight += 1;
    return new Promise<LimitDecision>((resolve, reject) => {
      // A busy process sees its timers first: an answer that is there already is read before the second one runs.
      let cancelTimeout = this.#clock.after(this.#timeoutMs, () => {
        cancelTimeout = this.#clock.after(0, () => reject(new Error(`no answer within ${this.#timeoutMs} ms`)));
      });
      this.#redis
        .takeToken(key, limit.rate, limit.burst)
        .then(([allowed, level]) => resolve(decide(allowed === 1, Number(level), limit)), reject)
        .finally(() => {
          this.#inFlight -= 1;
          cancelTimeout();
        });
    });
  }

  #suspend(reason: string): void {
    if (this.#shared === false) return;
    this.#shared = false;
    this.#log.warn({ reason }, "rate limits: Redis does not answer, each node limits alone until it does");
    this.#probeLater();
  }

  /** Asks Redis whether it works, so that no caller's request has to find out. */
  #probe(): void {
    this.#cancelProbe();
    this.#ask("probe", { rate: 1, burst: 1 }).then(
      () => this.#resume(),
      (error: Error) => (this.#shared === undefined ? this.#suspend(error.message) : this.#probeLater()),
    );
  }

  #probeLater(): void {
    this.#cancelProbe();
    if (!this.#closed) this.#cancelProbe = this.#clock.after(PROBE_INTERVAL_MS, () => this.#probe());
  }

  #resume(): void {
    this.#cancelProbe();
    if (this.#shared || this.#closed) return;
    this.#shared = true;
    this.#log.info({}, "rate limits: shared through Redis");
  }
}

/** What `takeScript` keeps of a bucket, read at this time of the server's, in microseconds. */
function levelOf(state: string, nowMicros: number, limit: RateLimit): number {
  const [rate = 0, burst = 0, fullAt = 0, taken = 0, seen = 0] = state.split(" ").map(Number);
  const passed = Math.max(nowMicros, seen) - fullAt;
  return Math.min(limit.burst, burst, burst + (rate * passed) / 1e6 - taken);
}
