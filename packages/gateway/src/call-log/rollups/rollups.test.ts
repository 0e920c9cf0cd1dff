import { afterEach, describe, expect, test } from "vitest";
import { SeededRandom } from "../../runtime/index.ts";
import type { Storage } from "../../storage/index.ts";
import { createTestStorage, type TestStorage, testEngines } from "../../storage/testing/index.ts";
import { testWebhooks } from "../../webhooks/testing/index.ts";
import { type CallEntry, CallLogStore } from "../index.ts";
import { callEntry } from "../testing/index.ts";
import { AgentStats } from "./agent-stats.ts";
import { keptRollups } from "./forgetting.ts";
import { countTime, type Histogram } from "./latency-histogram.ts";
import { type Point, RollupReader, type Selection } from "./rollup-reader.ts";
import { OTHER } from "./rollup-rows.ts";

const NOON = BigInt(Date.UTC(2026, 10, 21, 12)) * 1000n;
const agents = [
  { agentId: "a1", orgId: "o1" },
  { agentId: "a2", orgId: "o1" },
  { agentId: "a3", orgId: "o2" },
  { agentId: "a4", orgId: null },
];
const payers = ["o1", "o2", "o3", null];
const failures = ["timeout", "http_500", "connect_error"];
const STEPS = [60n, 300n, 3_600n, 86_400n];
const DAY = { from: NOON / 1_000_000n - 86_400n, to: NOON / 1_000_000n + 2n * 86_400n };

const selections: Selection[] = [
  {},
  { orgId: "o1" },
  { payerOrgId: "o2" },
  { agentIds: ["a1", "a4"] },
  { payerOrgId: "o1", agentIds: ["a2", "a3"] },
];

describe.each(testEngines())("rollups on %s", (engine) => {
  let fixture: TestStorage | undefined;
  afterEach(() => fixture?.remove());

  test("are what the calls are, at any moment, whatever batches, nodes, payments and order", async () => {
    const random = new SeededRandom(11);
    const any = <T>(list: readonly T[]): T => list[Math.floor(random.fraction() * list.length)]!;
    fixture = await createTestStorage(engine);
    const storages = [fixture.storage, await fixture.open()];
    const nodes = storages.map((storage) => new CallLogStore(storage, testWebhooks(storage).announcer));
    const reader = new RollupReader(fixture.storage);
    const calls: CallEntry[] = [];
    let made = 0;
    const call = (isPaid: boolean): CallEntry => {
      const latencyMicros = Math.floor(random.fraction() ** 3 * 1e8);
      return callEntry({
        id: `${made++}`.padStart(8, "0"),
        ...(isPaid && { price: 100_000n, earned: 97_000n }),
        agentMicros: random.fraction() < 0.1 ? null : Math.floor((latencyMicros * 9) / 10),
        ...any(agents),
        payerOrgId: isPaid ? any(payers.slice(0, 3)) : null,
        errorDetail: !isPaid && random.fraction() < 0.3 ? any(failures) : null,
        latencyMicros,
        createdAt: NOON + BigInt(Math.floor(random.fraction() * 86_400e6)),
      });
    };
    const check = async () => {
      const selection = any(selections);
      const step = any(STEPS);
      const isCounted = selection.payerOrgId !== undefined && selection.agentIds !== undefined;
      // What is kept by pairs has hours at least.
      if (isCounted && step < 3_600n) return;
      expect(plain(await reader.points(selection, DAY, step), isCounted)).toEqual(
        plain(reference(calls, selection, step), isCounted),
      );
    };
    for (let turn = 0; turn < 40; turn++) {
      const node = Math.floor(random.fraction() * 2);
      const batch = Array.from({ length: Math.ceil(random.fraction() * 20) }, () => call(turn % 3 === 0));
      const action = random.fraction();
      if (turn % 3 === 0) await storages[node]!.batch(batch.flatMap((paid) => nodes[node]!.statementsFor(paid)));
      else await nodes[node]!.write(batch);
      // A batch whose outcome was unknown is written again.
      if (action < 0.2 && turn % 3 !== 0) await nodes[1 - node]!.write(batch);
      calls.push(...batch);
      if (action < 0.5) await Promise.all(nodes.map((each) => each.countPending()));
      if (action > 0.3) await Promise.all(nodes.map((each) => each.rollups.fold(0n)));
      await check();
    }
    for (const node of nodes) while (await node.countPending());
    while (await nodes[0]!.rollups.fold(0n));
    for (const table of ["rollup_pending", "usage_pending"] as const)
      expect(await fixture.storage.db.selectFrom(table).select("seq").execute()).toEqual([]);
    for (let n = 0; n < 30; n++) await check();

    const whole = { by: "agent", step: 3_600n, order: "calls", limit: 10 } as const;
    const { parts, all } = await reader.parts({ orgId: "o1" }, DAY, whole);
    const own = calls.filter(({ orgId }) => orgId === "o1");
    expect(all.ok + all.errors).toBe(own.length);
    const counted = ["a1", "a2"].map((id) => own.filter(({ agentId }) => agentId === id).length);
    expect(parts.map((part) => part.ok + part.errors)).toEqual(counted.toSorted((a, b) => b - a));
  });

  test("a fold that does not come to its end changes nothing, and the next one adds all of it", async () => {
    fixture = await createTestStorage(engine);
    const { storage } = fixture;
    const failing: Storage = {
      ...storage,
      transact: (reads, decide) =>
        storage.transact(reads, (found) => {
          const { writes, value } = decide(found);
          return { writes: [...writes, { sql: "select no_such_column from agents", parameters: [] }], value };
        }),
    };
    const store = new CallLogStore(storage, testWebhooks(storage).announcer);
    const reader = new RollupReader(storage);
    await store.write(Array.from({ length: 10 }, (_, n) => entry({ id: `${n}` })));
    const before = await reader.points({}, DAY, 60n);
    expect(before[0]!.ok).toBe(10);
    await expect(new CallLogStore(failing, testWebhooks(storage).announcer).rollups.fold(0n)).rejects.toThrow();
    expect(await reader.points({}, DAY, 60n)).toEqual(before);
    await store.rollups.fold(0n);
    expect(await storage.db.selectFrom("rollup_pending").selectAll().execute()).toEqual([]);
    expect(await reader.points({}, DAY, 60n)).toEqual(before);
  });

  test("an agent's last thirty days are computed soon after its calls, and anew as days pass", async () => {
    fixture = await createTestStorage(engine);
    const { db } = fixture.storage;
    const store = new CallLogStore(fixture.storage, testWebhooks(fixture.storage).announcer);
    await db.insertInto("agents").values(agentRow("a1")).execute();
    const failed = { id: "2", errorDetail: "timeout", latencyMicros: 29_000_000 };
    await store.write([entry({ id: "1" }), entry(failed), entry({ id: "3", agentId: "gone" })]);
    const stats = new AgentStats(fixture.storage);
    const today = NOON / 1_000_000n;
    const at = async (now: bigint) => {
      while (await store.rollups.fold(now));
      while (await stats.compute(now));
      const { recent_calls } = await db.selectFrom("agents").select("recent_calls").executeTakeFirstOrThrow();
      const rows = await db.selectFrom("agent_call_stats").selectAll().execute();
      return rows.map(({ agent_id, calls, errors, p50_us, p95_us }) => [
        agent_id,
        calls,
        errors,
        p50_us,
        p95_us,
        recent_calls,
      ]);
    };
    const [first] = await at(today);
    expect(first!.slice(0, 3)).toEqual(["a1", 2n, 1n]);
    expect(Number(first![3])).toBeCloseTo(1_500, -2);
    expect(Number(first![4]) / 29e6).toBeCloseTo(1, 1);
    expect(first![5]).toBe(2n);
    expect(await stats.lastSuccessAt("a1")).toBe(NOON);
    await store.write(Array.from({ length: 1_234 }, (_, n) => entry({ id: `more-${n}` })));
    expect((await at(today + 100n))[0]![1]).toBe(2n);
    expect((await at(today + 301n))[0]!.slice(1, 2)).toEqual([1_236n]);
    expect((await at(today + 301n))[0]![5]).toBe(1_230n);
    expect((await at(today + 29n * 86_400n))[0]![1]).toBe(1_236n);
    expect(await at(today + 30n * 86_400n)).toEqual([["a1", 0n, 0n, null, null, 0n]]);
  });

  test("what is old is forgotten, page by page, and nothing else", async () => {
    fixture = await createTestStorage(engine);
    const store = new CallLogStore(fixture.storage, testWebhooks(fixture.storage).announcer);
    const calls = Array.from({ length: 1_200 }, (_, n) =>
      entry({ id: `${n}`, createdAt: NOON + BigInt(n) * 60_000_000n }),
    );
    await store.write(calls);
    while (await store.rollups.fold(0n));
    const kept = async () => {
      const query = fixture!.storage.db.selectFrom("call_rollups").select("at").where("step", "=", 60n);
      return (await query.where("scope", "=", "total").orderBy("at").execute()).map((row) => Number(row.at) * 1000);
    };
    const [minutes] = keptRollups(fixture.storage);
    const walk = async (beforeMs: number) => {
      const seen: (number | undefined)[] = [];
      for await (const at of minutes!.forget(beforeMs)) seen.push(at);
      return seen;
    };
    const noonMs = Number(NOON / 1000n);
    // The first walk of all only looks.
    expect(await walk(0)).toEqual([noonMs]);
    expect(await kept()).toHaveLength(1_200);
    const before = noonMs + 700 * 60_000;
    expect((await walk(before)).length).toBeGreaterThan(3);
    expect(await kept()).toEqual(Array.from({ length: 500 }, (_, n) => before + n * 60_000));
    const hours = await new RollupReader(fixture.storage).points({}, DAY, 3_600n);
    expect(hours.reduce((sum, { ok }) => sum + ok, 0)).toBe(1_200);
  });

  test("an owner's rows are bounded, whatever kinds of failures its agents invent", async () => {
    fixture = await createTestStorage(engine);
    const store = new CallLogStore(fixture.storage, testWebhooks(fixture.storage).announcer);
    const kinds = Array.from({ length: 1_300 }, (_, n) => entry({ id: `${n}`, errorDetail: `http_${n}` }));
    await store.write(kinds);
    while (await store.rollups.fold(0n));
    const { parts, all } = await new RollupReader(fixture.storage).parts({ orgId: "o1" }, DAY, {
      ...{ by: "error", step: 3_600n, order: "errors", limit: 5 },
    } as const);
    expect(all.errors).toBe(1_300);
    expect(parts[0]).toMatchObject({ key: OTHER, errors: 300 });
    const rows = await fixture.storage.db.selectFrom("call_pairs").select("error").execute();
    expect(rows).toHaveLength(2 * 1_001);
  });
});

const agentRow = (id: string) => ({
  ...{ id, name: id, description: "", url: "http://a", version: "1", version_key: "", skills: "[]", skills_text: "" },
  ...{ tags: "[]", tags_text: "", search_text: "", webhook_url: null, price_per_task: 0n, org_id: null },
  ...{ key_hash: null, deployed: 0n, timeout_ms: null, created_at: 1n, updated_at: 1n },
});

const entry = (fields: Partial<CallEntry>): CallEntry =>
  callEntry({
    ...{ id: "0", agentId: "a1", orgId: "o1", latencyMicros: 1_500, agentMicros: null, createdAt: NOON },
    ...fields,
  });

/** What rollups must tell, by looking at every call. */
function reference(calls: readonly CallEntry[], { orgId, payerOrgId, agentIds }: Selection, step: bigint): Point[] {
  const points = new Map<bigint, Point>();
  for (const call of calls) {
    if (orgId !== undefined && call.orgId !== orgId) continue;
    if (payerOrgId !== undefined && call.payerOrgId !== payerOrgId) continue;
    if (agentIds !== undefined && !agentIds.includes(call.agentId)) continue;
    const seconds = call.createdAt / 1_000_000n;
    const at = seconds - (seconds % step);
    const point = points.get(at) ?? {
      ...{ at, ok: 0, errors: 0, paid: 0n, earned: 0n },
      agentTimes: new Map(),
      gatewayTimes: new Map(),
    };
    points.set(at, point);
    point[call.errorDetail === null ? "ok" : "errors"]++;
    point.paid += call.price ?? 0n;
    point.earned += call.earned ?? 0n;
    countTime(point.agentTimes, call.agentMicros ?? call.latencyMicros);
    if (call.agentMicros !== null) countTime(point.gatewayTimes, call.latencyMicros - call.agentMicros);
  }
  return [...points.values()].sort((a, b) => Number(a.at - b.at));
}

const plain = (points: readonly Point[], isCounted: boolean) =>
  points.map(({ agentTimes, gatewayTimes, ...sums }) => ({
    ...sums,
    agentTimes: isCounted ? [] : sorted(agentTimes),
    gatewayTimes: isCounted ? [] : sorted(gatewayTimes),
  }));
const sorted = (histogram: Histogram) => [...histogram].sort(([a], [b]) => a - b);
