import fc from "fast-check";
import { expect } from "vitest";
import type { ManualClock } from "../../runtime/index.ts";
import { budgetAccount } from "../accounts.ts";
import { type BudgetUse, budgetLegs } from "../budget.ts";
import { LedgerError } from "../errors.ts";
import { leadMax } from "../journal-time.ts";
import type { Ledger } from "../ledger.ts";
import { type Posting, payment, topup } from "../posting.ts";
import type { AccountState } from "../store.ts";
import type { Books } from "../verification/books.ts";
import type { ReferenceLedger } from "./reference-ledger.ts";

/** The real ledger and what a run needs to steer and to look into it. */
export interface Real {
  ledger: Ledger;
  clock: ManualClock;
  /** Prefixed to accounts and keys, so that many runs can share one database. */
  run: string;
  /** Hold ids by the key that reserved them. */
  holds: Map<string, string>;
  /** The budgets of those that have one. */
  budgets: Map<string, BudgetUse[]>;
  accounts(): Promise<AccountState[]>;
}

/** One operation, in the small world that the model explores: three wallets, few keys, small amounts. */
type Act =
  | { do: "topup"; key: number; wallet: number; amount: bigint }
  | { do: "pay"; key: number; wallet: number; to: number | null; amount: bigint; fee: bigint; budget: number | null }
  | { do: "reserve"; key: number; wallet: number; amount: bigint; seconds: number; budget: number | null }
  | { do: "settle"; key: number; wallet: number; to: number | null; amount: bigint; fee: bigint }
  | { do: "release"; key: number };

const key = fc.nat({ max: 12 });
const wallet = fc.nat({ max: 2 });
const amount = fc.bigInt({ min: 1n, max: 100n });
const to = fc.option(wallet);
const budget = fc.option(fc.nat({ max: 1 }));
const BUDGET_LIMIT = 150n;
const priced = { key, wallet, to, amount, fee: fc.bigInt({ min: 0n, max: 1n }) };

const act: fc.Arbitrary<Act> = fc.oneof(
  fc.record({ do: fc.constant("topup" as const), key, wallet, amount: fc.bigInt({ min: 1n, max: 500n }) }),
  fc.record({ do: fc.constant("pay" as const), ...priced, budget }),
  fc.record({
    ...{ do: fc.constant("reserve" as const), key, wallet, amount, budget },
    seconds: fc.integer({ min: 1, max: 60 }),
  }),
  fc.record({ do: fc.constant("settle" as const), ...priced }),
  fc.record({ do: fc.constant("release" as const), key }),
);

/** Any history: single operations, many at once (they take effect in the order of submission), and time passing. */
export const histories = (maxCommands: number) =>
  fc.commands<ReferenceLedger, Real, false>(
    [
      act.map((one) => new Perform([one])),
      fc.array(act, { minLength: 2, maxLength: 12 }).map((acts) => new Perform(acts)),
      fc.integer({ min: 1, max: 40 }).map((seconds) => new PassTime(seconds)),
    ],
    { maxCommands },
  );

class Perform implements fc.AsyncCommand<ReferenceLedger, Real> {
  readonly #acts: readonly Act[];

  constructor(acts: readonly Act[]) {
    this.#acts = acts;
  }

  check = () => true;

  async run(model: ReferenceLedger, real: Real): Promise<void> {
    model.now = BigInt(real.clock.now()) * 1000n;
    // Holds whose reserve is in the same burst have no id yet to settle by.
    const before = new Map(real.holds);
    const expected = this.#acts.map((one) => {
      const lookup = one.do === "settle" || one.do === "release";
      return lookup && !before.has(nameOf(one, real)) ? "hold_not_found" : modelAnswer(model, one, real);
    });
    const answers = await Promise.all(this.#acts.map((one) => realAnswer(one, real, before)));
    expect(answers).toEqual(expected);
    await compareBalances(model, real);
  }

  toString(): string {
    const show = (one: Act) => JSON.stringify(one, (_, value) => (typeof value === "bigint" ? Number(value) : value));
    return this.#acts.map(show).join(" & ");
  }
}

class PassTime implements fc.AsyncCommand<ReferenceLedger, Real> {
  readonly #seconds: number;

  constructor(seconds: number) {
    this.#seconds = seconds;
  }

  check = () => true;

  async run(model: ReferenceLedger, real: Real): Promise<void> {
    real.clock.advance(this.#seconds * 1000);
    model.now = BigInt(real.clock.now()) * 1000n;
    await real.ledger.sweep();
    await compareBalances(model, real);
  }

  toString = () => `${this.#seconds} s pass`;
}

async function compareBalances(model: ReferenceLedger, real: Real): Promise<void> {
  const accounts = await real.accounts();
  for (const name of [0, 1, 2].map((number) => walletName(number, real))) {
    const { posted, held } = accounts.find(({ id }) => id === name) ?? { posted: 0n, held: 0n };
    expect({ name, posted, held }).toEqual({ name, posted: model.balance(name), held: model.held(name) });
  }
  for (const { account } of [0, 1].map((number) => budgetOf(number, real))) {
    const { posted, held } = accounts.find(({ id }) => id === account) ?? { posted: 0n, held: 0n };
    expect({ account, posted, held }).toEqual({
      account,
      posted: model.balance(account),
      held: model.heldOfBudget(account),
    });
    expect(held - posted).toBeLessThanOrEqual(BUDGET_LIMIT);
  }
  expect(accounts.reduce((sum, { posted }) => sum + posted, 0n)).toBe(0n);
}

const walletName = (number: number, { run }: Real) => `${run}wallet-${number}`;
const nameOf = (one: Act, { run }: Real) =>
  `${run}${one.do === "topup" || one.do === "pay" ? "post" : "hold"}-${one.key}`;

const budgetOf = (number: number, { run }: Real): BudgetUse => ({
  ...{ account: budgetAccount(`${run}${number}`, "w"), limit: BUDGET_LIMIT, until: null },
});
const budgetsOf = (number: number | null, real: Real): BudgetUse[] => (number === null ? [] : [budgetOf(number, real)]);

/** A payment within budgets: what they have is moved with the money. */
const within = (budgets: readonly BudgetUse[], posting: Posting): Posting => ({
  ...posting,
  legs: [...posting.legs, ...budgetLegs(budgets, dueOf(posting))],
});
const dueOf = ({ payer, legs }: Posting) =>
  -legs.reduce((sum, { account, amount }) => (account === payer ? sum + amount : sum), 0n);

function postingOf(one: Extract<Act, { amount: bigint }>, real: Real): Posting {
  const payer = walletName(one.wallet, real);
  if (one.do === "topup") return topup({ account: payer, amount: one.amount });
  if (one.do === "reserve") throw new Error("a reserve posts nothing");
  const receiver = one.to === null ? null : walletName(one.to, real);
  return payment({ type: "task", payer, receiver, amount: one.amount, fee: one.fee });
}

function modelAnswer(model: ReferenceLedger, one: Act, real: Real): string {
  const name = nameOf(one, real);
  if (one.do === "release") return model.release(name);
  if (one.do === "settle") return model.settle(name, within(real.budgets.get(name) ?? [], postingOf(one, real)).legs);
  if (one.do === "reserve") {
    return model.reserve(
      name,
      walletName(one.wallet, real),
      one.amount,
      model.now + BigInt(one.seconds) * 1_000_000n + leadMax,
      budgetsOf(one.budget, real)[0],
    );
  }
  const budgets = one.do === "pay" ? budgetsOf(one.budget, real) : [];
  return model.post(name, within(budgets, postingOf(one, real)).legs, budgets[0]);
}

async function realAnswer(one: Act, real: Real, holds: ReadonlyMap<string, string>): Promise<string> {
  const name = nameOf(one, real);
  try {
    const { replayed } = await perform(one, real, name, holds.get(name) ?? "no such hold");
    return replayed ? "replayed" : "done";
  } catch (error) {
    if (error instanceof LedgerError) return error.code;
    throw error;
  }
}

async function perform(one: Act, real: Real, name: string, hold: string): Promise<{ replayed: boolean }> {
  const { ledger } = real;
  switch (one.do) {
    case "release":
      return ledger.release(hold, { budgets: real.budgets.get(name)?.length ?? 0 });
    case "settle": {
      const budgets = real.budgets.get(name) ?? [];
      return ledger.settle(hold, { posting: within(budgets, postingOf(one, real)), budgets });
    }
    case "reserve": {
      const account = walletName(one.wallet, real);
      const budgets = budgetsOf(one.budget, real);
      const result = await ledger.reserve({
        account,
        amount: one.amount,
        lifetimeMs: one.seconds * 1000,
        type: "task",
        key: name,
        budgets,
      });
      real.holds.set(name, result.hold.id);
      if (!result.replayed) real.budgets.set(name, budgets);
      return result;
    }
    default: {
      const budgets = one.do === "pay" ? budgetsOf(one.budget, real) : [];
      return ledger.post({ posting: within(budgets, postingOf(one, real)), key: name, budgets });
    }
  }
}

export const allAccounts = (books: Books): Promise<AccountState[]> => books.accountsAfter("", 1_000_000);
