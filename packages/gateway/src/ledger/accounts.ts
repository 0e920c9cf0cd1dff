/** Where fees go, and what agents without an owner earn. */
export const platformAccount = "platform";

/** Everything outside: topups come from here, payouts and write-offs go there. Minus all money inside. */
export const worldAccount = "world";

/** What was spent of all budgets: the other side of each of their accounts. */
export const budgetsAccount = "budgets";

const BUDGET = "budget:";

/** What was spent of one budget in one window of it, as a negative balance. */
export const budgetAccount = (budget: string, window: string): string => `${BUDGET}${budget}:${window}`;

/**
 * A wallet is every other account. It is prepaid: its available balance is never below zero. It needs no opening; one that
 * nothing has touched has a balance of zero.
 */
export const isWallet = (account: string): boolean =>
  account !== platformAccount && account !== worldAccount && account !== budgetsAccount && !account.startsWith(BUDGET);
