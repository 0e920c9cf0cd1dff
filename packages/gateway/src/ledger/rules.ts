import { isWallet } from "./accounts.ts";
import { type Balance, balanceOf } from "./balance.ts";
import type { Book } from "./book.ts";
import {
  assertBudgets,
  assertWithinCompanions,
  type BudgetUse,
  closeCompanions,
  openCompanions,
  spentOf,
} from "./budget.ts";
import { LedgerError } from "./errors.ts";
import type { Hold, ResolutionRow } from "./journal.ts";
import { leadMax } from "./journal-time.ts";
import type {
  Done,
  HoldState,
  Operation,
  Outcome,
  PostOperation,
  ReleaseOperation,
  ReserveOperation,
  SettleOperation,
} from "./operation.ts";
import { consolidate, type Leg } from "./posting.ts";
import type { KeyedRow } from "./store.ts";

/**
 * The rules, in the order of the operations: each sees the effects of those before it. A refused one leaves no trace.
 * Holds that have lapsed expire before anything else is looked at.
 */
export function applyAll(book: Book, due: readonly Hold[], operations: readonly Operation[]): Outcome[] {
  // What is due was looked up by a time that may turn out to be ahead of the journal's.
  for (const hold of due) lapse(book, hold);
  return operations.map((operation) => {
    try {
      return apply(book, operation);
    } catch (error) {
      if (error instanceof LedgerError) return { error };
      throw error;
    }
  });
}

function apply(book: Book, operation: Operation): Done {
  switch (operation.step) {
    case "reserve":
      return reserve(book, operation);
    case "settle":
      return settle(book, operation);
    case "release":
      return release(book, operation);
    case "post":
      return post(book, operation);
  }
}

/** Sets money of a wallet aside until it is settled, released or lapses. */
function reserve(book: Book, operation: ReserveOperation): Done {
  const { id, key, fingerprint, account, amount, type, reference, lifetime, budgets = [] } = operation;
  const before = repeated(book, operation);
  if (before) return before;
  assertAvailable(book, account, amount);
  assertBudgets(book, budgets, amount);
  const hold = { id, account, amount, type, reference, expires_at: book.now + lifetime + leadMax };
  const row = book.open(hold, { key, fingerprint });
  openCompanions(book, hold, { key, fingerprint }, budgets);
  return { row, state: "pending", balance: balance(book, account), replayed: false };
}

/** Moves what was held, or less of it, and lets the rest go. A hold that has lapsed is not settled, however late it is noticed. */
function settle(book: Book, operation: SettleOperation): Done {
  const { hold: id, fingerprint, posting, alongside, watch, budgets = [] } = operation;
  const hold = lapse(book, book.openHold(id));
  if (!hold) {
    const row = resolutionOf(book, id);
    if (row.step !== "settle") throw new LedgerError("hold_resolved", { hold: id, state: states[row.step] });
    if (row.fingerprint !== fingerprint) throw new LedgerError("idempotency_mismatch", { key: id });
    return { row, state: "settled", balance: balance(book, row.account!), replayed: true };
  }
  const legs = consolidate(posting.legs);
  const required = -(legs.find(({ account }) => account === hold.account)?.amount ?? 0n);
  if (required > hold.amount) throw new LedgerError("settle_exceeds_hold", { hold: id, held: hold.amount, required });
  assertPayable(
    book,
    legs.filter(({ account }) => account !== hold.account),
  );
  assertWithinCompanions(book, id, budgets, legs);
  const { type, payer, receiver, amount, fee } = posting;
  const reference = JSON.stringify(posting.reference);
  const before = book.account(hold.account).posted;
  closeCompanions(book, id, budgets.length);
  const tell = watchBudgets(book, budgets);
  const row = book.resolve(hold, "settle", { fingerprint, type, payer, receiver, amount, fee, reference }, legs);
  book.alongside(alongside);
  if (watch) book.alongside(watch({ before, after: book.account(hold.account).posted }));
  tell();
  return { row, state: "settled", balance: balance(book, hold.account), replayed: false };
}

/** Lets what was held go. Once more, or after it has lapsed, is no error. */
function release(book: Book, { hold: id, budgets }: ReleaseOperation): Done {
  const hold = lapse(book, book.openHold(id));
  if (hold) {
    const row = book.resolve(hold, "release");
    closeCompanions(book, id, budgets);
    return { row, state: "released", balance: balance(book, hold.account), replayed: false };
  }
  const row = resolutionOf(book, id);
  if (row.step === "settle") throw new LedgerError("hold_resolved", { hold: id, state: "settled" });
  return { row, state: states[row.step], balance: balance(book, row.account!), replayed: true };
}

/** Moves money at once. */
function post(book: Book, operation: PostOperation): Done {
  const { id, key, fingerprint, posting, alongside, watch, budgets = [] } = operation;
  const { type, payer, receiver, amount, fee } = posting;
  const done = repeated(book, operation);
  if (done) return done;
  const legs = consolidate(posting.legs);
  assertPayable(book, legs);
  const account = (payer ?? receiver)!;
  assertBudgets(book, budgets, -(legs.find((leg) => leg.account === account)?.amount ?? 0n));
  const tell = watchBudgets(book, budgets);
  const before = book.account(account).posted;
  const reference = JSON.stringify(posting.reference);
  const row = book.post({ id, key, fingerprint, type, payer, receiver, amount, fee, reference }, legs);
  book.alongside(alongside);
  if (watch) book.alongside(watch({ before, after: book.account(account).posted }));
  tell();
  return { row, state: undefined, balance: balance(book, account), replayed: false };
}

/** Tells, after a payment, what was spent before it and is now. */
function watchBudgets(book: Book, budgets: readonly BudgetUse[]): () => void {
  const before = budgets.map(({ account }) => spentOf(book, account).spent);
  return () => {
    for (const [index, { account, watch }] of budgets.entries()) {
      if (watch) book.alongside(watch({ before: before[index]!, after: spentOf(book, account).spent }));
    }
  };
}

/** What the same key did before, if anything. */
function repeated(book: Book, { step, key, fingerprint }: ReserveOperation | PostOperation): Done | undefined {
  const row = book.keyed(key);
  if (!row) return undefined;
  if (row.step !== step || row.fingerprint !== fingerprint) throw new LedgerError("idempotency_mismatch", { key });
  const account = (row.account ?? row.payer ?? row.receiver)!;
  const state = step === "reserve" ? stateOf(book, row) : undefined;
  return { row, state, balance: balance(book, account), replayed: true };
}

/** The hold if it is still good; one that has lapsed unnoticed expires now. */
function lapse(book: Book, hold: Hold | undefined): Hold | undefined {
  if (!hold || hold.expires_at > book.now) return hold;
  book.resolve(hold, "expire");
  return undefined;
}

function resolutionOf(book: Book, hold: string): ResolutionRow {
  const row = book.resolution(hold);
  if (!row) throw new LedgerError("hold_not_found", { hold });
  return row;
}

const states = { settle: "settled", release: "released", expire: "expired" } as const;

function stateOf(book: Book, reserve: KeyedRow): HoldState {
  const resolution = book.resolution(reserve.id)?.step ?? reserve.resolution;
  if (resolution) return states[resolution];
  return reserve.expires_at! > book.now ? "pending" : "expired";
}

function assertPayable(book: Book, legs: readonly Leg[]): void {
  for (const { account, amount } of legs) if (amount < 0n && isWallet(account)) assertAvailable(book, account, -amount);
}

function assertAvailable(book: Book, account: string, required: bigint): void {
  const available = book.available(account);
  if (available < required) throw new LedgerError("insufficient_balance", { account, available, required });
}

const balance = (book: Book, account: string): Balance => balanceOf(account, book.account(account));
