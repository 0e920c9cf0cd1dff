import type { Transaction } from "./transaction.ts";

/** What one entry of the ledger did to a wallet. Amounts in US dollars. */
export interface WalletEntry {
  /** Its place in the ledger's journal. */
  seq: number;
  transaction: Transaction;
  /** The call in the log that it was paid for. */
  call_id: string | null;
  change: number;
  /** After it. */
  balance: number;
}

/** What is put aside for a call that is under way. */
export interface WalletHold {
  /** Of the transaction that it becomes, if it is settled. */
  id: string;
  amount: number;
  tx_type: string;
  call_id: string | null;
  created_at: string;
  /** By the ledger's own time. */
  lapses_in_ms: number;
  lapses_at: string;
}

/** A rate limit of an organization, and what is left of it. */
export interface OrgLimit {
  /** For those who call its agents, for what it pays for, or of the key that is used. */
  scope: "owner" | "payer" | "key";
  /** Tokens per second. */
  rate: number;
  burst: number;
  /** Null where each client address has its own. */
  tokens: number | null;
  /** By the node that answered. */
  rejected_1h: number;
}
