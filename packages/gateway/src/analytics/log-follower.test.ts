import { afterEach, describe, expect, test } from "vitest";
import { createTestStorage, type TestStorage, testEngines } from "../storage/testing/index.ts";
import {
  clickHouseAt,
  fillLog,
  type ScriptedClickHouse,
  startScriptedClickHouse,
  startSinkNode,
} from "./testing/index.ts";

describe.each(testEngines())("the log and its sink on %s", (engine) => {
  let fixture: TestStorage;
  let end: ScriptedClickHouse;
  const cleanups: (() => unknown)[] = [];
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
    await end.close();
    await fixture.remove();
  });
  const state = () => fixture.storage.db.selectFrom("log_sinks").selectAll().executeTakeFirst();

  test("an end that is away is told of, and has all once it is back", async () => {
    fixture = await createTestStorage(engine);
    end = await startScriptedClickHouse();
    end.isAway = true;
    const ids = await fillLog(fixture.storage, 0, 30);
    const node = await startSinkNode(fixture.storage, clickHouseAt(end.host));
    cleanups.push(() => node.close());
    await expect.poll(async () => (await state())?.trouble).toContain("The server is away");
    expect((await state())!.waiting_since).toBeGreaterThan(0n);
    await expect
      .poll(() => node.follower.count)
      .toMatchObject({ isHeld: true, rows: 0, waitingSince: expect.any(BigInt) });
    expect(node.follower.count.failures).toBeGreaterThan(0);
    end.isAway = false;
    await expect.poll(() => node.follower.count.rows).toBe(30);
    expect(await state()).toMatchObject({ taken: 30n, trouble: null, waiting_since: null });
    expect(node.follower.count.waitingSince).toBeUndefined();
    expect([...new Set(end.rows.map(({ id }) => id))].sort()).toEqual(ids);
  });

  test("a row is written as it was called, and nothing is asked of an end for which there is nothing", async () => {
    fixture = await createTestStorage(engine);
    end = await startScriptedClickHouse();
    const node = await startSinkNode(fixture.storage, clickHouseAt(end.host));
    cleanups.push(() => node.close());
    await expect.poll(state).toBeDefined();
    expect(end.statements).toEqual([]);
    await fillLog(fixture.storage, 0, 1, {
      fields: () => ({ price: 1_000_001n, requestId: "req_1", errorDetail: "timeout" }),
    });
    await expect.poll(() => end.rows.length).toBe(1);
    expect(end.rows[0]).toMatchObject({
      created_at: "2026-11-29T23:55:00.000000Z",
      price: "1.000001",
      latency_us: 1000,
      status: "error",
      error_detail: "timeout",
      request_id: "req_1",
      exported_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
    });
    expect(end.rows[0]).not.toHaveProperty("payer_org_id");
  });
});
