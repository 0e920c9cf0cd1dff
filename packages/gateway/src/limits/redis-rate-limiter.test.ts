import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { createInterface } from "node:readline";
import { setImmediate, setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { freePort, hasRedis, type RedisService, startRedis } from "@agentgate/testing";
import { Redis } from "ioredis";
import { afterEach, describe, expect, inject, test } from "vitest";
import { type Clock, ManualClock, silentLog, systemClock } from "../runtime/index.ts";
import { rateLimiterSuite } from "./rate-limiter.suite.ts";
import type { LimitDecision } from "./rate-limiter.ts";
import { RedisRateLimiter } from "./redis-rate-limiter.ts";

const redisUrl = inject("redisUrl");
const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** So patient that it gives Redis up only when Redis is gone, however slow the machine. */
async function connected(url: string, options: { timeoutMs?: number; clock?: Clock } = { timeoutMs: 90_000 }) {
  const limiter = new RedisRateLimiter({ url, clock: systemClock, ...options });
  cleanups.push(() => limiter.close());
  await expect.poll(() => limiter.shared).toBe(true);
  return limiter;
}

function client(url: string) {
  const redis = new Redis(url);
  cleanups.push(() => redis.disconnect());
  return redis;
}

/** A bucket that does not refill noticeably while a test runs. */
const still = (burst: number) => ({ rate: 0.001, burst });

test("a Redis that cannot be reached from the start is told of, once", async () => {
  const told: object[] = [];
  let failures = 0;
  const log = { ...silentLog, warn: (fields: object) => void told.push(fields), debug: () => void failures++ };
  const limiter = new RedisRateLimiter({ url: `redis://127.0.0.1:${await freePort()}`, clock: systemClock, log });
  cleanups.push(() => limiter.close());
  await expect.poll(() => failures).toBeGreaterThan(2);
  expect([limiter.shared, told]).toEqual([false, [{ reason: expect.stringContaining("ECONNREFUSED") }]]);
  expect(limiter.take("key", still(1))).toMatchObject({ allowed: true });
});

describe.skipIf(!redisUrl)("with a Redis", () => {
  const url = redisUrl ?? "";

  rateLimiterSuite("Redis rate limiter", async () => ({ limiter: await connected(url), pass: (ms) => sleep(ms) }));

  test("two nodes share a bucket, and what one was refused costs it nothing", async () => {
    const [a, b, key] = [await connected(url), await connected(url), randomUUID()];
    for (let i = 0; i < 3; i += 1) await a.take(key, still(3));
    for (let i = 0; i < 9; i += 1) expect(await b.take(key, still(3))).toMatchObject({ allowed: false, remaining: 0 });
    await client(url).del(`agentgate:limit:${key}`);
    expect(await b.take(key, still(3))).toMatchObject({ allowed: true, remaining: 2 });
  });

  test("a refused key is answered without Redis", async () => {
    const [limiter, key] = [await connected(url), randomUUID()];
    await limiter.take(key, still(1));
    expect(limiter.take(key, still(1))).not.toBeInstanceOf(Promise);
  });

  test("a bucket expires by itself once it is full again", async () => {
    const [limiter, key] = [await connected(url), randomUUID()];
    await limiter.take(key, { rate: 0.001, burst: 2 });
    const ttlMs = await client(url).pttl(`agentgate:limit:${key}`);
    expect(ttlMs).toBeGreaterThan(500_000);
    expect(ttlMs).toBeLessThanOrEqual(1_001_000);
  });

  test("two processes together are granted one bucket", async () => {
    const key = randomUUID();
    const [rate, burst, forMs] = [100, 40, 1_000];
    const script = fileURLToPath(new URL("./testing/take-many.ts", import.meta.url));
    const nodes = [0, 1].map(() => {
      const args = [script, url, key, `${rate}`, `${burst}`, `${forMs}`];
      const child = spawn(process.execPath, args, { stdio: ["pipe", "pipe", "inherit"] });
      cleanups.push(() => child.kill());
      const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
      return { child, next: async () => (await lines.next()).value ?? "" };
    });
    await Promise.all(nodes.map(async ({ next }) => expect(await next()).toBe("ready")));
    const start = performance.now();
    for (const { child } of nodes) child.stdin.write("go\n");
    const results = await Promise.all(nodes.map(async ({ next }) => JSON.parse(await next())));
    const seconds = (performance.now() - start) / 1_000;
    const admitted = results.reduce((sum, result) => sum + result.admitted, 0);
    expect(results).toEqual([expect.objectContaining({ shared: true }), expect.objectContaining({ shared: true })]);
    expect(results[0].asked + results[1].asked).toBeGreaterThan(admitted);
    expect(admitted).toBeLessThanOrEqual(burst + rate * seconds);
    expect(admitted).toBeGreaterThan(burst);
  });
});

describe.skipIf(!hasRedis())("when Redis fails", () => {
  async function ownRedis(port?: number): Promise<RedisService> {
    const service = await startRedis(port === undefined ? {} : { port });
    cleanups.push(() => service.kill());
    return service;
  }

  test("killed in mid-run: no error, limits hold, and it is used again when it is back", async () => {
    const redis = await ownRedis();
    const limiter = await connected(redis.url);
    const key = randomUUID();
    let admitted = 0;
    const take = async (count: number) => {
      const decisions = await Promise.all(Array.from({ length: count }, async () => limiter.take(key, still(50))));
      admitted += decisions.filter(({ allowed }) => allowed).length;
    };
    await take(20);
    const duringTheCrash = take(10);
    await redis.kill();
    await duringTheCrash;
    await expect.poll(() => limiter.shared).toBe(false);
    await take(100);
    expect(admitted).toBe(50);

    const again = await ownRedis(redis.port);
    await expect.poll(() => limiter.shared).toBe(true);
    await take(100);
    expect(admitted).toBe(50);
    await limiter.take("fresh", still(2));
    expect(await client(again.url).exists("agentgate:limit:fresh")).toBe(1);
  });

  test("silent: the node's own bucket answers, and no later request waits", async () => {
    const redis = await ownRedis();
    const limiter = await connected(redis.url, {});
    redis.freeze();
    const key = randomUUID();
    expect(await limiter.take(key, still(2))).toMatchObject({ allowed: true, remaining: 1 });
    expect(limiter.shared).toBe(false);
    expect(limiter.take(key, still(2))).toMatchObject({ allowed: true, remaining: 0 });
    expect(limiter.take(key, still(2))).toMatchObject({ allowed: false });
    redis.thaw();
    await expect.poll(() => limiter.shared).toBe(true);
  });

  test("slow: a request waits as long as the setting says, and Redis is asked again later", async () => {
    const redis = await ownRedis();
    const clock = new ManualClock();
    const limiter = await connected(redis.url, { clock, timeoutMs: 90_000 });
    redis.freeze();
    let decision: LimitDecision | undefined;
    Promise.resolve(limiter.take("key", still(2))).then((made) => {
      decision = made;
    });
    clock.advance(89_999);
    await setImmediate();
    expect(decision).toBe(undefined);
    clock.advance(1);
    await setImmediate();
    expect(decision).toMatchObject({ allowed: true });
    expect(limiter.shared).toBe(false);
    redis.thaw();
    clock.advance(250);
    await expect.poll(() => limiter.shared).toBe(true);
  });

  test("never there: limits are the node's own from the first request", async () => {
    const limiter = new RedisRateLimiter({ url: "redis://127.0.0.1:1", clock: systemClock });
    cleanups.push(() => limiter.close());
    expect([1, 2, 3].map(() => limiter.take("key", still(2)))).toMatchObject([
      { allowed: true },
      { allowed: true },
      { allowed: false },
    ]);
  });

  test("refusing the script: the node's own bucket answers", async () => {
    const redis = await ownRedis();
    const limiter = await connected(redis.url);
    await client(redis.url).call("ACL", "SETUSER", "default", "-eval", "-evalsha");
    expect(await limiter.take("key", still(2))).toMatchObject({ allowed: true, remaining: 1 });
    expect(limiter.shared).toBe(false);
  });
});
