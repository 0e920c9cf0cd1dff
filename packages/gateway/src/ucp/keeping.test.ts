import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createTimestamps, ManualClock } from "../runtime/index.ts";
import { createTestStorage, type TestStorage, testEngines } from "../storage/testing/index.ts";
import type { Checkout, Line } from "./checkout.ts";
import { CheckoutStore } from "./checkout-store.ts";
import { keptOrders } from "./kept-orders.ts";
import { OrderStore } from "./order-store.ts";
import { ResultRoom } from "./result-room.ts";

const DAY_MS = 86_400_000;
const line: Line = {
  ...{ id: "l", itemId: "agent_x:task", agentId: "x", title: "X", tasks: 1, quantity: 1 },
  ...{ pricePerTask: 10_000n, cents: 1, inputs: ["{}"] },
};

describe.each(testEngines())("what is kept of checkouts on %s", (engine) => {
  let database: TestStorage;
  const clock = new ManualClock();
  const timestamps = createTimestamps(clock);
  let checkouts: CheckoutStore;
  let orders: OrderStore;
  beforeAll(async () => {
    database = await createTestStorage(engine);
    const { storage } = database;
    checkouts = new CheckoutStore(storage, timestamps);
    orders = new OrderStore({ storage, timestamps, checkouts, keptMs: 30 * DAY_MS, tell: () => [] });
  });
  afterAll(() => database.remove());

  async function open(): Promise<Checkout> {
    const now = timestamps();
    const checkout: Checkout = {
      ...{ id: crypto.randomUUID(), owner: "org:a", phase: "open", revision: 0n, orderId: null, failure: null },
      ...{ lines: [line], remarks: {}, createdAt: now, updatedAt: now, expiresAt: now + 3_600_000_000n },
    };
    await checkouts.insert(checkout);
    return checkout;
  }

  /** Completes a checkout with an answer of this length. */
  async function complete(length: number): Promise<string> {
    const checkout = await open();
    const id = crypto.randomUUID();
    const terms = { lines: [line], payerOrgId: "a", clientIp: "", requestId: "", version: "2026-08-25" as const };
    await orders.place(checkout, id, terms, [{ id: crypto.randomUUID(), line: "l", agentId: "x" }], 1_000n);
    const order = (await orders.find(id))!;
    const done = { result: JSON.stringify("x".repeat(length - 2)), transactionId: "t" };
    await database.storage.batch(orders.settled(order.runs[0]!, id, done));
    await orders.conclude(id, { isWaitOver: false });
    return id;
  }

  test("the oldest answers make room for new ones, but none of the last day; then nothing is begun", async () => {
    const room = new ResultRoom({ storage: database.storage, timestamps, bytesMax: 2_500 });
    const old = await complete(1_000);
    clock.advance(DAY_MS + 1_000);
    const ids = [await complete(1_000), await complete(1_000)];
    await room.demand("org:a");
    expect(await orders.result(old, 0)).toBeUndefined();
    expect((await orders.find(old))!.runs[0]).toMatchObject({ state: "done", resultBytes: 0, result: null });
    for (const id of ids) expect(await orders.result(id, 0)).toHaveLength(1_000);
    await complete(1_000);
    await expect(room.demand("org:a")).rejects.toMatchObject({ status: 429, code: "rate_limited" });
    await room.demand("org:b");
  });

  test("what is larger than an order tells is had by itself", async () => {
    const id = await complete(1_100_000);
    expect((await orders.find(id))!.runs[0]).toMatchObject({ result: null, resultBytes: 1_100_000 });
    expect(await orders.result(id, 0)).toHaveLength(1_100_000);
  });

  test("everything is forgotten in its time, and nothing before", async () => {
    const { storage } = database;
    const forget = async (untilMs = clock.now()) => {
      const seen: (number | undefined)[] = [];
      for await (const oldest of keptOrders(storage).forget(untilMs)) seen.push(oldest);
      return seen;
    };
    const [waiting, done] = [await open(), await complete(10)];
    const left = async () =>
      [await checkouts.find(waiting.id), await orders.find(done)].map((one) => one !== undefined);
    await forget();
    expect(await left()).toEqual([true, true]);
    clock.advance(3_600_000 + DAY_MS + 1_000);
    await forget();
    expect(await left()).toEqual([false, true]);
    clock.advance(30 * DAY_MS);
    await forget();
    expect(await left()).toEqual([false, false]);
    expect(await storage.db.selectFrom("ucp_runs").select("id").execute()).toEqual([]);
    expect(await storage.db.selectFrom("ucp_checkouts").select("id").execute()).toEqual([]);
  });
});
