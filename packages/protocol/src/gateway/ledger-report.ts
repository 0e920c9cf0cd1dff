/** What a walk through the whole ledger found. */
export interface LedgerReport {
  /** False when anything is wrong. */
  ok: boolean;
  /** Rows of the journal that were checked. */
  rows: number;
  /** The last row. Kept elsewhere, it also proves that the journal was not cut off. */
  head: { seq: number; hash: string };
  accounts: number;
  open_holds: number;
  /** In the order found; at most 100. */
  problems: { row: number | null; account: string | null; hold: string | null; message: string }[];
}

/** What is in the ledger at one moment, and how far it was verified in the background. Dollars. */
export interface LedgerState {
  /** All accounts together: 0. */
  sum: number;
  /** The last row of the journal. */
  head: { seq: number; hash: string; at: string };
  /** Of what is in wallets, put aside for calls under way. */
  held: number;
  /** What the holds themselves come to: the same. */
  reserved: number;
  accounts: { kind: "wallets" | "platform" | "world"; balance: number }[];
  checks: LedgerCheck[];
  /** How far the node that answers is with `verifyLedger`, in rows of the journal; null when nobody has asked for it. */
  verifying: { rows: number; of: number } | null;
}

/** A walk through the books. */
export interface LedgerCheck {
  /** What came since it was verified last; or everything, again and again. */
  name: "new" | "all";
  /** The last row that was verified. */
  seq: number;
  row_written_at: string | null;
  /** When it was done with everything; null while it is under way, and of `new`. */
  ended_at: string | null;
  problems: LedgerReport["problems"];
}
