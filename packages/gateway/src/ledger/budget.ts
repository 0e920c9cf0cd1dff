import type { MicroDollars } from "@agentgate/protocol";
import type { Statement } from "../storage/index.ts";
import { budgetsAccount } from "./accounts.ts";
import type { Book } from "./book.ts";
import { LedgerError } from "./errors.ts";
import type { Hold } from "./journal.ts";
import type { Leg } from "./posting.ts";

/**
 * What a payment takes from a budget, beside the wallet: an account counts what was spent in one window, in the same steps as the money
 * itself, so that it is as hard as the wallet and verified with the books.
 */
export interface BudgetUse {
  /** Of one budget in one window: `budgetAccount`. */
  account: string;
  /** What may be spent and held in the window. */
  limit: MicroDollars;
  /** When the window is over, microseconds since the epoch, by the dates of the journal, which never go back; null for never. */
  until: bigint | null;
  /** Told what was spent in the window before and after a payment; answers more statements to be committed with it. Never throws. */
  watch?: ((spent: { before: MicroDollars; after: MicroDollars }) => readonly Statement[]) | undefined;
}

/** What a budget's account gains, and what it says beside the money. */
export const budgetLegs = (budgets: readonly BudgetUse[], amount: MicroDollars): Leg[] =>
  budgets.flatMap(({ account }) => [
    { account, amount: -amount },
    { account: budgetsAccount, amount },
  ]);

/** The hold on a budget that goes with a hold on a wallet: the first, the second, … of its budgets. */
export const companionOf = (hold: string, index: number): string => `${hold}/${index + 1}`;

export const companionsOf = (hold: string, count = 0): string[] =>
  Array.from({ length: count }, (_, index) => companionOf(hold, index));

/** What was spent of a budget in a window, and what is held. */
export function spentOf(book: Book, account: string): { spent: MicroDollars; held: MicroDollars } {
  const { posted, held } = book.account(account);
  return { spent: -posted, held };
}

/** @throws LedgerError `budget_exceeded`, or `budget_window_over` when the window is another by now */
export function assertBudgets(book: Book, budgets: readonly BudgetUse[], required: MicroDollars): void {
  for (const { account, limit, until } of budgets) {
    if (until !== null && book.date >= until) throw new LedgerError("budget_window_over", { account });
    const { spent, held } = spentOf(book, account);
    if (spent + held + required > limit) throw new LedgerError("budget_exceeded", { account, limit, spent, held });
  }
}

/** Sets the same aside of each budget as of the wallet. */
export function openCompanions(
  book: Book,
  hold: Hold,
  { key, fingerprint }: { key: string; fingerprint: string },
  budgets: readonly BudgetUse[],
): void {
  for (const [index, { account }] of budgets.entries()) {
    const id = companionOf(hold.id, index);
    book.open({ ...hold, id, account, type: "budget" }, { key: companionOf(key, index), fingerprint });
  }
}

/** What a hold was made with is paid within, whatever was made of its limits since. @throws LedgerError `settle_exceeds_hold` */
export function assertWithinCompanions(
  book: Book,
  hold: string,
  budgets: readonly BudgetUse[],
  legs: readonly Leg[],
): void {
  for (const [index, { account }] of budgets.entries()) {
    const required = -(legs.find((leg) => leg.account === account)?.amount ?? 0n);
    const held = book.openHold(companionOf(hold, index))?.amount ?? 0n;
    if (required > held) throw new LedgerError("settle_exceeds_hold", { hold, held, required });
  }
}

/** Lets go what is still set aside of the budgets: what is paid is counted by the payment's own legs. */
export function closeCompanions(book: Book, hold: string, count = 0): void {
  for (const id of companionsOf(hold, count)) {
    const companion = book.openHold(id);
    if (companion) book.resolve(companion, companion.expires_at > book.now ? "release" : "expire");
  }
}
