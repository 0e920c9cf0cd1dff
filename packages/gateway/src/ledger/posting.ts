import type { MicroDollars } from "@agentgate/protocol";
import { platformAccount, worldAccount } from "./accounts.ts";
import { LedgerError } from "./errors.ts";

/** Texts that the caller wants to find on the transaction again (agent, task …); opaque to the ledger. */
export type Reference = Readonly<Record<string, string | null>>;

/** What one account gains (or, negative, loses). */
export interface Leg {
  account: string;
  amount: MicroDollars;
}

/** Money that moves at once between any number of accounts, and how the transaction reads to its parties. */
export interface Posting {
  /** The caller's word: "task", "topup", "refund" … */
  type: string;
  /** Sums to zero. */
  legs: readonly Leg[];
  /** Who pays; null for the world. */
  payer: string | null;
  /** Who is paid; null for the world. */
  receiver: string | null;
  /** What the payer is charged, before any fee is taken off. */
  amount: MicroDollars;
  /** The part of `amount` that the platform keeps; the receiver gets the rest. */
  fee: MicroDollars;
  reference: Reference;
}

/** The largest amount of one posting (4 billion dollars), so that balances stay far within 64 bits. */
export const postingAmountMax: MicroDollars = 4_000_000_000_000_000n;

/**
 * A payment: payer −amount, receiver +(amount − fee), platform +fee. Without a receiver the platform keeps all; a payer that
 * is the receiver pays the fee alone.
 */
export function payment(of: {
  type: string;
  payer: string;
  receiver: string | null;
  amount: MicroDollars;
  fee: MicroDollars;
  reference?: Reference;
}): Posting {
  const { type, payer, receiver, amount, fee, reference = {} } = of;
  const legs = [
    { account: payer, amount: -amount },
    { account: receiver ?? platformAccount, amount: amount - fee },
    { account: platformAccount, amount: fee },
  ];
  return { type, payer, receiver, amount, fee, reference, legs };
}

/** Money that comes into a wallet from outside. */
export function topup(of: { account: string; amount: MicroDollars; type?: string; reference?: Reference }): Posting {
  const { account, amount, type = "topup", reference = {} } = of;
  const legs = [
    { account: worldAccount, amount: -amount },
    { account, amount },
  ];
  return { type, payer: null, receiver: account, amount, fee: 0n, reference, legs };
}

/** Money that leaves a wallet for the outside: a payout, a write-off. */
export function withdrawal(of: {
  account: string;
  amount: MicroDollars;
  type: string;
  reference?: Reference;
}): Posting {
  const { account, amount, type, reference = {} } = of;
  const legs = [
    { account, amount: -amount },
    { account: worldAccount, amount },
  ];
  return { type, payer: account, receiver: null, amount, fee: 0n, reference, legs };
}

/** One leg an account, none of zero, in the order of the accounts' ids: the form in which they are hashed and stored. */
export function consolidate(legs: readonly Leg[]): Leg[] {
  const sums = new Map<string, MicroDollars>();
  for (const { account, amount } of legs) sums.set(account, (sums.get(account) ?? 0n) + amount);
  return [...sums]
    .filter(([, amount]) => amount !== 0n)
    .map(([account, amount]) => ({ account, amount }))
    .sort((a, b) => (a.account < b.account ? -1 : 1));
}

/** @throws LedgerError `invalid_operation` for a posting that can never be right. */
export function assertPosting({ type, legs, payer, receiver, amount, fee }: Posting): void {
  const total = legs.reduce((sum, leg) => sum + leg.amount, 0n);
  const accounts = [...legs.map((leg) => leg.account), payer, receiver];
  const reason =
    (total !== 0n && `the legs sum to ${total}`) ||
    (!type && "the type is empty") ||
    (accounts.includes("") && "an account's id is empty") ||
    (payer === null && receiver === null && "it has neither payer nor receiver") ||
    (amount < 0n && `the amount ${amount} is negative`) ||
    ((fee < 0n || fee > amount) && `the fee ${fee} is not a part of ${amount}`) ||
    ([amount, ...legs.map((leg) => leg.amount)].some(
      (value) => value > postingAmountMax || value < -postingAmountMax,
    ) &&
      `an amount is beyond ${postingAmountMax}`);
  if (reason) throw new LedgerError("invalid_operation", { reason });
}
