import type { LedgerErrorCode } from "../errors.ts";
import type { Leg } from "../posting.ts";

type Answer = "done" | "replayed" | LedgerErrorCode;

/** The rules once more, as plainly as they can be said: no store, no batches, no hashes. What the ledger is measured against. */
export class ReferenceLedger {
  now = 0n;
  readonly posted = new Map<string, bigint>();
  readonly holds = new Map<string, { account: string; amount: bigint; expiresAt: bigint; state: string }>();
  /** Holds, by their keys, that take of a budget as well. */
  readonly budgeted = new Map<string, string>();
  readonly #keys = new Map<string, string>();

  balance = (account: string) => this.posted.get(account) ?? 0n;
  held = (account: string) => {
    const open = [...this.holds.values()].filter((hold) => hold.account === account && this.#isOpen(hold));
    return open.reduce((sum, { amount }) => sum + amount, 0n);
  };
  available = (account: string) => this.balance(account) - this.held(account);
  #isOpen = (hold: { state: string; expiresAt: bigint }) => hold.state === "pending" && hold.expiresAt > this.now;
  #canPay = (legs: readonly Leg[]) =>
    legs.every(({ account }) => {
      const change = legs.reduce((sum, leg) => (leg.account === account ? sum + leg.amount : sum), 0n);
      return change >= 0n || isSystem(account) || this.available(account) >= -change;
    });

  /** @param budget that the same is taken of, and what it allows */
  reserve(key: string, account: string, amount: bigint, expiresAt: bigint, budget?: Allowed): Answer {
    return this.#once(key, `${account} ${amount}`, () => {
      if (this.available(account) < amount) return "insufficient_balance";
      if (budget && !this.#allows(budget, amount)) return "budget_exceeded";
      this.holds.set(key, { account, amount, expiresAt, state: "pending" });
      if (budget) this.budgeted.set(key, budget.account);
      return "done";
    });
  }

  #allows = ({ account, limit }: Allowed, amount: bigint) =>
    this.heldOfBudget(account) - this.balance(account) + amount <= limit;
  heldOfBudget = (budget: string) => {
    const open = [...this.holds].filter(([key, hold]) => this.budgeted.get(key) === budget && this.#isOpen(hold));
    return open.reduce((sum, [, { amount }]) => sum + amount, 0n);
  };

  post(key: string, legs: readonly Leg[], budget?: Allowed): Answer {
    return this.#once(key, String(legs.map((leg) => [leg.account, leg.amount])), () => {
      if (!this.#canPay(legs)) return "insufficient_balance";
      const spent = -legs.reduce((sum, leg) => (leg.account === budget?.account ? sum + leg.amount : sum), 0n);
      if (budget && !this.#allows(budget, spent)) return "budget_exceeded";
      this.#move(legs);
      return "done";
    });
  }

  settle(key: string, legs: readonly Leg[]): Answer {
    const hold = this.holds.get(key);
    if (!hold) return "hold_not_found";
    const settled = `settled ${legs.map((leg) => [leg.account, leg.amount])}`;
    if (hold.state === settled) return "replayed";
    if (hold.state.startsWith("settled")) return "idempotency_mismatch";
    if (!this.#isOpen(hold)) return "hold_resolved";
    const taken = -legs.reduce((sum, leg) => (leg.account === hold.account ? sum + leg.amount : sum), 0n);
    if (taken > hold.amount) return "settle_exceeds_hold";
    if (!this.#canPay(legs.filter((leg) => leg.account !== hold.account))) return "insufficient_balance";
    const budget = this.budgeted.get(key);
    const spent = -legs.reduce((sum, leg) => (leg.account === budget ? sum + leg.amount : sum), 0n);
    if (spent > hold.amount) return "settle_exceeds_hold";
    hold.state = settled;
    this.#move(legs);
    return "done";
  }

  release(key: string): Answer {
    const hold = this.holds.get(key);
    if (!hold) return "hold_not_found";
    if (hold.state.startsWith("settled")) return "hold_resolved";
    if (!this.#isOpen(hold)) return "replayed";
    hold.state = "released";
    return "done";
  }

  #once(key: string, payload: string, act: () => Answer): Answer {
    if (this.#keys.has(key)) return this.#keys.get(key) === payload ? "replayed" : "idempotency_mismatch";
    const answer = act();
    if (answer === "done") this.#keys.set(key, payload);
    return answer;
  }

  #move(legs: readonly Leg[]): void {
    for (const { account, amount } of legs) this.posted.set(account, this.balance(account) + amount);
  }
}

/** A budget in one window. */
export interface Allowed {
  account: string;
  limit: bigint;
}

const isSystem = (account: string) =>
  ["world", "platform", "budgets"].includes(account) || account.startsWith("budget:");
