import { sql } from "kysely";
import { afterEach, describe, expect, test } from "vitest";
import { CallTail, type LoggedCall, type TailPosition, tailStart } from "../call-log/index.ts";
import { ManualClock, silentLog } from "../runtime/index.ts";
import { createTestStorage, type TestStorage, testEngines } from "../storage/testing/index.ts";
import { CallFeed } from "./call-feed.ts";

const COLUMNS = sql.raw("(id, agent_id, agent_name, caller_ip, status, latency_us, created_at)");
const idOf = (n: number) => `00000000-0000-4000-8000-${`${n}`.padStart(12, "0")}`;
const rowOf = (n: number, createdAt = n) =>
  sql`insert into call_log ${COLUMNS} values (${idOf(n)}, ${idOf(0)}, 'a', '::1', 'success', 1, ${createdAt})`;

const PATIENCE = { timeout: 60_000, interval: 20 };

describe.each(testEngines())("calls in the order of their commits, on %s", (engine) => {
  let fixture: TestStorage;
  afterEach(() => fixture.remove());

  const told = () => {
    const ids: number[] = [];
    return {
      ids,
      lost() {},
      calls: (calls: readonly { call: LoggedCall }[]) =>
        void ids.push(...calls.map(({ call }) => Number(call.id.slice(-4)))),
    };
  };
  const settle = () => new Promise((resolve) => setTimeout(resolve, 30));

  test("nothing is read while nobody listens, and once for all who do", async () => {
    fixture = await createTestStorage(engine);
    const clock = new ManualClock();
    let reads = 0;
    class CountedTail extends CallTail {
      override read(after: TailPosition, limit: number) {
        reads++;
        return super.read(after, limit);
      }
    }
    const feed = new CallFeed({ tail: new CountedTail(fixture.storage), clock, log: silentLog });
    const all = Array.from({ length: 100 }, told);
    const tick = async () => {
      clock.advance(500);
      await settle();
    };
    /** Another database's transaction on the same server may hold the tail back. */
    const until = (heard: string) =>
      expect
        .poll(async () => {
          await tick();
          return all[0]!.ids.join();
        }, PATIENCE)
        .toBe(heard);
    await tick();
    expect(reads).toBe(0);
    const from = await feed.position();
    const leave = all.map((listener) => feed.join(listener, from)!);
    await rowOf(1).execute(fixture.storage.db);
    await until("1");
    await rowOf(2).execute(fixture.storage.db);
    await until("1,2");
    const before = reads;
    expect(before).toBeLessThan(100);
    expect(all.map(({ ids }) => ids.join())).toEqual(all.map(() => "1,2"));
    // Whoever has heard less than was told here has to read on first.
    expect(feed.join(told(), from)).toBeUndefined();
    for (const one of leave) one();
    await tick();
    await tick();
    expect(reads).toBe(before);
    feed.close();
  });

  test("a page goes on where the one before ended, also within one transaction", async () => {
    fixture = await createTestStorage(engine);
    const tail = new CallTail(fixture.storage);
    let position = await tail.end();
    await fixture.storage.batch([1, 2, 3, 4, 5].map((n) => rowOf(n, 7).compile(fixture.storage.db)));
    await expect.poll(async () => (await tail.read(position, 10)).calls.length, PATIENCE).toBe(5);
    const seen: string[] = [];
    for (let pages = 0; pages < 4; pages++) {
      const page = await tail.read(position, 2);
      seen.push(page.calls.map(({ call }) => Number(call.id.slice(-4))).join());
      position = page.position;
    }
    expect(seen).toEqual(["1,2", "3,4", "5", ""]);
    expect((await tail.read(tailStart(position.order + 1n), 2)).isLost).toBe(true);
  });

  test.runIf(engine === "postgres")(
    "what is committed late comes late, once, and nothing before it is told twice",
    async () => {
      fixture = await createTestStorage(engine);
      const { db } = fixture.storage;
      const tail = new CallTail(fixture.storage);
      let position = await tail.end();
      const read = async () => {
        const page = await tail.read(position, 10);
        position = page.position;
        return page.calls.map(({ call }) => Number(call.id.slice(-4)));
      };
      const [begun, mayEnd] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
      const late = db.transaction().execute(async (trx) => {
        await rowOf(1).execute(trx);
        begun.resolve();
        await mayEnd.promise;
      });
      await begun.promise;
      await rowOf(2).execute(db);
      expect(await read()).toEqual([]);
      mayEnd.resolve();
      await late;
      const heard: number[] = [];
      const until = (count: number) =>
        expect.poll(async () => heard.push(...(await read())), PATIENCE).toBeGreaterThanOrEqual(count);
      await until(2);
      expect(heard).toEqual([1, 2]);
      await rowOf(3).execute(db);
      await until(3);
      expect([heard, await read()]).toEqual([[1, 2, 3], []]);
    },
  );
});
