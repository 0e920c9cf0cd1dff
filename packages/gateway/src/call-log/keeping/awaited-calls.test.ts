import { afterEach, describe, expect, test } from "vitest";
import { silentLog } from "../../runtime/index.ts";
import { createTestStorage, type TestStorage, testEngines } from "../../storage/testing/index.ts";
import { SkippableClock } from "../../testing/index.ts";
import { testWebhooks } from "../../webhooks/testing/index.ts";
import { CallLogStore, CallTail, LOG_START, SinkCursors } from "../index.ts";
import { callEntry } from "../testing/index.ts";
import { DayPartitions } from "./day-partitions.ts";
import { keptCalls } from "./kept-calls.ts";

const DAY_MS = 86_400_000;
const NAME = "parquet:/calls";

describe.each(testEngines())("calls that a sink has not taken, on %s", (engine) => {
  let fixture: TestStorage;
  afterEach(() => fixture.remove());

  async function setUp() {
    fixture = await createTestStorage(engine);
    const { storage } = fixture;
    const clock = new SkippableClock();
    const partitions = engine === "postgres" ? new DayPartitions({ storage, clock, log: silentLog }) : undefined;
    const cursors = new SinkCursors(storage, clock);
    const store = new CallLogStore(storage, testWebhooks(storage).announcer);
    const kept = keptCalls(storage, 3 * DAY_MS, partitions, cursors);
    const today = Math.floor(clock.now() / DAY_MS) * DAY_MS;
    let calls = 0;
    const write = async (atMs: number, count: number) => {
      const entries = Array.from({ length: count }, () => {
        const id = `00000000-0000-4000-8000-${`${++calls}`.padStart(12, "0")}`;
        return callEntry({ id, createdAt: BigInt(atMs) * 1000n + BigInt(calls) });
      });
      await store.write(entries);
    };
    const forget = async (beforeMs: number) => {
      for await (const _ of kept.forget(beforeMs));
    };
    const left = async () =>
      Number(
        (await storage.db
          .selectFrom("call_log")
          .select((eb) => eb.fn.countAll().as("n"))
          .executeTakeFirst())!.n,
      );
    /** As a sink that takes all that there is. */
    const take = async () => {
      const { position } = await cursors.open(NAME);
      const tail = new CallTail(storage);
      const page = await tail.read(position, 1_000);
      await cursors.advance(NAME, position, page.position, page.calls.length);
      return page.calls.length;
    };
    const state = async () => (await cursors.list()).find(({ name }) => name === NAME)!;
    return { storage, clock, cursors, today, write, forget, left, take, state };
  }
  /** Another database's transaction may hold the order of commits back. */
  const PATIENCE = { timeout: 60_000, interval: 20 };

  test("wait for it as long again, then are forgotten and counted", async () => {
    const { cursors, today, write, forget, left, take, state, clock } = await setUp();
    await cursors.open(NAME);
    await write(today - 10 * DAY_MS, 40);
    await write(today - 5 * DAY_MS, 30);
    await write(today, 20);
    // Three days are kept, and three more for the sink.
    await forget(clock.now() - 3 * DAY_MS);
    expect(await left()).toBe(50);
    expect(await state()).toMatchObject({ lost: 40n, taken: 0n, lives: true });
    await forget(clock.now() - 3 * DAY_MS);
    expect(await state()).toMatchObject({ lost: 40n });
    let taken = 0;
    await expect.poll(async () => (taken += await take()), PATIENCE).toBe(50);
    // What it has is nobody's to wait for.
    await forget(clock.now() - 3 * DAY_MS);
    expect(await left()).toBe(20);
    expect(await state()).toMatchObject({ lost: 40n, taken: 50n });
  });

  test("wait for none that nobody speaks for any more", async () => {
    const { storage, cursors, today, write, forget, left, state } = await setUp();
    await cursors.open(NAME);
    await write(today - 5 * DAY_MS, 30);
    await storage.db
      .updateTable("log_sinks")
      .set((eb) => ({ seen_at: eb("seen_at", "-", 86_400_000_001n) }))
      .execute();
    await forget(today - 3 * DAY_MS);
    expect(await left()).toBe(0);
    expect(await state()).toMatchObject({ lost: 0n, lives: false });
  });

  test.runIf(engine === "sqlite")("are not passed over where rows are numbered anew", async () => {
    const { cursors, today, write, forget, left, take } = await setUp();
    await cursors.open(NAME);
    await write(today - 9 * DAY_MS, 5);
    expect(await take()).toBe(5);
    await forget(today - 3 * DAY_MS);
    expect(await left()).toBe(0);
    await write(today, 6);
    expect(await take()).toBe(6);
  });

  test("are moved on by one alone", async () => {
    const { cursors, today, write, take } = await setUp();
    await write(today, 3);
    await cursors.open(NAME);
    let taken = 0;
    await expect.poll(async () => (taken += await take()), PATIENCE).toBe(3);
    expect(await cursors.advance(NAME, LOG_START, LOG_START, 3)).toBe(false);
  });
});
