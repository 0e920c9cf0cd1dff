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
