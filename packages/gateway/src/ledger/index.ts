export { budgetAccount, isWallet, platformAccount, worldAccount } from "./accounts.ts";
export type { Balance } from "./balance.ts";
export { type BudgetUse, budgetLegs } from "./budget.ts";
export { isLedgerError, LedgerError, type LedgerErrorCode, type LedgerProblems } from "./errors.ts";
export { type FailPoint, type FailPointHook, failPointFrom, failPoints } from "./fail-point.ts";
export { feeOf } from "./fee.ts";
export {
  type HoldResult,
  Ledger,
  type LedgerOptions,
  type PostRequest,
  type ReserveRequest,
  type TransactionResult,
  type VerificationProgress,
} from "./ledger.ts";
export type { Entry, LedgerQueries, Period, Statement, StatementLine, Summary } from "./ledger-queries.ts";
export type { AccountKind, LedgerCheck, LedgerSummary } from "./ledger-summary.ts";
export type { BalanceWatch, HoldState } from "./operation.ts";
export { type Leg, type Posting, payment, postingAmountMax, type Reference, topup, withdrawal } from "./posting.ts";
export { type LedgerRoom, type LedgerRoomOptions, openLedger } from "./room.ts";
export type { Transaction } from "./transaction.ts";
export {
  type Audit,
  LedgerWatch,
  type LedgerWatchOptions,
  type Problem,
  type VerificationReport,
} from "./verification/index.ts";
