import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createTestStorage, type TestStorage, testEngines } from "../storage/testing/index.ts";
import { usageAudit } from "./usage-audit.ts";

describe.each(testEngines())("totals by organization on %s", (engine) => {
  let fixture: TestStorage;
  const calls = async () => {
    const audit = usageAudit(fixture.storage);
    const problems: { account: string; message: string }[] = [];
    let rows = 0;
    for (let after: string | undefined = ""; after !== undefined; ) {
      const page: Awaited<ReturnType<typeof audit.check>> = await audit.check(after, async () => {});
      problems.push(...page.problems);
      rows += page.rows;
      after = page.next;
    }
    return { problems, rows };
  };
  const id = (n: number) => `org-${String(n).padStart(4, "0")}`;
  beforeAll(async () => {
    fixture = await createTestStorage(engine);
    const { db } = fixture.storage;
    const orgs = Array.from({ length: 250 }, (_, n) => ({
      ...{ id: id(n), name: id(n), name_key: id(n), name_claim: id(n), cost_per_invocation: 0n, tier: "free" },
      ...{ billing_alert_threshold: null, rate_limit: null, rate_burst: null, alerted_at: null },
      ...{ created_at: 1n, updated_at: 1n },
    }));
    await db.insertInto("orgs").values(orgs).execute();
    const days = orgs.slice(0, 240).flatMap(({ id: org_id }, n) =>
      [3n, 4n, 900n, 20_000n].map((day) => ({
        ...{ agent_id: `agent-${n}`, day, org_id, invocations: BigInt(n + 1), errors: 1n },
        ...{ latency_us: 1n, last_call_at: 1n },
      })),
    );
    await db.insertInto("usage_daily").values(days).execute();
    const totals = orgs.slice(0, 240).map(({ id: org_id }, n) => ({
      ...{ org_id, invocations: BigInt(4 * (n + 1)), errors: 4n },
    }));
    await db.insertInto("usage_orgs").values(totals).execute();
  });
  afterAll(() => fixture.remove());

  test("are those by agent and day, of every organization", async () => {
    expect(await calls()).toEqual({ problems: [], rows: 250 });
  });

  test("that are not are named, with both; of one that is gone nothing is said", async () => {
    const { db } = fixture.storage;
    await db.updateTable("usage_orgs").set({ invocations: 1n }).where("org_id", "=", id(7)).execute();
    await db
      .updateTable("usage_daily")
      .set({ errors: 9n })
      .where("org_id", "=", id(150))
      .where("day", "=", 4n)
      .execute();
    await db.deleteFrom("usage_orgs").where("org_id", "=", id(30)).execute();
    await db.deleteFrom("usage_orgs").where("org_id", "=", id(31)).execute();
    await db.deleteFrom("orgs").where("id", "=", id(31)).execute();
    const { problems } = await calls();
    expect(problems.map(({ account }) => account)).toEqual([id(7), id(30), id(150)]);
    expect(problems[0]!.message).toBe("its usage is 1 calls, 4 of them failed, but by agent and day it is 32 and 4");
  });

  test("that move while they are added up are not taken for wrong", async () => {
    const { db } = fixture.storage;
    const audit = usageAudit(fixture.storage);
    // The totals of an organization behind those whose wrongness is known: a call is counted between the statements.
    const counting = async () => {
      await db.transaction().execute(async (trx) => {
        const more = { invocations: 1n };
        await trx
          .updateTable("usage_daily")
          .set((eb) => ({ invocations: eb("invocations", "+", more.invocations) }))
          .where("org_id", "=", id(200))
          .where("day", "=", 20_000n)
          .execute();
        await trx
          .updateTable("usage_orgs")
          .set((eb) => ({ invocations: eb("invocations", "+", more.invocations) }))
          .where("org_id", "=", id(200))
          .execute();
      });
    };
    expect((await audit.check(id(199), counting)).problems).toEqual([]);
  });
});
