import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createTestStorage, type TestStorage, testEngines } from "../storage/testing/index.ts";
import type { IndexedTask } from "./indexed-task.ts";
import { keptTasks } from "./kept-tasks.ts";
import { TaskStore } from "./task-store.ts";

const AGENT = "7a0d0e5e-8a5e-4c39-9d52-6f0f7f1f2b11";
const NOW_MS = Date.UTC(2026, 10, 30);
const DAY_MS = 86_400_000;

describe.each(testEngines())("old tasks on %s", (engine) => {
  let fixture: TestStorage;
  beforeEach(async () => {
    fixture = await createTestStorage(engine);
  });
  afterEach(() => fixture.remove());

  async function touched(taskId: string, daysAgo: number): Promise<void> {
    const state = "TASK_STATE_COMPLETED" as const;
    const task: IndexedTask = { agentId: AGENT, taskId, owner: "ann", contextId: taskId, state, statusAt: 1n };
    await new TaskStore(fixture.storage).record([task], [task], BigInt(NOW_MS - daysAgo * DAY_MS) * 1000n);
  }

  test("are forgotten with their contexts and configs, and the oldest is told", async () => {
    await touched("a-old", 40);
    await touched("b-kept", 29.5);
    await touched("c-new", 0);
    const pruned: number[] = [];
    const configs = { prune: async (nowMs: number) => void pruned.push(nowMs) };
    const kept = keptTasks(new TaskStore(fixture.storage), configs);
    const walk = async (beforeMs: number) => {
      const seen: number[] = [];
      for await (const oldest of kept.forget(beforeMs)) seen.push(oldest!);
      return Math.min(...seen);
    };
    const { db } = fixture.storage;
    const left = async () => (await db.selectFrom("a2a_tasks").select("task_id").orderBy("task_id").execute()).length;
    expect(await walk(0)).toBe(NOW_MS - 40 * DAY_MS);
    expect(await left()).toBe(3);
    await walk(NOW_MS - kept.keptMs);
    const rows = await db.selectFrom("a2a_tasks").select("task_id").orderBy("task_id").execute();
    expect(rows.map(({ task_id }) => task_id)).toEqual(["b-kept", "c-new"]);
    expect(await db.selectFrom("a2a_contexts").select("key").execute()).toHaveLength(2);
    expect(pruned).toEqual([kept.keptMs, NOW_MS]);
  });
});
