import { sql } from "kysely";
import { afterEach, describe, expect, test } from "vitest";
import { silentLog } from "../../runtime/index.ts";
import { isTransient } from "../../storage/index.ts";
import { createTestStorage, type TestStorage, testEngines } from "../../storage/testing/index.ts";
import { SkippableClock } from "../../testing/index.ts";
import { testWebhooks } from "../../webhooks/testing/index.ts";
import { type CallEntry, CallLog, CallLogStore } from "../index.ts";
import { SinkCursors } from "../sink-cursors.ts";
import { callEntry } from "../testing/index.ts";
import { DayPartitions } from "./day-partitions.ts";
import { keptCalls } from "./kept-calls.ts";

const DAY_MS = 86_400_000;
const PATIENCE = { timeout: 60_000, interval: 20 };
const AGENT = "7a0d0e5e-8a5e-4c39-9d52-6f0f7f1f2b11";

describe.each(testEngines())("the log's rows on %s", (engine) => {
  let fixture: TestStorage;
  afterEach(() => fixture.remove());

  async function setUp(clock = new SkippableClock()) {
    fixture = await createTestStorage(engine);
    const { storage } = fixture;
    const partitions = engine === "postgres" ? new DayPartitions({ storage, clock, log: silentLog }) : undefined;
    const store = new CallLogStore(storage, testWebhooks(storage).announcer);
    const kept = keptCalls(storage, 30 * DAY_MS, partitions, new SinkCursors(storage, clock));
    const forget = async (beforeMs: number) => {
      const seen: (number | undefined)[] = [];
      for await (const oldest of kept.forget(beforeMs)) seen.push(oldest);
      return seen[0];
    };
    const ids = async () => {
      const rows = await storage.db.selectFrom("call_log").select("id").orderBy("created_at").orderBy("id").execute();
      return rows.map(({ id }) => id);
    };
    return { storage, store, clock, partitions, forget, ids };
  }
  const uuid = (n: number) => `00000000-0000-4000-8000-${`${n}`.padStart(12, "0")}`;
  const call = (n: number, atMs: number, fields: object = {}) =>
    callEntry({ id: uuid(n), agentId: AGENT, createdAt: BigInt(atMs) * 1000n + BigInt(n % 1000), ...fields });

  test("go when they are old enough, but nothing that is reckoned with them", async () => {
    const { storage, store, clock, forget, ids } = await setUp();
    const today = Math.floor(clock.now() / DAY_MS) * DAY_MS;
    const old = Array.from({ length: 1_300 }, (_, n) => call(n, today - 40 * DAY_MS + (n % 7) * 3_600_000));
    // Some are of one time.
    const together = Array.from({ length: 700 }, (_, n) =>
      call(2_000 + n, 0, { createdAt: BigInt(today - 39 * DAY_MS) * 1000n }),
    );
    const fresh = [call(5_000, today - 29 * DAY_MS), call(5_001, today)];
    const paid = [call(6_000, today - 40 * DAY_MS), call(6_001, today)].map((one) => ({
      ...one,
      orgId: null,
      payerOrgId: "payer",
      caller: "org:payer",
    }));
    const failed = { ...call(6_002, today - 40 * DAY_MS), payerOrgId: "payer", errorDetail: "timeout" };
    await store.write([...old, ...together, ...fresh, failed]);
    await storage.batch(paid.flatMap((one) => store.statementsFor(one)));
    while (await store.countPending());
    const usage = await store.usage(AGENT);

    // The first walk of all learns how far the rows go back.
    expect(await forget(0)).toBe(today - 40 * DAY_MS);
    expect(await ids()).toHaveLength(2_005);
    await forget(today - 30 * DAY_MS);
    expect(await ids()).toEqual([uuid(5_000), uuid(5_001), uuid(6_001)]);

    expect(await store.countSuccesses([6_000, 6_001, 6_002, 1].map(uuid))).toBe(2);
    expect(await store.hasServed(AGENT, "org:payer")).toBe(true);
    expect(await store.usage(AGENT)).toEqual(usage);
    await forget(today - 30 * DAY_MS);
    expect(await ids()).toHaveLength(3);
  });

  if (engine === "sqlite") return;

  const partitionOf = async ({ db }: TestStorage["storage"], id: string) => {
    const query = sql<{ name: string }>`select tableoid::regclass::text as name from call_log where id = ${id}`;
    return (await query.execute(db)).rows.map(({ name }) => name);
  };
  const nameOf = (ms: number) => `call_log_d${new Date(ms).toISOString().slice(0, 10).replaceAll("-", "")}`;

  test("have a day's partition beforehand, whole days are dropped, and what came before its partition moves there", async () => {
    const { storage, store, clock, partitions, forget, ids } = await setUp();
    const today = Math.floor(clock.now() / DAY_MS) * DAY_MS;
    clock.skip(100 * DAY_MS);
    const later = today + 100 * DAY_MS;
    await store.write([call(1, later + 5_000), call(2, later - 60 * DAY_MS)]);
    expect(await partitionOf(storage, uuid(1))).toEqual(["call_log_rest"]);
    await Promise.all([partitions!.ensure(), new DayPartitions({ storage, clock, log: silentLog }).ensure()]);
    expect(await partitionOf(storage, uuid(1))).toEqual([nameOf(later)]);
    expect(await partitionOf(storage, uuid(2))).toEqual(["call_log_rest"]);
    const names = async () => (await partitions!.list()).map(({ table }) => table);
    for (const ahead of [0, 1, 2, 3]) expect(await names()).toContain(nameOf(later + ahead * DAY_MS));
    await store.write([call(3, later + DAY_MS + 1)]);
    expect(await partitionOf(storage, uuid(3))).toEqual([nameOf(later + DAY_MS)]);
    // Not before all of the day is old.
    await forget(later + DAY_MS - 1);
    expect(await ids()).toEqual([uuid(1), uuid(3)]);
    await forget(later + DAY_MS);
    expect(await ids()).toEqual([uuid(3)]);
    expect(await names()).not.toContain(nameOf(later));
    // Whoever writes the same batch again, writes nothing.
    await store.write([call(3, later + DAY_MS + 1), call(4, later + DAY_MS + 2)]);
    expect(await ids()).toEqual([uuid(3), uuid(4)]);
  });

  test("are neither lost nor there twice when the day changes while two nodes write", async () => {
    const { storage, clock, partitions, ids } = await setUp();
    const midnight = Math.ceil(clock.now() / DAY_MS) * DAY_MS + 50 * DAY_MS;
    clock.skip(midnight - 400 - clock.now());
    const nodes = [storage, await fixture.open({ clock })].map(
      (each) => new CallLogStore(each, testWebhooks(each).announcer),
    );
    const written: string[] = [];
    let n = 0;
    /** As the log does. */
    const persist = (store: CallLogStore, batch: CallEntry[]): Promise<void> =>
      store.write(batch).catch((error) => {
        if (!isTransient(error)) throw error;
        return persist(store, batch);
      });
    const write = async (store: CallLogStore) => {
      while (clock.now() < midnight + 3_000) {
        const batch = Array.from({ length: 20 }, () => call(n++, clock.now()));
        written.push(...batch.map(({ id }) => id));
        await persist(store, batch);
        if (n % 200 < 20) await persist(store, batch);
        clock.skip(100);
      }
    };
    const makeRoom = async () => {
      for (let turn = 0; turn < 4; turn++) await partitions!.ensure();
    };
    await Promise.all([...nodes.map(write), makeRoom()]);
    await partitions!.ensure();
    expect((await ids()).sort()).toEqual(written.sort());
    const rest = await sql<{ count: bigint }>`select count(*) as count from call_log_rest`.execute(storage.db);
    expect(rest.rows[0]!.count).toBe(0n);
  });

  test("are written to the day whose partition was made while they waited for it", async () => {
    const { storage, store, clock, ids } = await setUp();
    const day = Math.floor(clock.now() / DAY_MS) * DAY_MS + 60 * DAY_MS;
    const said: unknown[] = [];
    const log = { ...silentLog, error: ({ err }: { err?: unknown }) => void said.push(err) };
    const callLog = new CallLog({ write: (entries) => store.write(entries), clock, log });
    const making = await storage.db.startTransaction().execute();
    const table = sql.ref(nameOf(day));
    const [low, high] = [day, day + DAY_MS].map((ms) => sql.lit(`${ms * 1000}`));
    await sql`lock table call_log_rest in access exclusive mode`.execute(making);
    await sql`create table ${table} (like call_log including all)`.execute(making);
    await sql`alter table call_log attach partition ${table} for values from (${low!}) to (${high!})`.execute(making);
    for (const n of [1, 2, 3]) callLog.record(call(n, day + n));
    const waiting = sql`select 1 from pg_locks where relation = 'call_log_rest'::regclass and not granted`;
    const isWaiting = expect.poll(async () => (await waiting.execute(storage.db)).rows.length, PATIENCE).toBe(1);
    await isWaiting.finally(() => making.commit().execute());
    await expect.poll(ids, PATIENCE).toEqual([1, 2, 3].map(uuid));
    expect(await partitionOf(storage, uuid(1))).toEqual([nameOf(day)]);
    expect(callLog.lost).toBe(0);
    expect(said).toMatchObject([{ code: "23514" }]);
  });

  test("do not wait for somebody who reads", async () => {
    const { storage, store, clock, partitions } = await setUp();
    const today = Math.floor(clock.now() / DAY_MS) * DAY_MS;
    clock.skip(60 * DAY_MS);
    await partitions!.ensure();
    const [first] = await partitions!.list();
    const reading = await storage.db.startTransaction().execute();
    await reading.selectFrom("call_log").select("id").execute();
    expect(await partitions!.drop(first!)).toBe(false);
    await store.write([call(1, today)]);
    await reading.commit().execute();
    expect(await partitions!.drop(first!)).toBe(true);
  });
});
