import { afterEach, describe, expect, test } from "vitest";
import { SeededRandom } from "../runtime/index.ts";
import { createTestStorage, type TestStorage, testEngines } from "../storage/testing/index.ts";
import {
  type Behaviour,
  clickHouseAt,
  fillLog,
  type ScriptedClickHouse,
  type SinkNode,
  startScriptedClickHouse,
  startSinkNode,
} from "./testing/index.ts";

const seed = Number(process.env.AGENTGATE_SEED ?? 1);
const MISDEEDS: Behaviour[] = [
  "ok",
  "refuses",
  "writes and fails",
  "writes and breaks off",
  "writes half",
  "hangs",
  "is slow",
  "is no ClickHouse",
];
const PATIENCE = { timeout: 60_000, interval: 50 };

describe.each(testEngines())(`each call at least once, each id once, on %s (AGENTGATE_SEED=${seed})`, (engine) => {
  let fixture: TestStorage;
  let end: ScriptedClickHouse;
  const nodes: SinkNode[] = [];
  afterEach(async () => {
    await Promise.all(nodes.splice(0).map((node) => node.close()));
    await end.close();
    await fixture.remove();
  });

  test("whatever the sink does, and whichever node dies", { timeout: 60_000 }, async () => {
    const random = new SeededRandom(seed);
    const draw = (below: number) => Math.floor(random.fraction() * below);
    fixture = await createTestStorage(engine);
    end = await startScriptedClickHouse();
    const start = async () => nodes.push(await startSinkNode(await fixture.open(), clickHouseAt(end.host)));
    end.script = Array.from({ length: 16 }, () => MISDEEDS[draw(MISDEEDS.length)]!);
    // What was there before any sink is written as well.
    const ids = await fillLog(fixture.storage, 0, 700);
    await start();
    await start();
    for (let step = 0; step < 8; step++) {
      const from = ids.length;
      ids.push(...(await fillLog(fixture.storage, from, from + 1 + draw(400))));
      end.isAway = draw(4) === 0;
      await new Promise((resolve) => setTimeout(resolve, draw(200)));
      if (draw(3) === 0) {
        const holder = nodes.findIndex(({ follower }) => follower.count.isHeld);
        if (holder >= 0) nodes.splice(holder, 1)[0]!.die();
        await start();
      }
    }
    end.isAway = false;
    const taken = () => new Set(end.rows.map(({ id }) => id));
    await expect.poll(() => taken().size, PATIENCE).toBe(ids.length);
    expect([...taken()].sort()).toEqual(ids.sort());
    // Of rows of one call it does not matter which one counts.
    const texts = new Map<unknown, string>();
    for (const { exported_at: _, ...row } of end.rows) {
      const text = JSON.stringify(row);
      expect(texts.get(row.id) ?? text).toBe(text);
      texts.set(row.id, text);
    }
    expect(end.rows.length).toBeGreaterThan(ids.length);
    // Nothing is written again once all is well.
    await expect.poll(async () => Number((await stateOf(fixture))!.taken), PATIENCE).toBeGreaterThanOrEqual(ids.length);
    const before = end.rows.length;
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(end.rows.length).toBe(before);
    expect((await stateOf(fixture))!.trouble).toBeNull();
  });
});

const stateOf = ({ storage }: TestStorage) => storage.db.selectFrom("log_sinks").selectAll().executeTakeFirst();
