import { afterAll, beforeAll, describe, expect, test } from "vitest";
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

test.each(["", "a b", "x".repeat(256), "é"])("%s is no key", (header) => {
  expect(() => idempotencyKeyOf(header)).toThrow(expect.objectContaining({ status: 422 }));
});
