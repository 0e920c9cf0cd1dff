import { expect, test } from "vitest";
import { budgetAccount } from "../ledger/index.ts";
import { BUDGET, type SimulatedCalls, simulateCalls } from "./testing/money-path.ts";

/** Promise P29: whatever the clocks of two nodes say, no paid call is free and none is paid twice. `AGENTGATE_SEED=n` repeats one. */
export function moneyPathSuite(seeds: number): void {
  const given = process.env.AGENTGATE_SEED;
  const first = given === undefined ? Math.floor(Math.random() * 2 ** 30) : Number(given);
  const count = given === undefined ? seeds : 1;

  test(`${count} seeds from ${first}: what was delivered is paid once, what was refused never`, async () => {
    const seen = new Set<string>();
    for (let seed = first; seed < first + count; seed++) {
      try {
        const simulated = await simulateCalls(seed);
        await expectRightMoney(simulated);
        for (const { came } of simulated.calls) seen.add(came);
        for (const { key } of simulated.store.rows) if (key?.startsWith("late:")) seen.add("late");
      } catch (cause) {
        throw new Error(`seed ${seed}`, { cause });
      }
    }
    // A simulation that never gets into trouble would prove nothing.
    if (count >= 50) {
      expect([...seen].sort()).toEqual(
        expect.arrayContaining(["delivered", "failed", "late", "lost", "refused", "uncertain"]),
      );
    }
  }, 3_600_000);
}

async function expectRightMoney({ store, calls, survivor }: SimulatedCalls): Promise<void> {
  expect(await survivor.verify()).toMatchObject({ ok: true, problems: [], openHolds: 0 });
  const payments = store.rows.filter(({ step, type }) => type === "task" && (step === "settle" || step === "post"));
  const byCall = Map.groupBy(payments, ({ reference }) => JSON.parse(reference).call_id as string);
  for (const call of calls) {
    const paid = (byCall.get(call.callId) ?? []).map(({ id }) => id);
    if (call.came === "delivered") expect({ call, paid }).toEqual({ call, paid: [call.transactionId] });
    else if (call.came === "refused" || call.came === "failed") expect({ call, paid }).toEqual({ call, paid: [] });
    else expect(paid.length).toBeLessThanOrEqual(call.agentRan ? 1 : 0);
    for (const row of byCall.get(call.callId) ?? []) expect(row).toMatchObject({ payer: call.payer, amount: 100n });
  }
  expect(byCall.size).toBe(payments.length);
  expectKeptBudget(store);
}

/** P22: at no instant was more spent and held than the budget allows. */
function expectKeptBudget({ rows, entries }: SimulatedCalls["store"]): void {
  const account = budgetAccount("key:total", "total");
  const posted = new Map(entries.filter((entry) => entry.account === account).map(({ seq, amount }) => [seq, amount]));
  let taken = 0n;
  for (const row of rows) {
    if (row.account === account) taken += row.step === "reserve" ? row.amount : -row.amount;
    taken -= posted.get(row.seq) ?? 0n;
    expect(taken).toBeLessThanOrEqual(BUDGET.amount);
  }
}
