import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { silentLog, systemClock, systemRandom } from "../runtime/index.ts";
import { createTestStorage, type TestStorage, testEngines } from "../storage/testing/index.ts";
import { SkippableClock } from "../testing/index.ts";
import { openLeases, Retention } from "./index.ts";

const DAY_MS = 86_400_000;

describe.each(testEngines())("what is kept for thirty days, on %s", (engine) => {
  let fixture: TestStorage;
  let clock: SkippableClock;
  /** What is there, by when it began. */
  let things: Map<string, number>;
  let walks: number[];
  /** What was to be forgotten by each walk. */
  let before: number[];
  const ends: (() => Promise<void>)[] = [];
  beforeEach(async () => {
    fixture = await createTestStorage(engine);
    clock = new SkippableClock();
    things = new Map();
    walks = [];
    before = [];
  });
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
    await fixture.remove();
  });

  /** A node that walks all the time, a few things at a time. */
  function start(everyMs = 5): void {
    const at = walks.push(0) - 1;
    // Leases have the system's time: to skip an hour would lose them.
    const leases = openLeases({ storage: fixture.storage, clock: systemClock, random: systemRandom, log: silentLog });
    const retention = new Retention(
      { leases, clock, log: silentLog },
      {
        ...{ lease: "things", what: "old things", keptMs: 30 * DAY_MS, pace: { everyMs, restMs: 0 } },
        async *forget(beforeMs) {
          before.push(beforeMs);
          for (const [name, began] of things) {
            if (began < beforeMs) things.delete(name);
            yield began;
          }
          walks[at]!++;
        },
      },
    );
    retention.start();
    ends.push(
      () => leases.close(),
      () => retention.close(),
    );
  }
  const began = (name: string, daysAgo: number) => things.set(name, clock.now() - daysAgo * DAY_MS);
  const left = () => [...things.keys()].join(" ");
  const walked = (count: number) =>
    vi.waitFor(() => expect(Math.max(...walks)).toBeGreaterThanOrEqual(count), { timeout: 60_000 });

  test("is forgotten then, by one node at a time", async () => {
    began("old", 30.0001);
    began("kept", 29.5);
    began("new", 0);
    for (let n = 0; n < 3; n++) start(1_000_000);
    await vi.waitFor(() => {
      clock.skip(1_000_000);
      expect(left()).toBe("kept new");
    });
    expect(walks.filter((count) => count > 0)).toHaveLength(1);
  });

  test("stays while a clock is ten years ahead, and none is forgotten faster after a change of nodes", async () => {
    began("old", 29);
    began("new", 0);
    start();
    await walked(2);
    clock.shiftWall(10 * 365 * DAY_MS);
    await walked(walks[0]! + 4);
    await ends.pop()!();
    await ends.pop()!();
    // The next node goes on where that one was.
    start();
    await walked(2);
    expect(left()).toBe("old new");
  });

  test("stays when a clock that was years ahead before there was any is right again", async () => {
    clock.shiftWall(10 * 365 * DAY_MS);
    start();
    await walked(2);
    clock.shiftWall(-10 * 365 * DAY_MS);
    began("kept", 29);
    began("new", 0);
    await walked(walks[0]! + 3);
    expect(left()).toBe("kept new");
  });

  test("is caught up with by no more than a day in an hour", async () => {
    const oldestMs = clock.now() - 32 * DAY_MS;
    things.set("oldest", oldestMs);
    start();
    await walked(4);
    const steps = before.slice(1, 4).map((horizon) => Math.round(horizon - oldestMs));
    expect(steps).toEqual([24 * 5, 24 * 10, 24 * 15]);
  });
});
