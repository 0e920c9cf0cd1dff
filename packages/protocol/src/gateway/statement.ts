import type { Transaction } from "./transaction.ts";

/** A movement of a wallet. Money in US dollars. */
export interface StatementLine extends Transaction {
  /** What it did to the wallet. */
  change: number;
  /** What was in the wallet after it. */
  balance: number;
}

export interface StatementTotal {
  tx_type: string;
  count: number;
  credited: number;
  debited: number;
}

/** A page of an organization's account of one calendar month in UTC. */
export interface Statement {
  org_id: string;
  org_name: string;
  /** `2026-11`. */
  month: string;
  from: string;
  to: string;
  currency: "USD";
  opening_balance: number;
  closing_balance: number;
  totals: StatementTotal[];
  /** Whether ledger and call log agree: on the first page, unless the month has too many lines. */
  reconciliation: { ledger_tasks: number; logged_tasks: number; reconciled: boolean } | null;
  lines: StatementLine[];
  /** `after` of the next page; null on the last. */
  next_after: string | null;
}
