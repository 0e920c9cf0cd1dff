import type { MicroDollars } from "@agentgate/protocol";
import type { Statement } from "../storage/index.ts";
import type { Balance } from "./balance.ts";
import type { BudgetUse } from "./budget.ts";
import type { LedgerError } from "./errors.ts";
import type { JournalRow } from "./journal.ts";
import type { Posting } from "./posting.ts";

/** One thing asked of the ledger, checked as far as it can be without the books. */
export type Operation = ReserveOperation | SettleOperation | ReleaseOperation | PostOperation;

export interface ReserveOperation {
  step: "reserve";
  id: string;
  key: string;
  fingerprint: string;
  account: string;
  amount: MicroDollars;
  type: string;
  /** Microseconds from when it is reserved. */
  lifetime: bigint;
  reference: string;
  /** Of which the same is set aside. */
  budgets?: readonly BudgetUse[] | undefined;
}

export interface SettleOperation {
  step: "settle";
  hold: string;
  fingerprint: string;
  posting: Posting;
  /** Committed with the operation, or not at all. */
  alongside: readonly Statement[];
  watch?: BalanceWatch | undefined;
  /** Those that the hold was made with. */
  budgets?: readonly BudgetUse[] | undefined;
}

export interface ReleaseOperation {
  step: "release";
  hold: string;
  /** How many budgets the hold was made with. */
  budgets?: number | undefined;
}

export interface PostOperation {
  step: "post";
  id: string;
  key: string;
  fingerprint: string;
  posting: Posting;
  alongside: readonly Statement[];
  watch?: BalanceWatch | undefined;
  /** Which the posting is paid within. */
  budgets?: readonly BudgetUse[] | undefined;
}

/**
 * What an operation did to all money of the account that pays (or, where none does, is paid). Asked while the ledger is locked, perhaps
 * more than once when a transaction has to be tried again; what it answers is committed with the operation.
 */
export type BalanceWatch = (change: { before: MicroDollars; after: MicroDollars }) => readonly Statement[];

export type HoldState = "pending" | "settled" | "released" | "expired";

/** What became of an operation. `row` is the journal's row that did it, be it now or when it was first asked. */
export type Outcome = Done | { error: LedgerError };

export interface Done {
  row: JournalRow;
  /** Of the hold, after a step on one. */
  state: HoldState | undefined;
  /** Of the account that pays (or, where none does, is paid), as this operation left it or found it. */
  balance: Balance;
  /** It was found done: by an earlier request, or by an earlier attempt at this one whose answer was lost. */
  replayed: boolean;
}
