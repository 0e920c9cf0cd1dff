import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { silentLog, systemClock } from "./runtime/index.ts";
import { openStorage, type Storage } from "./storage/index.ts";
import { testEngines } from "./storage/testing/index.ts";
import { startAgent, startTestGateway, type TestAgent, type TestGateway, textTask } from "./testing/index.ts";

const hour = 3_600_000;

/** Promise P29 at the seam: what a caller, an operator and the books see of clocks that are wrong. */
describe.each(testEngines())("clocks that are wrong, on %s", (engine) => {
  let gate: TestGateway;
  let storage: Storage;
  let agent: TestAgent;
  let agentId: string;
  let payer: { id: string; key: string };
  beforeAll(async () => {
    gate = await startTestGateway(engine);
    storage = await openStorage({ ...gate.config, clock: systemClock, log: silentLog });
    agent = await startAgent();
    agentId = (await gate.register({ name: "paid", url: agent.url, price_per_task: 1 })).id;
    payer = await gate.createOrg("payer");
    await gate.call("POST", `/orgs/${payer.id}/topup`, { amount: 100 });
  });
  afterAll(async () => {
    await storage?.close();
    await gate?.close();
    await agent?.close();
  });

  const balance = async (): Promise<number> => (await gate.call("GET", `/orgs/${payer.id}/wallet`)).body.balance;
  const pay = (at: TestGateway = gate) => at.call("POST", `/agents/${agentId}/task`, textTask("x"), payer.key);
  const ready = (at: TestGateway = gate) => at.call("GET", "/health/ready", undefined, null);
  const dates = async () =>
    (await gate.call("GET", `/orgs/${payer.id}/transactions?limit=3`)).body.map((one: any) =>
      Date.parse(one.created_at),
    );
  const expectPaid = async (count: number, at?: TestGateway) => {
    const before = await balance();
    for (let n = 0; n < count; n++) {
      expect(await pay(at)).toMatchObject({ status: 200, body: { ucp: { transaction_id: expect.any(String) } } });
    }
    expect(await balance()).toBe(before - count);
    expect((await gate.call("GET", "/admin/ledger/verify")).body).toMatchObject({ ok: true, problems: [] });
  };

  test.each([2 * hour, -2 * hour, 85_000 * hour])(
    "a jump by %i ms: each call is paid once, its date is right, the node is not ready",
    async (jump) => {
      await expectPaid(1);
      gate.clock.shiftWall(jump);
      expect(await ready()).toMatchObject({
        status: 503,
        body: { code: "wrong_time", detail: expect.stringMatching(/This node's clock .* start the node anew/) },
      });
      await expectPaid(3);
      for (const date of await dates()) expect(Math.abs(date - Date.now())).toBeLessThan(60_000);
      const metrics = await fetch(`${gate.url}/metrics`, {
        headers: { accept: "text/plain", authorization: "Bearer test-admin-key" },
      });
      const ahead = /^agentgate_clock_ahead_seconds (\S+)/m.exec(await metrics.text())![1];
      expect(Math.abs(Number(ahead) - jump / 1000)).toBeLessThan(1);
      gate.clock.shiftWall(-jump);
      expect((await ready()).status).toBe(200);
      await expectPaid(1);
    },
  );

  test("a ledger with dates of 2036: calls are paid, the node says so, the operator may accept it", async () => {
    await expectPaid(1);
    const future = BigInt(Date.UTC(2036, 0, 1)) * 1000n;
    const other = await gate.another();
    // As a node that was started in 2036 leaves it.
    await sql`update ledger_head set created_at = ${future}`.execute(storage.db);
    await expectPaid(3);
    await expectPaid(2, other);
    const told = await ready();
    expect(told).toMatchObject({ status: 503, body: { code: "wrong_time" } });
    const [, accepted] = /AGENTGATE_LEDGER_DATES_UNTIL=(\S+) /.exec(told.body.detail)!;
    expect(accepted).toMatch(/^2036-01-01T00:00:00\.\d{6}Z$/);
    const restarted = await gate.another({ ledgerDatesUntil: Date.parse(accepted!) });
    expect((await ready(restarted)).status).toBe(200);
    await expectPaid(20, restarted);
    expect((await ready(restarted)).status).toBe(200);
    const [last, , first] = await dates();
    expect(last).toBeGreaterThanOrEqual(first!);
    expect((await ready(gate)).status).toBe(503);
  });
});
