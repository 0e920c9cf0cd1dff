import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { SeededRandom, silentLog } from "../runtime/index.ts";
import { createTestStorage, type TestStorage, testEngines } from "../storage/testing/index.ts";
import { SkippableClock } from "../testing/index.ts";
import { Backlog } from "./backlog.ts";
import { deliveryId } from "./delivery-id.ts";
import { DeliveryStore } from "./delivery-store.ts";
import { keptDeliveries } from "./kept-deliveries.ts";

const DAY_MS = 24 * 3_600_000;

describe.each(testEngines())("deliveries that are kept, on %s", (engine) => {
  let fixture: TestStorage;
  const clock = new SkippableClock();
  const random = new SeededRandom(1);
  beforeEach(async () => {
    fixture = await createTestStorage(engine);
  });
  afterEach(() => fixture.remove());

  async function written(event: string, daysAgo: number, isWaiting: boolean, owner = "ann"): Promise<void> {
    const at = clock.now() - daysAgo * DAY_MS;
    const row = {
      ...{ id: deliveryId(random, at), endpoint_id: null, org_id: null, agent_id: null, owner, receiver: "r:1" },
      ...{ event, url: "http://r:1", body: "{}", bytes: 2n, created_at: BigInt(Math.round(at * 1000)) },
    };
    await fixture.storage.db
      .insertInto("webhook_deliveries")
      .values({ ...row, due_at: isWaiting ? 0n : null })
      .execute();
  }
  const left = async () => {
    const rows = await fixture.storage.db.selectFrom("webhook_deliveries").select("event").orderBy("event").execute();
    return rows.map(({ event }) => event).join(" ");
  };

  test("are forgotten when their time is over, but for those that wait", async () => {
    const { storage } = fixture;
    await written("old", 9, false);
    await written("old-waits", 9, true);
    await written("older", 12, false);
    await written("young", 6, false);
    const seen: (number | undefined)[] = [];
    for await (const oldest of keptDeliveries(storage, 7 * DAY_MS).forget(clock.now() - 7 * DAY_MS)) seen.push(oldest);
    expect(await left()).toBe("old-waits young");
    expect(Math.round((clock.now() - seen[0]!) / DAY_MS)).toBe(12);
  });

  test("have room until an owner has as many as it may; others have theirs, and what is over makes room", async () => {
    const store = new DeliveryStore(fixture.storage, clock);
    for (let n = 0; n < 3; n++) await written(`waits-${n}`, 0, true);
    await written("over", 0, false);
    await written("of-another", 0, true, "bob");
    expect(await store.amountOf("owner", "ann", 10)).toEqual({ messages: 3, bytes: 6 });
    const first = await store.amountAfter("", 3);
    expect(first).toMatchObject({ messages: 3, bytes: 6 });
    expect(await store.amountAfter(first.last!, 3)).toEqual({ messages: 1, bytes: 2, last: undefined });
    const limits = { owner: { messages: 5, bytes: 1_000 }, all: { messages: 100, bytes: 2_000 } };
    const backlog = new Backlog({ store, clock, log: silentLog, limits });
    let taken = 0;
    await expect
      .poll(() => {
        if (backlog.take("ann", 2)) taken++;
        return backlog.leftOut;
      })
      .toBeGreaterThan(0);
    // Counted beside the first, which it does not wait for.
    expect(taken).toBeGreaterThanOrEqual(2);
    expect(taken).toBeLessThanOrEqual(5);
    expect(backlog.take("bob", 2)).toBe(true);
    expect(backlog.take("bob", 1_000)).toBe(false);
    backlog.removed("ann", 2);
    expect(backlog.take("ann", 2)).toBe(true);
  });
});
