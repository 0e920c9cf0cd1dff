import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { ManualClock, systemRandom } from "../runtime/index.ts";
import { createTestStorage, type TestStorage, testEngines } from "../storage/testing/index.ts";
import { Idempotency, idempotencyKeyOf, type Ticket } from "./idempotency.ts";

const HOUR_MS = 3_600_000;

describe.each(testEngines())("idempotency keys on %s", (engine) => {
  let database: TestStorage;
  const clock = new ManualClock();
  let keys: Idempotency;
  beforeAll(async () => {
    database = await createTestStorage(engine);
    keys = new Idempotency(database.storage, clock, systemRandom);
  });
  afterAll(() => database.remove());

  const begin = (key: string, payload = ["body"], scope = "org:1") =>
    keys.begin({ scope, key, payload, leaseMs: 60_000 });
  const take = async (key: string) => (await begin(key)) as Ticket;
  const answer = { status: 200, body: '{"a": 1}' };

  test("the answer is repeated byte for byte, to the same caller and for the same request only", async () => {
    await (await take("done")).complete(answer);
    expect(await begin("done")).toEqual({ replay: answer });
    await expect(begin("done", ["other body"])).rejects.toMatchObject({ status: 422, code: "idempotency_mismatch" });
    expect(await begin("done", ["body"], "org:2")).toHaveProperty("complete");
  });

  test("ten at once: one does the work, nine are told to wait", async () => {
    const outcomes = await Promise.allSettled(Array.from({ length: 10 }, () => begin("busy")));
    expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    for (const outcome of outcomes) {
      if (outcome.status === "rejected")
        expect(outcome.reason).toMatchObject({ status: 409, headers: { "retry-after": "1" } });
    }
  });

  test("an abandoned key may be used again", async () => {
    await (await take("again")).abandon();
    await (await take("again")).complete(answer);
    expect(await begin("again")).toEqual({ replay: answer });
  });

  test("work that was never finished is taken over after its lease, and the late finisher changes nothing", async () => {
    const late = await take("crashed");
    await expect(begin("crashed")).rejects.toMatchObject({ status: 409 });
    clock.advance(60_001);
    await expect(begin("crashed", ["other body"])).rejects.toMatchObject({ status: 422 });
    const second = await take("crashed");
    expect(second.operationId).toBe(late.operationId);
    await late.complete({ status: 200, body: "late" });
    await expect(begin("crashed")).rejects.toMatchObject({ status: 409 });
    await second.complete(answer);
    expect(await begin("crashed")).toEqual({ replay: answer });
  });

  test("an answer is kept for 24 hours", async () => {
    await (await take("old")).complete(answer);
    clock.advance(23 * HOUR_MS);
    expect(await begin("old")).toEqual({ replay: answer });
    clock.advance(2 * HOUR_MS);
    await keys.sweep();
    const rows = await database.storage.db.selectFrom("idempotency").select("key").where("key", "=", "old").execute();
    expect(rows).toEqual([]);
    expect(await begin("old", ["something else"])).toHaveProperty("complete");
  });

  test("another node repeats it too", async () => {
    await (await take("shared")).complete(answer);
    const other = new Idempotency(await database.open(), clock, systemRandom);
    expect(await other.begin({ scope: "org:1", key: "shared", payload: ["body"], leaseMs: 1 })).toEqual({
      replay: answer,
    });
    other.close();
  });
});

describe.each(testEngines())("the room that kept answers take on %s", (engine) => {
  let database: TestStorage;
  const clock = new ManualClock();
  const limits = {
    anonymous: { each: 3_000, total: 5_000 },
    agentKeys: { each: 3_000, total: 5_000 },
    unpaid: { each: 6_000, total: 12_000 },
    all: { each: 20_000, total: 30_000 },
  };
  const anonymous = { isAnonymous: true };
  const known = { isAnonymous: false };
  const answer = { status: 200, body: "x".repeat(1_000) };
  let keys: Idempotency;
  beforeEach(async () => {
    database = await createTestStorage(engine);
    keys = new Idempotency(database.storage, clock, systemRandom, limits);
  });
  afterEach(async () => {
    keys.close();
    await database.remove();
  });

  const take = async (scope: string, key: string, of = keys) =>
    (await of.begin({ scope, key, payload: ["body"], leaseMs: 60_000 })) as Ticket;
  const keep = async (scope: string, count: number, caller: { isAnonymous: boolean }) => {
    for (let n = 0; n < count; n++) await (await take(scope, `k${n}`)).keepUnpaid(answer, caller);
    return stored(scope);
  };
  const pay = async (scope: string, key: string) => {
    const ticket = await take(scope, key);
    await database.storage.batch([ticket.completion(answer), ticket.fence()]);
  };
  const stored = async (scope: string) => {
    const { db } = database.storage;
    return (await db.selectFrom("idempotency").select("key").where("scope", "=", scope).execute()).length;
  };

  test("what nobody paid for is kept as far as its caller, and all, may have; the rest runs again", async () => {
    expect(await keep("ip:1", 5, anonymous)).toBe(1);
    expect(await keep("ip:2", 5, anonymous)).toBe(1);
    expect(await keep("ip:3", 5, anonymous)).toBe(1);
    expect(await keep("ip:4", 5, anonymous)).toBe(0);
    expect(await keep("org:1", 9, known)).toBe(3);
    expect(await take("ip:1", "k4")).toHaveProperty("complete");
  });

  test("however many keys agents are given, others' answers are kept, also after a survey", async () => {
    expect(await keep("key:a", 5, known)).toBe(1);
    expect(await keep("key:b", 5, known)).toBe(1);
    await keys.survey();
    expect(await keep("key:c", 5, known)).toBe(1);
    for (const scope of ["key:d", "key:e", "key:f", "key:g", "key:h"]) expect(await keep(scope, 5, known)).toBe(0);
    expect(await keep("ip:1", 5, anonymous)).toBe(1);
    expect(await keep("org:1", 9, known)).toBe(3);
  });

  test("what was paid for is kept, and a key too many is refused before anything is done; those that are known are answered", async () => {
    for (let n = 0; n < 14; n++) await pay("org:1", `k${n}`);
    await expect(take("org:1", "one more")).rejects.toMatchObject({ status: 429, code: "idempotency_full" });
    for (let n = 0; n < 14; n++) expect(await take("org:1", `k${n}`)).toEqual({ replay: answer });
    await pay("org:2", "k");
    expect(await stored("org:1")).toBe(14);
  });

  test("what other nodes and earlier lives kept counts after a survey, what was forgotten no more", async () => {
    for (let n = 0; n < 14; n++) await pay("org:1", `k${n}`);
    const other = new Idempotency(await database.open(), clock, systemRandom, limits);
    expect(other.keptBytes).toBe(0);
    await other.survey();
    expect(other.keptBytes).toBe(14 * 1_512);
    clock.advance(25 * HOUR_MS);
    await other.sweep();
    await other.survey();
    expect(other.keptBytes).toBe(0);
    expect(await take("org:1", "k0", other)).toHaveProperty("complete");
    other.close();
  });

  test("much is forgotten in small steps, by itself, and by two nodes at once", async () => {
    const { db } = database.storage;
    const row = (key: string) => ({
      ...{ scope: "org:1", key, fingerprint: "f", token: "t", operation: "o", status: 200n, body: "b" },
      ...{ lease_until: 0n, expires_at: 1n },
    });
    const rows = Array.from({ length: 1_500 }, (_, n) => row(`${n}`));
    for (let at = 0; at < rows.length; at += 500)
      await db
        .insertInto("idempotency")
        .values(rows.slice(at, at + 500))
        .execute();
    await (await take("org:1", "living")).complete(answer);
    const transact = vi.spyOn(database.storage, "transact");
    const other = new Idempotency(await database.open(), clock, systemRandom, limits);
    await Promise.all([keys.sweep(), other.sweep()]);
    await keys.sweep();
    expect(await stored("org:1")).toBe(1);
    expect(transact.mock.calls.length).toBeGreaterThan(1);
    other.close();
  });
});

test.each(["", "a b", "x".repeat(256), "é"])("%s is no key", (header) => {
  expect(() => idempotencyKeyOf(header)).toThrow(expect.objectContaining({ status: 422 }));
});
