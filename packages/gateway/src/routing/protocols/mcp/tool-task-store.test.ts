import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createSealer, createTimestamps, systemClock, systemRandom } from "../../../runtime/index.ts";
import { createTestStorage, type TestStorage, testEngines } from "../../../storage/testing/index.ts";
import { type ToolTask, ToolTaskStore } from "./tool-task-store.ts";

describe.each(testEngines())("tasks of tools on %s", (engine) => {
  let database: TestStorage;
  let store: ToolTaskStore;
  const agentId = systemRandom.uuid();
  beforeAll(async () => {
    database = await createTestStorage(engine);
    const { storage } = database;
    const agent = {
      ...{ id: agentId, name: "a", description: "", url: "http://a", version: "1", version_key: "", skills: "[]" },
      ...{ skills_text: "", tags: "[]", tags_text: "", search_text: "", webhook_url: null, price_per_task: 0n },
      ...{ org_id: null, key_hash: null, deployed: 0n, timeout_ms: null, created_at: 1n, updated_at: 1n },
    };
    await storage.db.insertInto("agents").values(agent).execute();
    const sealer = createSealer("a secret of some length", systemRandom);
    store = new ToolTaskStore({ storage, sealer, timestamps: createTimestamps(systemClock), perOwner: 3 });
  });
  afterAll(() => database.remove());

  const add = (id: string, owner: string, state: ToolTask["state"]) => {
    const names = { id: `${owner} ${id}`, agentId, owner, contextId: "c", tool: "t", digest: "d" };
    return store.insert({ ...names, turn: 0, state, args: {}, told: { id, status: { state: "TASK_STATE_WORKING" } } });
  };
  const held = async (owner: string) => {
    const query = database.storage.db.selectFrom("tool_tasks").select("id").where("owner", "=", owner);
    return (await query.orderBy("updated_at").execute()).map(({ id }) => id.slice(owner.length + 1));
  };

  test("of an owner that has its share, the oldest that is over makes room", async () => {
    await add("1", "a", "working");
    await add("2", "a", "over");
    await add("3", "a", "over");
    await add("4", "a", "input-required");
    expect(await held("a")).toEqual(["1", "3", "4"]);
    await add("5", "a", "working");
    expect(await held("a")).toEqual(["1", "4", "5"]);
  });

  test("one whose tasks all go on begins no more, and others are not concerned", async () => {
    for (const id of ["1", "2", "3"]) await add(id, "b", id === "1" ? "input-required" : "working");
    await expect(add("4", "b", "working")).rejects.toMatchObject({
      kind: "busy",
      message: expect.stringContaining("answer or cancel some"),
    });
    expect(await held("b")).toEqual(["1", "2", "3"]);
    await add("1", "c", "working");
    expect(await held("c")).toEqual(["1"]);
  });
});
