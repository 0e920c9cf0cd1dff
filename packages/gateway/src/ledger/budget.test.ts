import { expect, test } from "vitest";
import { ManualClock, SeededRandom, silentLog } from "../runtime/index.ts";
import { budgetAccount } from "./accounts.ts";
import { budgetLegs } from "./budget.ts";
import { Ledger } from "./ledger.ts";
import type { LedgerQueries } from "./ledger-queries.ts";
import { payment, topup } from "./posting.ts";
import { MemoryStore } from "./testing/memory-store.ts";

const setUp = async () => {
  const clock = new ManualClock();
  const store = new MemoryStore();
  const options = { clock, random: new SeededRandom(1), log: silentLog, store };
  const ledger = new Ledger(options, undefined as unknown as LedgerQueries);
  for (const account of ["a", "b"]) await ledger.post({ posting: topup({ account, amount: 1_000n }) });
  const use = { account: budgetAccount("key", "w"), limit: 100n, until: null };
  const reserve = (amount: bigint, until: bigint | null = null) =>
    ledger.reserve({ account: "a", amount, lifetimeMs: 60_000, type: "task", budgets: [{ ...use, until }] });
  const pay = (payer: string, amount: bigint) => {
    const posting = payment({ type: "task", payer, receiver: null, amount, fee: 0n });
    return { posting: { ...posting, legs: [...posting.legs, ...budgetLegs([use], amount)] }, budgets: [use] };
  };
  const state = () => store.accounts.get(use.account) ?? { posted: 0n, held: 0n };
  return { clock, ledger, reserve, pay, state };
};

test("a hold is settled within what was set aside of its budgets, whoever pays", async () => {
  const { ledger, reserve, pay, state } = await setUp();
  const { hold } = await reserve(90n);
  await expect(ledger.settle(hold.id, pay("b", 91n))).rejects.toThrow(/settle_exceeds_hold/);
  expect(state()).toMatchObject({ posted: 0n, held: 90n });
  await ledger.settle(hold.id, pay("a", 60n));
  expect(state()).toMatchObject({ posted: -60n, held: 0n });
});

test("a hold that lapses frees its budgets, and is paid late within what is left of them", async () => {
  const { clock, ledger, reserve, pay, state } = await setUp();
  const { hold } = await reserve(90n);
  clock.advance(70_000);
  await ledger.sweep();
  expect(state()).toMatchObject({ posted: 0n, held: 0n });
  await reserve(20n);
  await expect(ledger.settleLate(hold.id, pay("a", 90n))).rejects.toThrow(/budget_exceeded/);
  await ledger.settleLate(hold.id, pay("a", 80n));
  expect(state()).toMatchObject({ posted: -80n, held: 20n });
});

test("a window that is over by the journal's dates takes nothing more", async () => {
  const { clock, reserve } = await setUp();
  const now = BigInt(clock.now()) * 1_000n;
  await reserve(10n, now + 1_000_000n);
  clock.advance(2_000);
  await expect(reserve(10n, now + 1_000_000n)).rejects.toThrow(/budget_window_over/);
  await reserve(10n, null);
});
