import { A2AError } from "@agentgate/protocol/a2a";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Problem } from "../../http/index.ts";
import { createSealer, createTimestamps, ManualClock, systemRandom } from "../../runtime/index.ts";
import { createTestStorage, type TestStorage, testEngines } from "../../storage/testing/index.ts";
import { type PushConfig, PushConfigs } from "./push-configs.ts";

const DAY_MS = 86_400_000;
const limits = { owner: 5, agent: 8, all: 12 };

describe.each(testEngines())("push configs on %s", (engine) => {
  let base: TestStorage;
  let clock: ManualClock;
  let configs: PushConfigs;
  let deleted: string[];
  let count = 0;
  beforeEach(async () => {
    base = await createTestStorage(engine);
    clock = new ManualClock();
    deleted = [];
    configs = new PushConfigs({
      storage: base.storage,
      sealer: createSealer("secret", systemRandom),
      clock,
      onDeleted: async (ids) => void deleted.push(...ids),
      limits,
    });
    for (const agent of ["agent", "another"]) {
      await base.storage.db
        .insertInto("agents")
        .values({
          ...{ id: agent, name: agent, description: "", url: "http://a", version: "1", version_key: "1", skills: "[]" },
          ...{ skills_text: "", tags: "[]", tags_text: "", search_text: "", webhook_url: null, price_per_task: 0n },
          ...{ org_id: null, key_hash: null, deployed: 0n, timeout_ms: null, created_at: 1n, updated_at: 1n },
        })
        .execute();
    }
  });
  afterEach(() => base.remove());

  const config = (fields: Partial<PushConfig> = {}): PushConfig => {
    const id = `config-${`${++count}`.padStart(4, "0")}`;
    return {
      ...{ id, agentId: "agent", taskId: `task-${count}`, configId: id, owner: "owner", version: "1.0" },
      hold: null,
      ...{ secretHash: "h", said: { url: "http://r" }, createdAt: createTimestamps(clock)() },
      ...fields,
    };
  };
  const insert = async (fields: Partial<PushConfig> = {}) => (await configs.insert(config(fields))).id;
  const left = async () => {
    const rows = await base.storage.db.selectFrom("a2a_push_configs").select("id").orderBy("id").execute();
    return rows.map(({ id }) => id);
  };

  test("an owner has so many; what it made a day ago gives way, what it made today does not", async () => {
    const old = await insert();
    clock.advance(2 * DAY_MS);
    const recent = [await insert(), await insert(), await insert(), await insert()];
    const newest = await insert();
    expect(await left()).toEqual([...recent, newest]);
    expect(deleted).toEqual([old]);
    const refused = await configs.insert(config()).catch((error) => error);
    expect(A2AError.isInstance(refused) && refused.is("InvalidParams")).toBe(true);
    expect(refused.message).toContain("delete those that you no longer need");
    expect(await insert({ owner: "somebody else" })).toBeTruthy();
  });

  test("an agent has so many, and all have so many, whoever made them", async () => {
    for (let i = 0; i < limits.agent; i++) await insert({ owner: `owner ${i}` });
    const full = await configs.insert(config({ owner: "one more" })).catch((error) => error);
    expect(full).toBeInstanceOf(Problem);
    expect([full.status, full.headers["retry-after"]]).toEqual([429, "3600"]);
    for (let i = limits.agent; i < limits.all; i++) await insert({ owner: `owner ${i}`, agentId: "another" });
    await expect(configs.insert(config({ agentId: "another", owner: "x" }))).rejects.toThrow(Problem);
  });

  test("one without a task is forgotten after a day, one with a task after a month, one whose task is over after two days", async () => {
    const unbound = await insert({ taskId: null });
    const bound = config({ taskId: null });
    await configs.insert(bound);
    await configs.bind(bound, "t");
    const over = await insert();
    await configs.finish(over);
    const kept = await insert();
    for (const [days, expected] of [
      [1.5, [bound.id, over, kept]],
      [1, [bound.id, kept]],
      [27, [bound.id, kept]],
      [1, []],
    ] as const) {
      clock.advance(days * DAY_MS);
      await configs.prune(clock.now());
      expect(await left()).toEqual([...expected].sort());
    }
    expect(deleted.sort()).toEqual([unbound, bound.id, over, kept].sort());
  });

  test("with an owner all of its configs go, however many", async () => {
    const other = await insert();
    const rows = Array.from({ length: 250 }, (_, i) => ({
      ...{ id: `many-${i}`, agent_id: "agent", task_id: `t${i}`, config_id: "c", owner: "many", version: "1.0" },
      ...{ secret_hash: "", sealed: "", created_at: 1n, expires_at: BigInt(i) },
    }));
    await base.storage.db.insertInto("a2a_push_configs").values(rows).execute();
    await configs.deleteOf("many");
    expect(await left()).toEqual([other]);
    expect(deleted.length).toBe(250);
  });
});
