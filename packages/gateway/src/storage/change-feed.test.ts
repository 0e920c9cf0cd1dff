import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ManualClock, SeededRandom } from "../runtime/index.ts";
import type { Changed, Storage } from "./index.ts";
import { createTestStorage, type TestStorage, testEngines } from "./testing/index.ts";

/** A node with a clock of its own, and what it was told. */
interface Node {
  storage: Storage;
  told: (Changed | "any")[];
  /** Sees what others changed since. */
  poll(): Promise<void>;
}

describe.each(testEngines())("the change feed on %s", (engine) => {
  let fixture: TestStorage;
  beforeAll(async () => {
    fixture = await createTestStorage(engine);
  });
  afterAll(() => fixture?.remove());

  async function startNode(topic: string): Promise<Node> {
    const clock = new ManualClock();
    const storage = await fixture.open({ clock });
    const told: Node["told"] = [];
    storage.changes.subscribe(topic, (changed) => told.push(changed ?? "any"));
    return {
      storage,
      told,
      async poll() {
        clock.advance(500);
        // The poll is over when what lies behind the feed moves to the poll's own time.
        await expect.poll(() => storage.changes.behindMs).toBe(0);
      },
    };
  }
  const nothing = async () => {};
  const rowsOf = async (topic: string) => {
    const query = fixture.storage.db.selectFrom("changes").where("topic", "=", topic);
    return query.select(["version", "entries"]).orderBy("version").execute();
  };

  test("tells which entries changed, and of its own changes once", async () => {
    const [here, there] = [await startNode("named"), await startNode("named")];
    await here.storage.changes.change("named", nothing, ["a"]);
    expect(here.told).toEqual([["a"]]);
    await there.storage.changes.change("named", nothing, ["b", "c"]);
    expect(there.told).toEqual([["b", "c"]]);
    await here.storage.changes.change("named", nothing, ["d"]);
    await here.poll();
    await there.poll();
    expect(here.told).toEqual([["a"], ["d"], ["b", "c"]]);
    expect(there.told).toEqual([["b", "c"], ["a"], ["d"]]);
    await here.poll();
    expect(here.told).toHaveLength(3);
  });

  test.runIf(engine === "postgres")("tells of others' changes while everything that is asked waits", async () => {
    const [here, there] = [await startNode("late"), await startNode("late")];
    await fixture.storage.db.insertInto("versions").values({ topic: "held", version: 1n }).execute();
    const other = new pg.Client(fixture.location.databaseUrl);
    await other.connect();
    try {
      await other.query("begin");
      await other.query("select * from versions where topic = 'held' for update");
      let answered = 0;
      const { db } = here.storage;
      const waiting = Array.from({ length: 50 }, () =>
        db
          .updateTable("versions")
          .set({ version: 2n })
          .where("topic", "=", "held")
          .execute()
          .then(
            () => answered++,
            // One that has waited too long on a slow machine.
            () => {},
          ),
      );
      await there.storage.changes.change("late", nothing, ["a"]);
      await here.poll();
      expect(here.told).toEqual([["a"]]);
      expect(answered).toBe(0);
      await other.query("rollback");
      await Promise.all(waiting);
    } finally {
      await other.end();
    }
  });

  test("many entries at once arrive in rows of a bounded size, all of them", async () => {
    const node = await startNode("many");
    const keys = Array.from({ length: 950 }, (_, n) => `key-${n}`);
    await fixture.storage.changes.change("many", nothing, keys);
    await node.poll();
    expect(node.told.flat()).toEqual(keys);
    const lengths = (await rowsOf("many")).map(({ entries }) => JSON.parse(entries).length);
    expect(lengths).toEqual([...Array(9).fill(100), 50]);
  });

  test("a node that is far behind, or that misses a version, forgets everything", async () => {
    const [far, gap] = [await startNode("far"), await startNode("gap")];
    await fixture.storage.changes.change(
      "far",
      nothing,
      Array.from({ length: 100_100 }, (_, n) => `${n}`),
    );
    await far.poll();
    expect(far.told).toEqual(["any"]);
    // As a node of an earlier release moves a version.
    await fixture.storage.db.insertInto("versions").values({ topic: "gap", version: 1n }).execute();
    await gap.poll();
    expect(gap.told).toEqual(["any"]);
    await fixture.storage.db.updateTable("versions").set({ version: 2n }).where("topic", "=", "gap").execute();
    await fixture.storage.changes.change("gap", nothing, ["x"]);
    await gap.poll();
    expect(gap.told).toEqual(["any", "any"]);
    await fixture.storage.changes.change("gap", nothing, ["y"]);
    await gap.poll();
    expect(gap.told).toEqual(["any", "any", ["y"]]);
  });

  test("what nobody reads any more is pruned", async () => {
    for (let n = 0; n < 12; n++) {
      const keys = Array.from({ length: 50_000 }, (_, index) => `${index}`);
      await fixture.storage.changes.change("pruned", nothing, keys);
    }
    const rows = await rowsOf("pruned");
    expect(rows.length).toBeLessThanOrEqual(4_096 + 500);
    expect(rows.at(-1)!.version).toBe(6_000n);
  });

  test("transactions on several topics do not wait for each other in a circle, and nothing is missed", async () => {
    const random = new SeededRandom(5);
    const nodes = [await startNode("left"), await startNode("left")];
    const right: string[] = [];
    nodes[1]!.storage.changes.subscribe("right", (changed) => right.push(...(changed ?? ["any"])));
    const keys = Array.from({ length: 60 }, (_, n) => `key-${n}`);
    const changing = keys.map((key) =>
      nodes[Math.floor(random.fraction() * 2)]!.storage.changes.transaction(async (_, note) => {
        const topics = random.fraction() < 0.5 ? ["left", "right"] : ["right", "left"];
        for (const topic of topics) note(topic, [key]);
      }),
    );
    await Promise.all([...changing, nodes[0]!.poll(), nodes[1]!.poll()]);
    for (const node of nodes) {
      await node.poll();
      expect(node.told.flat().sort()).toEqual([...keys].sort());
    }
    expect(right.sort()).toEqual([...keys].sort());
  });

  test("a change that fails changes nothing; one that notes nothing tells nothing", async () => {
    const node = await startNode("failing");
    const failed = node.storage.changes.transaction(async (_, note) => {
      note("failing", ["a"]);
      throw new Error("no");
    });
    await expect(failed).rejects.toThrow("no");
    await node.storage.changes.change("failing", nothing, []);
    await node.poll();
    expect([node.told, await rowsOf("failing")]).toEqual([[], []]);
  });
});
