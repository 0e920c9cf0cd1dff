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
    const tick = async () => {
      clock.advance(500);
      await settle();
    };
    await tick();
    expect(reads).toBe(0);
    const all = Array.from({ length: 100 }, told);
    const from = await feed.position();
    const leave = all.map((listener) => feed.join(listener, from)!);
    await rowOf(1).execute(fixture.storage.db);
    await tick();
    await rowOf(2).execute(fixture.storage.db);
    await tick();
    expect(reads).toBe(2);
    expect(all.map(({ ids }) => ids.join())).toEqual(all.map(() => "1,2"));
    // Whoever has heard less than was told here has to read on first.
    expect(feed.join(told(), from)).toBeUndefined();
    for (const one of leave) one();
    await tick();
    await tick();
    expect(reads).toBe(2);
    feed.close();
  });

  test("a page goes on where the one before ended, also within one transaction", async () => {
    fixture = await createTestStorage(engine);
    const tail = new CallTail(fixture.storage);
    let position = await tail.end();
    await fixture.storage.batch([1, 2, 3, 4, 5].map((n) => rowOf(n, 7).compile(fixture.storage.db)));
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
      expect(await read()).toEqual([1, 2]);
      await rowOf(3).execute(db);
      expect([await read(), await read()]).toEqual([[3], []]);
      const { rows } =
        await sql<any>`explain select * from call_log where commit_order >= 5 and commit_order < (pg_snapshot_xmin(pg_current_snapshot())::text::bigint) order by commit_order limit 5`.execute(
          db,
        );
      expect(JSON.stringify(rows)).toContain("call_log_order");
    },
  );
});
