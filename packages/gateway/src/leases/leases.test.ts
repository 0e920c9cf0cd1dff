import { afterEach, describe, expect, test } from "vitest";
import { ManualClock, silentLog, systemRandom } from "../runtime/index.ts";
import type { Storage } from "../storage/index.ts";
import { createTestStorage, type TestStorage, testEngines } from "../storage/testing/index.ts";
import { type Hold, type Leases, openLeases } from "./index.ts";

/** A node with a clock of its own, whose wall clock may be anywhere. */
interface Node {
  leases: Leases;
  storage: Storage;
  hold: Hold;
  clock: ManualClock;
  events: string[];
  state: string;
}

describe.each(testEngines())("leases on %s", (engine) => {
  let fixture: TestStorage;
  const nodes: Node[] = [];
  afterEach(async () => {
    await Promise.all(nodes.splice(0).map(({ leases }) => leases.close()));
    await fixture.remove();
  });

  async function start(startMs?: number): Promise<Node> {
    fixture = nodes.length === 0 ? await createTestStorage(engine) : fixture;
    const clock = new ManualClock(startMs);
    const storage = await fixture.open();
    const leases = openLeases({ storage, clock, random: systemRandom, log: silentLog });
    const node = { leases, storage, clock, events: [] as string[], state: "" } as unknown as Node;
    node.hold = leases.hold("work", {
      taken: (state) => node.events.push(`taken ${state}`),
      lost: () => node.events.push("lost"),
      state: () => node.state,
    });
    nodes.push(node);
    await pass(0, node);
    return node;
  }
  const beatOf = async () => {
    const query = fixture.storage.db.selectFrom("leases").select(["holder", "beat"]).where("name", "=", "work");
    return query.executeTakeFirst();
  };
  /** Time passes at these nodes, which look at the database meanwhile. */
  async function pass(ms: number, ...some: Node[]): Promise<void> {
    for (let passed = 0; passed <= ms; passed += 500) {
      for (const { clock } of some) clock.advance(ms === 0 ? 0 : 500);
      for (const { leases } of some) await leases.settled();
    }
  }

  test("one node has it, however many want it, for as long as it lives", async () => {
    const all = [await start(), await start(), await start()];
    await pass(20_000, ...all);
    expect(all.map(({ hold }) => hold.isHeld)).toEqual([true, false, false]);
    expect(all.map(({ events }) => events)).toEqual([["taken "], [], []]);
  });

  test("a dead node is followed within ten seconds, by one node, which goes on where it was", async () => {
    const [dead, ...others] = [await start(), await start(), await start()];
    dead.state = "page 7";
    await pass(2_000, dead, ...others);
    // From now on its clock stands still, as after kill -9.
    await pass(3_000, ...others);
    expect(others.map(({ hold }) => hold.isHeld)).toEqual([false, false]);
    await pass(7_000, ...others);
    expect(others.map(({ hold }) => hold.isHeld).sort()).toEqual([false, true]);
    expect(others.flatMap(({ events }) => events)).toEqual(["taken page 7"]);
  });

  test("a node that stood still has lost it before another has it, and knows", async () => {
    const [frozen, other] = [await start(), await start()];
    await pass(2_000, frozen, other);
    await pass(8_000, other);
    expect(other.hold.isHeld).toBe(true);
    // It awakes: its monotonic clock has moved, nothing of it has run.
    frozen.clock.advance(8_000);
    expect(frozen.hold.isHeld).toBe(false);
    await pass(3_000, frozen, other);
    expect([frozen.events, other.hold.isHeld]).toEqual([["taken ", "lost"], true]);
  });

  test("no wall clock counts: a node that lives in 2036 neither takes nor loses it by that", async () => {
    const [present, future] = [await start(), await start(Date.UTC(2036, 0, 1))];
    await pass(8_000, present, future);
    expect([present.hold.isHeld, future.hold.isHeld]).toEqual([true, false]);
    await pass(8_000, future);
    expect(future.hold.isHeld).toBe(true);
    const past = await start(Date.UTC(1999, 0, 1));
    await pass(8_000, future, past);
    expect([future.hold.isHeld, past.hold.isHeld]).toEqual([true, false]);
  });

  test("released, it is another's at its next look; a stopping node releases what it has", async () => {
    const [first, second] = [await start(), await start()];
    first.state = "half";
    await first.hold.release();
    expect(first.hold.isHeld).toBe(false);
    await pass(1_500, second);
    expect([second.hold.isHeld, second.events]).toEqual([true, ["taken half"]]);
    await second.leases.close();
    expect((await beatOf())?.holder).toBe("");
    const third = await start();
    expect(third.hold.isHeld).toBe(true);
  });

  test("a lease that another has all the same is lost", async () => {
    const node = await start();
    expect(node.hold.isHeld).toBe(true);
    await fixture.storage.db.updateTable("leases").set({ holder: "somebody" }).execute();
    await pass(1_500, node);
    expect([node.hold.isHeld, node.events]).toEqual([false, ["taken ", "lost"]]);
  });

  test("while the database is away nobody holds it for longer than it is sure to", async () => {
    const node = await start();
    await node.storage.close();
    await pass(2_000, node);
    expect([node.hold.isHeld, node.events]).toEqual([true, ["taken "]]);
    await pass(3_000, node);
    expect([node.hold.isHeld, node.events]).toEqual([false, ["taken ", "lost"]]);
  });
});
