import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { openLeases } from "../leases/index.ts";
import { silentLog, systemRandom } from "../runtime/index.ts";
import { createTestStorage, type TestStorage, testEngines } from "../storage/testing/index.ts";
import { SkippableClock } from "../testing/index.ts";
import { Forgetting } from "./forgetting.ts";
import type { IndexedTask } from "./indexed-task.ts";
import { TaskStore } from "./task-store.ts";

const AGENT = "7a0d0e5e-8a5e-4c39-9d52-6f0f7f1f2b11";
const DAY_MS = 86_400_000;

describe.each(testEngines())("old tasks on %s", (engine) => {
  let fixture: TestStorage;
  let clock: SkippableClock;
  let walks: number[];
  const ends: (() => Promise<void>)[] = [];
  beforeEach(async () => {
    fixture = await createTestStorage(engine);
    clock = new SkippableClock();
    walks = [];
  });
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
    await fixture.remove();
  });

  /** A node that walks all the time. */
  function start(): void {
    const at = walks.push(0) - 1;
    const { storage } = fixture;
    const leases = openLeases({ storage, clock, random: systemRandom, log: silentLog });
    const configs = { prune: async () => void walks[at]!++ };
    const store = new TaskStore(storage);
    const pace = { everyMs: 5, restMs: 0 };
    const forgetting = new Forgetting({ leases, store, configs, clock, log: silentLog, pace });
    forgetting.start();
    ends.push(
      () => leases.close(),
      () => forgetting.close(),
    );
  }
  async function touched(taskId: string, daysAgo: number): Promise<void> {
    const state = "TASK_STATE_COMPLETED" as const;
    const task: IndexedTask = { agentId: AGENT, taskId, owner: "ann", contextId: taskId, state, statusAt: 1n };
    const at = BigInt(Math.round(clock.now() - daysAgo * DAY_MS)) * 1000n;
    await new TaskStore(fixture.storage).record([task], [task], at);
  }
  const left = async () => {
    const rows = await fixture.storage.db.selectFrom("a2a_tasks").select("task_id").orderBy("task_id").execute();
    return rows.map(({ task_id }) => task_id).join(" ");
  };
  const contexts = async () => (await fixture.storage.db.selectFrom("a2a_contexts").select("key").execute()).length;
  const walked = (count: number) =>
    vi.waitFor(() => expect(Math.max(...walks)).toBeGreaterThanOrEqual(count), { timeout: 20_000 });

  test("are forgotten thirty days after they were last touched, with their contexts, by one node at a time", async () => {
    await touched("a-old", 40);
    await touched("b-kept", 29.5);
    await touched("c-new", 0);
    for (let n = 0; n < 3; n++) start();
    await walked(15);
    expect(await left()).toBe("b-kept c-new");
    expect(await contexts()).toBe(2);
    expect(walks.filter((count) => count > 0)).toHaveLength(1);
  });

  test("stay while a clock is ten years ahead, and none is forgotten twice as fast after a change of nodes", async () => {
    await touched("a-old", 29);
    await touched("b-new", 0);
    start();
    await walked(2);
    clock.shiftWall(10 * 365 * DAY_MS);
    await walked(walks[0]! + 4);
    await ends.pop()!();
    await ends.pop()!();
    // The next node goes on where that one was.
    start();
    await walked(2);
    expect(await left()).toMatch(/b-new$/);
  });

  test("stay when a clock that was years ahead before there was any is right again", async () => {
    clock.shiftWall(10 * 365 * DAY_MS);
    start();
    await walked(2);
    clock.shiftWall(-10 * 365 * DAY_MS);
    await touched("a-old", 40);
    await touched("b-kept", 29);
    await touched("c-new", 0);
    await walked(walks[0]! + 3);
    expect(await left()).toBe("b-kept c-new");
    expect(await contexts()).toBe(2);
  });
});
