import { afterEach, describe, expect, test } from "vitest";
import { ManualClock, silentLog } from "../runtime/index.ts";
import type { Storage } from "../storage/index.ts";
import { migrations } from "../storage/migrations/index.ts";
import { createTestStorage, type TestStorage, testEngines } from "../storage/testing/index.ts";
import { testWebhooks } from "../webhooks/testing/index.ts";
import { type CallEntry, CallLogStore, PAYMENT_UNKNOWN, PendingUsage } from "./index.ts";
import { callEntry } from "./testing/index.ts";

const AGENT = "7a0d0e5e-8a5e-4c39-9d52-6f0f7f1f2b11";
const NOON = BigInt(Date.UTC(2026, 10, 21, 12)) * 1000n;

const entry = (number: number, fields: Partial<CallEntry> = {}): CallEntry =>
  callEntry({
    id: `00000000-0000-4000-8000-${`${number}`.padStart(12, "0")}`,
    agentId: AGENT,
    createdAt: NOON + BigInt(number),
    ...fields,
  });

const entries = (from: number, to: number) => Array.from({ length: to - from }, (_, at) => entry(from + at));

const storeOn = (storage: Storage) => new CallLogStore(storage, testWebhooks(storage).announcer);

describe.each(testEngines())("the call log's store on %s", (engine) => {
  let fixture: TestStorage | undefined;
  afterEach(() => fixture?.remove());
  const open = async () => {
    fixture = await createTestStorage(engine);
    return storeOn(fixture.storage);
  };

  test("whom an agent has served is known by its key, whether its task was paid for or not, and without the log", async () => {
    const store = await open();
    await store.write([entry(1, { caller: "org:free" }), entry(2, { caller: "org:failed", errorDetail: "timeout" })]);
    await fixture!.storage.batch(store.statementsFor(entry(3, { caller: "org:paid", payerOrgId: "paid" })));
    const known = () => Promise.all(["free", "failed", "paid"].map((org) => store.hasServed(AGENT, `org:${org}`)));
    expect(await known()).toEqual([true, false, true]);
    while (await store.countPending());
    await store.write([entry(4, { caller: "org:free" })]);
    await fixture!.storage.db.deleteFrom("call_log").execute();
    await fixture!.storage.db.deleteFrom("usage_pending").execute();
    expect(await known()).toEqual([true, false, true]);
    expect(await store.hasServed("another agent", "org:free")).toBe(false);
    const rows = await fixture!.storage.db.selectFrom("agent_callers").select("caller").orderBy("caller").execute();
    expect(rows.map(({ caller }) => caller)).toEqual(["org:free", "org:paid"]);
  });

  test("an entry comes back as it went in, newest first", async () => {
    const store = await open();
    const failed = entry(2, { errorDetail: "timeout", taskId: "task-1", payerOrgId: "org" });
    await store.write([entry(1), failed]);
    expect(await store.ofAgent(AGENT, { limit: 10, offset: 0 })).toEqual(
      [failed, entry(1)].map(({ caller: _, ...kept }) => kept),
    );
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

  test("a page far down is the page that it is, also where calls of several nodes are of one moment", async () => {
    const store = await open();
    const times = [1, 2, 2, 2, 3, 3, 4, 5, 5, 5, 5, 6];
    const calls = times.map((time, number) => entry(number, { createdAt: NOON + BigInt(time) }));
    await store.write(calls);
    const whole = await store.ofAgent(AGENT, { limit: 200, offset: 0 });
    expect(whole).toHaveLength(12);
    for (let offset = 0; offset < 14; offset++) {
      expect(await store.ofAgent(AGENT, { limit: 3, offset })).toEqual(whole.slice(offset, offset + 3));
    }
  });

  describe("a call that is logged with its payment", () => {
    const paid = (number: number, fields: Partial<CallEntry> = {}) =>
      entry(number, { payerOrgId: "payer", orgId: "owner", ...fields });
    const pay = async (store: CallLogStore, from: number, to: number) => {
      const calls = Array.from({ length: to - from }, (_, at) => paid(from + at));
      await fixture!.storage.batch(calls.flatMap((call) => store.statementsFor(call)));
    };
    const usageOf = async (store: CallLogStore) => {
      const [{ invocations, latencyMicros, lastCallAt }, org] = await Promise.all([
        store.usage(AGENT),
        store.orgUsage("owner"),
      ]);
      const days = await Promise.all([store.daily(AGENT, 1, NOON), store.orgDaily("owner", 1, NOON)]);
      const daily = days.map((periods) => periods.map((period) => period.invocations));
      return { invocations, latencyMicros, lastCallAt, org, daily };
    };
    const told = (calls: number, last: number, ofOrg = calls) => ({
      invocations: calls,
      latencyMicros: BigInt(calls) * 1_000n,
      lastCallAt: NOON + BigInt(last),
      org: { invocations: ofOrg, errors: 0 },
      daily: [[calls], [ofOrg]],
    });

    test("shows in usage at once, before and after it is counted, and beside free calls", async () => {
      const store = await open();
      await pay(store, 0, 3);
      expect(await usageOf(store)).toEqual(told(3, 2));
      expect(await store.countPending()).toBe(false);
      expect(await usageOf(store)).toEqual(told(3, 2));
      await store.write([paid(3, { payerOrgId: null })]);
      await pay(store, 4, 6);
      expect(await usageOf(store)).toEqual(told(6, 5));
      await store.countPending();
      expect(await usageOf(store)).toEqual(told(6, 5));
    });

    test("is counted once, however many nodes count, and whoever logged it", async () => {
      const store = await open();
      const nodes = [store, storeOn(await fixture!.open()), storeOn(await fixture!.open())];
      await pay(store, 0, 1_700);
      const counting = nodes.map(async (node) => {
        while (await node.countPending());
      });
      let reads = 0;
      const reading = (async () => {
        for (; reads < 20; reads++) expect((await store.orgUsage("owner")).invocations).toBe(1_700);
      })();
      await Promise.all([...counting, reading]);
      await store.countPending();
      const left = await fixture!.storage.db.selectFrom("usage_pending").selectAll().execute();
      expect(left).toEqual([]);
      expect(await usageOf(nodes[1]!)).toEqual(told(1_700, 1_699));
    });

    test("is counted soon by the node that logged it, and later by any, without anybody asking", async () => {
      const store = await open();
      const clock = new ManualClock();
      const own = new PendingUsage({ store, clock, log: silentLog });
      const left = async () => (await fixture!.storage.db.selectFrom("usage_pending").select("seq").execute()).length;
      await pay(store, 0, 2);
      clock.advance(250);
      await expect.poll(left).toBe(0);
      own.close();
      const other = storeOn(await fixture!.open());
      await pay(store, 2, 4);
      const others = new PendingUsage({ store: other, clock, log: silentLog });
      clock.advance(10_000);
      await expect.poll(left).toBe(0);
      others.close();
    });

    test("is logged as a success if its payment happened, whatever its caller was told", async () => {
      const store = await open();
      await pay(store, 0, 1);
      await store.write([
        entry(5),
        paid(0, { errorDetail: PAYMENT_UNKNOWN }),
        paid(1, { errorDetail: PAYMENT_UNKNOWN }),
      ]);
      expect(await store.usage(AGENT)).toMatchObject({ invocations: 3, errors: 1 });
    });
  });

  test("totals by organization hold what was there before there were any", async () => {
    const store = await open();
    await store.write([entry(1, { orgId: "a" }), entry(2, { orgId: "a", errorDetail: "timeout" })]);
    await store.write([entry(3, { agentId: "another" })]);
    const { db } = fixture!.storage;
    await db.schema.dropTable("usage_pending").execute();
    await db.schema.dropTable("usage_orgs").execute();
    await migrations["0006-usage-totals"]!.up(db as never, engine);
    expect(await store.orgUsage("a")).toEqual({ invocations: 2, errors: 1 });
  });

  test("successes are counted among paid calls alone", async () => {
    const store = await open();
    const paid = entry(1, { payerOrgId: "org" });
    const failed = entry(2, { payerOrgId: "org", errorDetail: "timeout" });
    await store.write([paid, failed, entry(3)]);
    expect(await store.countSuccesses([paid, failed, entry(3), entry(4)].map(({ id }) => id))).toBe(1);
  });
});
