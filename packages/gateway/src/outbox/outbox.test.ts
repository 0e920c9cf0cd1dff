import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Clock, ManualClock, SeededRandom, silentLog, systemClock } from "../runtime/index.ts";
import type { EngineName, Storage } from "../storage/index.ts";
import { createTestStorage, type TestStorage, testEngines } from "../storage/testing/index.ts";
import { type Delivery, type Lane, type Message, Outbox, type OutboxLimits } from "./index.ts";

const MIB = 2 ** 20;
const limits: OutboxLimits = {
  places: { total: 12, tenant: 8, source: 6, receiver: 5, owner: 4, ownerAtReceiver: 2 },
  stock: {
    lane: { messages: 5, bytes: MIB },
    owner: { messages: 1_000, bytes: 2 * MIB },
    source: { messages: 2_000, bytes: 4 * MIB },
    all: { messages: 1_000_000, bytes: 1_000 * MIB },
  },
  retryMs: [40, 80, 160, 320],
  attempts: 3,
  ageMs: 60_000,
  leaseMs: 1_200,
  pollMs: 100,
};
const ok: Delivery = { kind: "delivered" };
const hangs: Delivery = { kind: "failed", isUnreachable: true, why: "timeout" };
const refuses: Delivery = { kind: "failed", isUnreachable: false, why: "status 500" };

/** A receiver that misbehaves by script: what it answers to each attempt, in order; then that it took it. */
type Script = (Delivery | Promise<Delivery>)[];

/** One attempt, as a node made it. */
interface Attempt {
  node: string;
  lane: string;
  body: string;
  id: string;
  at: number;
}

describe.each(testEngines())("the outbox on %s", (engine: EngineName) => {
  let base: TestStorage;
  let attempts: Attempt[];
  let scripts: Map<string, Script>;
  let underWay: Map<string, number>;
  let most: Map<string, number>;
  const nodes: Outbox[] = [];
  const ends: (() => void)[] = [];

  beforeEach(async () => {
    base = await createTestStorage(engine);
    attempts = [];
    scripts = new Map();
    underWay = new Map();
    most = new Map();
  });
  afterEach(async () => {
    for (const end of ends.splice(0)) end();
    await Promise.all(nodes.splice(0).map((node) => node.close()));
    await base.remove();
  });

  const node = (name: string, storage: Storage, more: Partial<OutboxLimits> = {}, clock: Clock = systemClock) => {
    const outbox = new Outbox({
      topic: "test",
      storage,
      clock,
      random: new SeededRandom(nodes.length + 1),
      log: silentLog,
      limits: { ...limits, ...more },
      async deliver({ id, body }: Message, lane: Lane): Promise<Delivery> {
        attempts.push({ node: name, lane: lane.id, body, id, at: performance.now() });
        const keys = [`owner ${lane.owner}`, `receiver ${lane.receiver}`, `lane ${lane.id}`, "all"];
        for (const key of [...keys, `both ${lane.owner} ${lane.receiver}`]) {
          underWay.set(key, (underWay.get(key) ?? 0) + 1);
          most.set(key, Math.max(most.get(key) ?? 0, underWay.get(key)!));
        }
        try {
          return await (scripts.get(lane.receiver)?.shift() ?? ok);
        } finally {
          for (const key of [...keys, `both ${lane.owner} ${lane.receiver}`]) underWay.set(key, underWay.get(key)! - 1);
        }
      },
    });
    nodes.push(outbox);
    return outbox;
  };
  const lane = (id: string, fields: Partial<Lane> = {}): Lane => ({
    id,
    owner: "owner",
    source: "agent",
    tenant: "org",
    receiver: "receiver:443",
    ...fields,
  });
  let messages = 0;
  const add = (outbox: Outbox, to: Lane, body = "{}") => outbox.add(to, { id: `message-${++messages}`, body });
  const bodies = (id?: string) =>
    attempts.filter((each) => id === undefined || each.lane === id).map(({ body }) => body);
  const waiting = async () => {
    const rows = await base.storage.db.selectFrom("outbox_messages").select("id").execute();
    const lanes = await base.storage.db.selectFrom("outbox_lanes").selectAll().execute();
    return { messages: rows.length, lanes };
  };
  /** A delivery that takes as long as the test, also when that fails. */
  const hanging = () => {
    const delivery = Promise.withResolvers<Delivery>();
    ends.push(() => delivery.resolve(ok));
    return delivery;
  };

  test("delivers each message once, those of a lane in order, and keeps nothing afterwards", async () => {
    const outbox = node("a", base.storage);
    outbox.start();
    for (let i = 0; i < 5; i++) {
      for (const id of ["one", "two"]) expect(await add(outbox, lane(id), `${id} ${i}`)).toBe(true);
    }
    await expect.poll(async () => (await waiting()).lanes).toEqual([]);
    for (const id of ["one", "two"]) expect(bodies(id)).toEqual([0, 1, 2, 3, 4].map((i) => `${id} ${i}`));
    expect(await waiting()).toEqual({ messages: 0, lanes: [] });
    expect(most.get("lane one")).toBe(1);
  });

  test("what fails is tried again after waits that grow, with one id and in order, and given up after the last attempt", async () => {
    scripts.set("receiver:443", [refuses, refuses, refuses]);
    const outbox = node("a", base.storage);
    outbox.start();
    await add(outbox, lane("one"), "first");
    await add(outbox, lane("one"), "second");
    await expect.poll(() => bodies()).toEqual(["first", "first", "first", "second"]);
    const [a, b, c, d] = attempts.map(({ at }) => at) as [number, number, number, number];
    expect(b - a).toBeGreaterThan(30);
    expect(c - b).toBeGreaterThan(65);
    // The lane waits, not the message: the next one does not begin anew.
    expect(d - c).toBeGreaterThan(130);
    expect(new Set(attempts.slice(0, 3).map(({ id }) => id)).size).toBe(1);
    await expect.poll(async () => (await waiting()).lanes).toEqual([]);
  });

  test("after a delivery the waits begin anew", async () => {
    scripts.set("receiver:443", [refuses, refuses, ok, refuses, ok]);
    const outbox = node("a", base.storage, { retryMs: [40, 80, 60_000] });
    outbox.start();
    await add(outbox, lane("one"), "first");
    await add(outbox, lane("one"), "second");
    await expect.poll(() => bodies()).toEqual(["first", "first", "first", "second", "second"]);
    const times = attempts.map(({ at }) => at);
    expect(times[4]! - times[3]!).toBeLessThan(30_000);
  });

  test("a receiver may ask for time", async () => {
    scripts.set("receiver:443", [{ kind: "failed", isUnreachable: false, retryAfterMs: 600, why: "status 429" }]);
    const outbox = node("a", base.storage);
    outbox.start();
    await add(outbox, lane("one"));
    await expect.poll(() => attempts.length).toBe(2);
    expect(attempts[1]!.at - attempts[0]!.at).toBeGreaterThan(590);
  });

  test("what comes too early is no attempt: it waits as long as it says, and its lane with it", async () => {
    const early: Delivery = { kind: "postponed", waitMs: 150 };
    scripts.set("receiver:443", Array(6).fill(early));
    const outbox = node("a", base.storage);
    outbox.start();
    await add(outbox, lane("one"), "first");
    await add(outbox, lane("one"), "second");
    await expect.poll(() => bodies().at(-1)).toBe("second");
    expect(bodies()).toEqual([...Array(7).fill("first"), "second"]);
    expect(attempts[6]!.at - attempts[0]!.at).toBeGreaterThan(6 * 140);
  });

  test("one that wants nothing more is forgotten with all that waits", async () => {
    const end = hanging();
    scripts.set("receiver:443", [end.promise]);
    const outbox = node("a", base.storage);
    for (let i = 0; i < 3; i++) await add(outbox, lane("one"));
    end.resolve({ kind: "gone" });
    await expect.poll(async () => (await waiting()).lanes).toEqual([]);
    expect([attempts.length, (await waiting()).messages]).toEqual([1, 0]);
  });

  test("what is older than its time is given up when it fails, and not before it was tried", async () => {
    scripts.set("receiver:443", [refuses]);
    const outbox = node("a", base.storage, { ageMs: 0, retryMs: [100] });
    expect(await add(outbox, lane("one"))).toBe(true);
    await expect.poll(async () => (await waiting()).lanes).toEqual([]);
    expect([(await waiting()).messages, attempts.length]).toEqual([0, 1]);
    await add(outbox, lane("one"), "delivered");
    await expect.poll(() => attempts.length).toBe(2);
    await expect.poll(async () => (await waiting()).lanes).toEqual([]);
  });

  test("a receiver that hangs holds up no other receiver, owner, source or tenant", async () => {
    const end = hanging();
    scripts.set("hangs:443", Array(200).fill(end.promise));
    const outbox = node("a", base.storage);
    outbox.start();
    for (let i = 0; i < 60; i++) expect(await add(outbox, lane(`h${i}`, { receiver: "hangs:443" }))).toBe(true);
    const others: Partial<Lane>[] = [
      { receiver: "other:443" },
      { owner: "another", receiver: "hangs-not:443" },
      { owner: "a third", source: "another agent", tenant: "another org", receiver: "quick:443" },
    ];
    for (const [index, fields] of others.entries()) {
      await add(outbox, lane(`other ${index}`, fields));
      await expect.poll(() => bodies(`other ${index}`).length, { interval: 5 }).toBe(1);
    }
    expect(most.get("both owner hangs:443")).toBe(limits.places.ownerAtReceiver);
    end.resolve(hangs);
  });

  test.each<[who: string, fields: (i: number) => Partial<Lane>, most: number]>([
    ["owner", (i) => ({ receiver: `r${i}:443`, source: `s${i}`, tenant: `t${i}` }), limits.places.owner],
    ["receiver", (i) => ({ owner: `o${i}`, source: `s${i}`, tenant: `t${i}` }), limits.places.receiver],
    ["source", (i) => ({ owner: `o${i}`, receiver: `r${i}:443`, tenant: `t${i}` }), limits.places.source],
    ["tenant", (i) => ({ owner: `o${i}`, receiver: `r${i}:443`, source: `s${i}` }), limits.places.tenant],
    ["owner at one receiver", (i) => ({ source: `s${i}`, tenant: `t${i}` }), limits.places.ownerAtReceiver],
  ])(
    "no %s has more than its share of the places, and what waits comes when there is one",
    async (_, fields, share) => {
      const ends = Array.from({ length: 40 }, hanging);
      let next = 0;
      for (let i = 0; i < 40; i++) {
        const { receiver } = lane("", fields(i));
        scripts.set(receiver, [...(scripts.get(receiver) ?? []), ends[next++]!.promise]);
      }
      const outbox = node("a", base.storage);
      outbox.start();
      for (let i = 0; i < 40; i++) await add(outbox, lane(`l${i}`, fields(i)));
      await new Promise((resolve) => setTimeout(resolve, 400));
      expect([outbox.underWay, most.get("all")]).toEqual([share, share]);
      for (const end of ends) end.resolve(ok);
      await expect.poll(async () => (await waiting()).lanes.length).toBe(0);
      expect(attempts.length).toBe(40);
      expect(most.get("all")).toBeLessThanOrEqual(share);
    },
  );

  test("a receiver that gives no answer is left alone by its owner for a while: not each lane tries for itself", async () => {
    scripts.set("silent:443", Array(500).fill(hangs));
    const outbox = node("a", base.storage, { retryMs: [60_000] });
    outbox.start();
    for (let i = 0; i < 50; i++) await add(outbox, lane(`s${i}`, { receiver: "silent:443" }));
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    expect(attempts.length).toBeLessThanOrEqual(2 * limits.places.ownerAtReceiver);
    // Somebody else's lanes at the same host are no part of that.
    await add(outbox, lane("not his", { owner: "another", receiver: "silent:443" }));
    await expect.poll(() => bodies("not his").length).toBe(1);
  });

  test("a lane, an owner and a source have a bound in messages and bytes", async () => {
    scripts.set("full:443", Array(5_000).fill(refuses));
    const outbox = node("a", base.storage, { retryMs: [60_000] });
    const receiver = "full:443";
    const taken = async (lanes: Lane[], body = "{}") => {
      let count = 0;
      for (const each of lanes) if (await add(outbox, each, body)) count++;
      return count;
    };
    expect(await taken(Array(8).fill(lane("one", { receiver })))).toBe(5);
    const large = "x".repeat(MIB / 2);
    expect(await taken(Array(4).fill(lane("two", { receiver, owner: "large" })), large)).toBe(2);
    const many = Array.from({ length: 8 }, (_, i) => lane(`large ${i}`, { receiver, owner: "large" }));
    expect(await taken(many, large)).toBe(2);
    // An owner that has filled its share is in nobody's way.
    expect(await taken([lane("small", { receiver, owner: "small" })])).toBe(1);
  });

  test("what was dropped is not delivered", async () => {
    scripts.set("receiver:443", [refuses]);
    const outbox = node("a", base.storage, { retryMs: [1_500] });
    outbox.start();
    await add(outbox, lane("one"), "first");
    await add(outbox, lane("one"), "second");
    await expect.poll(() => attempts.length).toBe(1);
    await outbox.drop(["one"]);
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    expect([attempts.length, (await waiting()).messages]).toEqual([1, 0]);
  });

  test("what an earlier run left is taken up", async () => {
    const end = hanging();
    scripts.set("receiver:443", [end.promise]);
    const first = node("a", base.storage);
    await add(first, lane("one"), "left");
    await expect.poll(() => attempts.length).toBe(1);
    const closed = first.close();
    end.resolve(hangs);
    await closed;
    node("b", base.storage).start();
    await expect.poll(() => attempts.map((each) => each.node)).toEqual(["a", "b"]);
  });

  test("many lanes at many receivers arrive whole, whoever fails now and then", async () => {
    const random = new SeededRandom(7);
    const outbox = node("a", base.storage, { retryMs: [5], attempts: 50, pollMs: 20 });
    const second = node("b", await base.open(), { retryMs: [5], attempts: 50, pollMs: 20 });
    for (let r = 0; r < 6; r++) {
      scripts.set(
        `r${r}:443`,
        Array.from({ length: 30 }, () => (random.fraction() < 0.4 ? refuses : random.fraction() < 0.1 ? hangs : ok)),
      );
    }
    outbox.start();
    second.start();
    const sent = new Map<string, string[]>();
    for (let i = 0; i < 60; i++) {
      const name = `lane ${i % 15}`;
      const to = lane(name, { receiver: `r${i % 6}:443`, owner: `o${i % 3}` });
      if (await add(i % 2 ? outbox : second, to, `${i}`)) sent.set(name, [...(sent.get(name) ?? []), `${i}`]);
    }
    await expect.poll(async () => (await waiting()).messages).toBe(0);
    for (const [name, all] of sent) {
      // Each in order, the last attempt of each being the one that arrived.
      expect([...new Set(bodies(name))]).toEqual(all);
      expect(most.get(`lane ${name}`)).toBe(1);
    }
  });

  describe("between nodes", () => {
    test("a lane that one node has is not taken by another, however long the delivery takes", async () => {
      const end = hanging();
      scripts.set("receiver:443", [end.promise]);
      const first = node("a", base.storage);
      const second = node("b", await base.open());
      await add(first, lane("one"), "slow");
      // Only then, or the other may be the first to look.
      await expect.poll(() => attempts.length).toBe(1);
      second.start();
      await new Promise((resolve) => setTimeout(resolve, 3 * limits.leaseMs));
      expect(attempts.map((each) => each.node)).toEqual(["a"]);
      end.resolve(ok);
      await expect.poll(async () => (await waiting()).lanes).toEqual([]);
      expect(attempts.length).toBe(1);
    });

    test("what a dead node had goes on at another when its lease is over, and not before", async () => {
      const storage = await base.open();
      // A clock whose timers never run: a node that has stopped living, in the middle of a delivery.
      const dead: Clock = { ...systemClock, after: () => () => {} };
      scripts.set("receiver:443", [new Promise<Delivery>(() => {})]);
      const first = node("dead", storage, {}, dead);
      await add(first, lane("one"), "left behind");
      await expect.poll(() => attempts.length).toBe(1);
      nodes.splice(nodes.indexOf(first), 1);
      const second = node("b", base.storage);
      second.start();
      await expect.poll(() => attempts.map((each) => each.node)).toEqual(["dead", "b"]);
      const waited = attempts[1]!.at - attempts[0]!.at;
      expect(waited).toBeGreaterThan(limits.leaseMs - 50);
      await expect.poll(async () => (await waiting()).lanes).toEqual([]);
    });

    test("a node that was held up loses its lease, and takes nothing away from the one that has it", async () => {
      const storage = await base.open();
      const late = hanging();
      const now = hanging();
      scripts.set("receiver:443", [late.promise, now.promise]);
      const stalled: Clock = { ...systemClock, after: () => () => {} };
      const first = node("stalled", storage, {}, stalled);
      await add(first, lane("one"), "first");
      await add(first, lane("one"), "second");
      await expect.poll(() => attempts.length).toBe(1);
      const second = node("b", base.storage);
      second.start();
      await expect.poll(() => attempts.length).toBe(2);
      late.resolve(ok);
      await new Promise((resolve) => setTimeout(resolve, 200));
      const { lanes, messages: left } = await waiting();
      expect([lanes[0]?.messages, left]).toEqual([2n, 2]);
      now.resolve(ok);
      await expect.poll(async () => (await waiting()).lanes).toEqual([]);
      expect(attempts.map(({ node, body }) => [node, body])).toEqual([
        ["stalled", "first"],
        ["b", "first"],
        ["b", "second"],
      ]);
    });

    test.runIf(engine === "postgres")("no node's own clock decides about a lease, however wrong it is", async () => {
      const ahead: Clock = { ...systemClock, now: () => Date.now() + 86_400_000 };
      const behind: Clock = { ...systemClock, now: () => Date.now() - 86_400_000 };
      const end = hanging();
      scripts.set("receiver:443", [end.promise]);
      const first = node("behind", await base.open(), {}, behind);
      const second = node("ahead", base.storage, {}, ahead);
      second.start();
      await add(first, lane("one"), "slow");
      await expect.poll(() => attempts.length).toBe(1);
      await new Promise((resolve) => setTimeout(resolve, 2 * limits.leaseMs));
      expect(attempts.length).toBe(1);
      end.resolve(refuses);
      await expect.poll(() => attempts.length).toBe(2);
      await expect.poll(async () => (await waiting()).lanes).toEqual([]);
    });
  });

  test.runIf(engine === "sqlite")("a clock that was far ahead once holds nothing up for as long", async () => {
    const clock = new ManualClock();
    const storage = await base.open();
    scripts.set("receiver:443", [refuses]);
    const first = node("a", storage, { retryMs: [1_000] }, clock);
    clock.advance(365 * 86_400_000);
    await add(first, lane("one"), "late");
    await expect.poll(() => attempts.length).toBe(1);
    await first.close();
    node("b", storage, {}, new ManualClock()).start();
    await expect
      .poll(async () => (await waiting()).lanes[0]?.due_at ?? 0n)
      .toBeLessThan(BigInt(Date.UTC(2026, 0, 2)) * 1000n);
  });
});
