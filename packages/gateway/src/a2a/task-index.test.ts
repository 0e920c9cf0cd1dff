import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ManualClock } from "../runtime/index.ts";
import { createTestStorage, type TestStorage, testEngines } from "../storage/testing/index.ts";
import { idKey } from "./id-key.ts";
import type { IndexedTask } from "./indexed-task.ts";
import { TaskIndex } from "./task-index.ts";
import { TaskStore } from "./task-store.ts";

const AGENT = "7a0d0e5e-8a5e-4c39-9d52-6f0f7f1f2b11";
const OTHER = "00000000-0000-4000-8000-000000000000";
const task = (owner: string, fields: Partial<IndexedTask> = {}): IndexedTask => ({
  agentId: AGENT,
  taskId: "t",
  owner,
  contextId: "c",
  state: "TASK_STATE_WORKING",
  statusAt: 1n,
  ...fields,
});

/** All that is to be forgotten, at once. */
async function forget(store: TaskStore, before: bigint): Promise<void> {
  for await (const _ of store.forget(before));
}

/** What no node has in its memory: another has written it, or this one before it was started anew. */
describe.each(testEngines())("the index of tasks on %s", (engine) => {
  let fixture: TestStorage;
  let clock: ManualClock;
  let here: TaskIndex;
  let elsewhere: TaskIndex;
  const node = () => new TaskIndex(new TaskStore(fixture.storage), clock);
  beforeEach(async () => {
    fixture = await createTestStorage(engine);
    clock = new ManualClock();
    [here, elsewhere] = [node(), node()];
  });
  afterEach(() => fixture.remove());

  test("a task stays its first owner's, as it was", async () => {
    expect(await here.record(task("ann"))).toBe("ann");
    const thief = task("bob", { state: "TASK_STATE_FAILED", contextId: "b" });
    expect(await elsewhere.record(thief)).toBe("ann");
    expect(await elsewhere.record(thief)).toBe("ann");
    expect(await node().find(AGENT, "t")).toEqual(task("ann"));
  });

  test("a task's context is its owner's, also for those who only name it", async () => {
    expect(await elsewhere.claimContext(AGENT, "bobs", "bob")).toBe("bob");
    await here.record(task("ann"));
    expect(await elsewhere.claimContext(AGENT, "c", "bob")).toBe("ann");
    expect(await elsewhere.claimContext(AGENT, "c", "ann")).toBe("ann");
    expect(await elsewhere.claimContext(AGENT, "other", "bob")).toBe("bob");
  });

  test("of those who claim a context at one moment one has it, and all are told so", async () => {
    const claims = ["ann", "bob", "eve"].map((owner) => here.record(task(owner, { taskId: owner })));
    expect(await Promise.all(claims)).toEqual(["ann", "bob", "eve"]);
    const told = ["ann", "bob", "eve"].map((owner) => elsewhere.claimContext(AGENT, "c", owner));
    expect(new Set(await Promise.all(told))).toEqual(new Set(["ann"]));
    expect(await here.claimContext(AGENT, "c", "bob")).toBe("ann");
  });

  test("agents do not share ids", async () => {
    await here.record(task("ann"));
    const other = { ...task("bob"), agentId: OTHER };
    expect(await elsewhere.record(other)).toBe("bob");
    expect(await elsewhere.claimContext(other.agentId, "c", "bob")).toBe("bob");
    expect(await node().find(AGENT, "t")).toEqual(task("ann"));
    expect(await node().find(other.agentId, "t")).toEqual(other);
  });

  test("tasks of callers whose names share a key are listed to their owner alone", async () => {
    await here.record(task("ann"));
    await here.record(task("bob", { taskId: "bobs" }));
    await here.record({ ...task("ann", { taskId: "elsewhere" }), agentId: OTHER });
    await fixture.storage.db
      .updateTable("a2a_tasks")
      .set({ owner_key: idKey(AGENT, "ann") })
      .execute();
    const query = { agentId: AGENT, owner: "ann", limit: 10 };
    const store = new TaskStore(fixture.storage);
    expect(await store.list(query)).toEqual({ tasks: [task("ann")], total: 1 });
    expect(await store.unfinished(query)).toEqual([task("ann")]);
  });

  test("what nobody touched is forgotten, however much it is, and nothing else", async () => {
    const store = new TaskStore(fixture.storage);
    const ids = Array.from({ length: 1_200 }, (_, n) => `${n}`);
    const tasks = ids.map((id) => task("ann", { taskId: id, contextId: id }));
    await store.record(tasks, tasks, 5n);
    await store.record([task("ann", { taskId: "7" })], [task("ann", { contextId: "8" })], 6n);
    await store.record([task("bob", { taskId: "9" })], [task("bob", { contextId: "9" })], 6n);
    await forget(store, 6n);
    const { db } = fixture.storage;
    expect(await db.selectFrom("a2a_tasks").select("task_id").execute()).toEqual([{ task_id: "7" }]);
    expect(await db.selectFrom("a2a_contexts").select("key").execute()).toEqual([{ key: idKey(AGENT, "8") }]);
    await forget(store, 6n);
    expect(await elsewhere.claimContext(AGENT, "8", "bob")).toBe("ann");
  });

  test("of two tasks whose ids share a key the later one is refused, and never taken for the other", async () => {
    await here.record(task("ann", { taskId: "first", contextId: "" }));
    const { db } = fixture.storage;
    await db
      .updateTable("a2a_tasks")
      .set({ key: idKey(AGENT, "second") })
      .execute();
    expect(await elsewhere.find(AGENT, "second")).toBeUndefined();
    expect(await elsewhere.record(task("ann", { taskId: "second", contextId: "" }))).toBeUndefined();
    await db
      .updateTable("a2a_tasks")
      .set({ key: idKey(OTHER, "first") })
      .execute();
    expect(await elsewhere.find(OTHER, "first")).toBeUndefined();
    expect(await db.selectFrom("a2a_tasks").select("task_id").execute()).toEqual([{ task_id: "first" }]);
  });

  test("what is in use is not forgotten, what nobody touches is", async () => {
    const forgotten = { taskId: "unused", contextId: "unused" };
    await here.record(task("ann"));
    await here.record(task("ann", forgotten));
    for (let day = 0; day < 40; day += 10) {
      clock.advance(10 * 86_400_000);
      expect(await here.claimContext(AGENT, "c", "ann")).toBe("ann");
      expect(await here.record(task("ann"))).toBe("ann");
    }
    await forget(new TaskStore(fixture.storage), BigInt(clock.now() - 30 * 86_400_000) * 1000n);
    const started = node();
    expect(await started.find(AGENT, "t")).toEqual(task("ann"));
    expect(await started.claimContext(AGENT, "c", "bob")).toBe("ann");
    expect(await started.find(AGENT, "unused")).toBeUndefined();
    expect(await started.claimContext(AGENT, "unused", "bob")).toBe("bob");
    // Who has been running all the while remembers nothing else.
    expect(await here.claimContext(AGENT, "unused", "ann")).toBe("bob");
    expect(await started.record(task("bob", forgotten))).toBe("bob");
    expect(await here.record(task("ann", { ...forgotten, state: "TASK_STATE_FAILED" }))).toBe("bob");
  });
});
