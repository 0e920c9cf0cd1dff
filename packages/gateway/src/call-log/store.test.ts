import { afterEach, describe, expect, test } from "vitest";
import { createTestStorage, type TestStorage, testEngines } from "../storage/testing/index.ts";
import { type CallEntry, CallLogStore } from "./index.ts";

const AGENT = "7a0d0e5e-8a5e-4c39-9d52-6f0f7f1f2b11";
const NOON = BigInt(Date.UTC(2026, 10, 21, 12)) * 1000n;

const entry = (number: number, fields: Partial<CallEntry> = {}): CallEntry => ({
  id: `00000000-0000-4000-8000-${`${number}`.padStart(12, "0")}`,
  agentId: AGENT,
  agentName: "echo",
  orgId: null,
  payerOrgId: null,
  callerIp: "127.0.0.1",
  taskId: null,
  errorDetail: null,
  latencyMicros: 1_000n,
  createdAt: NOON + BigInt(number),
  ...fields,
});

const entries = (from: number, to: number) => Array.from({ length: to - from }, (_, at) => entry(from + at));

describe.each(testEngines())("the call log's store on %s", (engine) => {
  let fixture: TestStorage | undefined;
  afterEach(() => fixture?.remove());
  const open = async () => {
    fixture = await createTestStorage(engine);
    return new CallLogStore(fixture.storage);
  };

  test("an entry comes back as it went in, newest first", async () => {
    const store = await open();
    const failed = entry(2, { errorDetail: "timeout", taskId: "task-1", payerOrgId: "org" });
    await store.write([entry(1), failed]);
    expect(await store.ofAgent(AGENT, { limit: 10, offset: 0 })).toEqual([failed, entry(1)]);
  });

  test.each([
    ["the same batch", entries(0, 130), entries(0, 130), 130],
    ["a batch that grew in the meantime", entries(0, 3), entries(0, 130), 130],
    ["a batch whose middle is known", entries(40, 70), entries(0, 100), 100],
  ])("%s written again changes nothing that was there", async (_, first, second, count) => {
    const store = await open();
    await store.write(first);
    await store.write(second);
    await store.write(second);
    const usage = await store.usage(AGENT);
    expect(usage).toMatchObject({ invocations: count, errors: 0, latencyMicros: BigInt(count) * 1_000n });
    expect(await store.ofAgent(AGENT, { limit: 200, offset: 0 })).toHaveLength(count);
  });

  test("an entry known as a success stays one when it is written again as a failure", async () => {
    const store = await open();
    await store.write([entry(1)]);
    await store.write([entry(1, { errorDetail: "payment_unknown" }), entry(2)]);
    expect(await store.usage(AGENT)).toMatchObject({ invocations: 2, errors: 0 });
  });

  test("successes are counted among paid calls alone", async () => {
    const store = await open();
    const paid = entry(1, { payerOrgId: "org" });
    const failed = entry(2, { payerOrgId: "org", errorDetail: "timeout" });
    await store.write([paid, failed, entry(3)]);
    expect(await store.countSuccesses([paid, failed, entry(3), entry(4)].map(({ id }) => id))).toBe(1);
  });
});
