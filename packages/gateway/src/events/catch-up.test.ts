import { sql } from "kysely";
import { afterEach, describe, expect, test } from "vitest";
import { CallTail, type TailPosition, tailStart } from "../call-log/index.ts";
import { FairShares, silentLog, systemClock, Turns } from "../runtime/index.ts";
import { createTestStorage, type TestStorage, testEngines } from "../storage/testing/index.ts";
import { Backlog } from "./backlog.ts";
import { CallFeed } from "./call-feed.ts";
import { followCalls } from "./catch-up.ts";

const CALLS = 4_000;
const PAGE = 500;

describe.each(testEngines())("who was away, on %s", (engine) => {
  let fixture: TestStorage;
  afterEach(() => fixture.remove());

  test("reads on behind the first page one after the other of its organization, and hears everything", async () => {
    fixture = await createTestStorage(engine);
    const { db } = fixture.storage;
    for (let n = 0; n < CALLS; n += 500) {
      const rows = Array.from(
        { length: 500 },
        (_, at) =>
          sql`(${`00000000-0000-4000-8000-${`${n + at}`.padStart(12, "0")}`}, 'a', 'a', '::1', 'success', 1, ${n + at})`,
      );
      await sql`insert into call_log (id, agent_id, agent_name, caller_ip, status, latency_us, created_at)
        values ${sql.join(rows)}`.execute(db);
    }
    let [underWay, most] = [0, 0];
    class CountedTail extends CallTail {
      readonly #first = tailStart(1n);
      override async read(after: TailPosition, limit: number) {
        const isFurther = limit === PAGE && (after.createdAt >= 0n || after.order > this.#first.order);
        if (isFurther) most = Math.max(most, ++underWay);
        const page = await super.read(after, limit);
        if (isFurther) underWay--;
        return page;
      }
    }
    const tail = new CountedTail(fixture.storage);
    // On PostgreSQL they are shown when no older transaction is under way, whosever and in whichever database.
    const shown = async () => (await new CallTail(fixture.storage).read(tailStart(1n), CALLS + 1)).calls.length;
    await expect.poll(shown).toBe(CALLS);
    const feed = new CallFeed({ tail, clock: systemClock, log: silentLog });
    const turns = new Turns();
    const hear = async () => {
      const heard = new Set<string>();
      const events = {
        calls: (calls: readonly { call: { id: string } }[]) => {
          for (const { call } of calls) heard.add(call.id);
          return calls.length;
        },
        tellPosition() {},
      };
      const shares = new FairShares(1_000);
      let leave = () => {};
      let hasLeft = false;
      await followCalls(
        { position: tailStart(1n), atMs: systemClock.now() },
        {
          ...{ tail, feed, events, nowMs: systemClock.now(), lost: () => heard.clear(), hasLeft: () => hasLeft },
          backlog: new Backlog({ write: () => undefined, shares, owner: "a", gapOf: () => "" }),
          takeTurn: () => turns.take("a"),
          onLeave(left) {
            leave = left;
          },
          ready() {
            hasLeft = true;
            leave();
          },
        },
      );
      return heard.size;
    };
    expect(await Promise.all(Array.from({ length: 5 }, hear))).toEqual(Array(5).fill(CALLS));
    expect(most).toBe(1);
    feed.close();
  });
});
