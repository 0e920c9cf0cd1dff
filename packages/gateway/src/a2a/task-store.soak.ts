import { sql } from "kysely";
import { describe, expect, test } from "vitest";
import { systemClock } from "../runtime/index.ts";
import { createTestStorage, testEngines } from "../storage/testing/index.ts";
import { idKey } from "./id-key.ts";
import { TaskList } from "./task-list.ts";
import { LOOKED_AT_MAX, TaskStore } from "./task-store.ts";

const TASKS = 1_000_000;
/** Within the time that a statement may take. */
const AT_ONCE = 25_000;
const STATEMENT_MS_MAX = 100;

/** Numbers, one a row. */
const series = (from: number, to: number) => sql`
  with recursive counted(n) as (
    select ${sql.lit(from)} union all select n + 1 from counted where n < ${sql.lit(to)}) select n from counted`;

/** A caller with a million tasks at one agent: neither it nor anybody else waits for its lists. */
describe.each(testEngines())("a million tasks of one caller on %s", (engine) => {
  test("are listed, counted and forgotten in statements of less than 100 ms", async () => {
    const base = await createTestStorage(engine);
    const { db } = base.storage;
    for (let from = 1; from <= TASKS; from += AT_ONCE) {
      await sql`insert into a2a_tasks
        (org_id, key, agent_id, task_id, owner_key, owner, context_id, state, status_at, updated_at, shown)
      select 'seller', cast(n as bigint) * 7919, 'agent', 'task ' || n, cast(${sql.lit(idKey("agent", "org").toString())} as bigint), 'org', 'context ' || (n % 100),
        'TASK_STATE_COMPLETED', n, 5, 0 from (${series(from, from + AT_ONCE - 1)}) as numbers`.execute(db);
    }
    if (engine === "postgres") await sql`analyze`.execute(db);
    const store = new TaskStore(base.storage);
    let passed = 0;
    // One that has time for one window only.
    const list = new TaskList(base.storage, { ...systemClock, monotonic: () => (passed += 1_000) });
    const scope = { agentId: "agent", owner: "org" };
    const spans = new Map<string, number[]>();
    const timed = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
      const began = performance.now();
      const result = await work();
      spans.set(name, [...(spans.get(name) ?? []), performance.now() - began]);
      return result;
    };
    for (let round = 0; round < 5; round++) {
      const { total, tasks } = await timed("list", () => store.list({ ...scope, limit: 51 }));
      expect([total, tasks.length, tasks[0]?.taskId]).toEqual([LOOKED_AT_MAX, 51, `task ${TASKS}`]);
      await timed("list by context", () => store.list({ ...scope, contextId: "context 7", limit: 51 }));
      await timed("list of what is not there", () => store.list({ ...scope, contextId: "nobody's", limit: 51 }));
      await timed("list far behind", () =>
        store.list({ ...scope, limit: 51, after: { statusAt: 500_000n, taskId: "task 500000" } }),
      );
      await timed("unfinished", () => store.unfinished({ ...scope, limit: 20 }));
      const views = { owner: { orgId: "seller" }, payer: { caller: "org" } };
      for (const [role, view] of Object.entries(views)) {
        const from = { statusAt: 500_000n, key: 0n };
        await timed(`list of the ${role}`, () => list.page({ view }, undefined, 100));
        await timed(`list of the ${role} far behind`, () => list.page({ view }, from, 100));
        const rare = await timed(`search of the ${role}`, () =>
          list.page({ view, contextId: "nobody's" }, undefined, 100),
        );
        expect([rare.rows.length, rare.isCut]).toEqual([0, true]);
      }
      const task = { ...scope, taskId: `new ${round}`, contextId: "c", state: "TASK_STATE_WORKING" as const };
      await timed("record", () => store.record([{ ...task, statusAt: 1n, hold: undefined }], [], 6n));
    }
    // Of several, for other programs run beside.
    const medians = [...spans].map(([name, each]) => [name, each.sort((a, b) => a - b)[each.length >> 1]!] as const);
    console.log(engine, Object.fromEntries(medians.map(([name, ms]) => [name, Math.round(ms * 10) / 10])));
    for (const [name, ms] of medians) expect([name, ms < STATEMENT_MS_MAX]).toEqual([name, true]);
    await base.remove();
  });
});
