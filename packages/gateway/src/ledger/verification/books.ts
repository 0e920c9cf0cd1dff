import type { MicroDollars } from "@agentgate/protocol";
import type { Entry, Head, Hold, JournalRow } from "../journal.ts";

/**
 * The books as verification reads them: in pages, without a lock, while others write. Each answer is of one instant; the journal is only
 * added to, so that what was read of it stays true.
 */
export interface Books {
  head(): Promise<Head>;
  /** The journal after `seq`, in order, at most `limit` rows, and their entries. */
  page(afterSeq: bigint, limit: number): Promise<JournalPage>;
  /** What these accounts had at a row, which may have moved them, and whether they stand among the accounts. */
  balancesAt(accounts: readonly string[], row: Pick<JournalRow, "seq" | "created_at">): Promise<KnownBalance[]>;
  /** What has become of holds. */
  fatesOf(holds: readonly string[]): Promise<HoldFate[]>;
  /** The accounts after `after` in the order of their ids, beside what they are derived from. */
  accountsAfter(after: string, limit: number): Promise<DerivedAccount[]>;
  /** The open holds after `after` in the order of their ids, beside what they are derived from. */
  holdsAfter(after: string, limit: number): Promise<DerivedHold[]>;
}

export interface JournalPage {
  rows: JournalRow[];
  entries: Entry[];
}

export interface KnownBalance {
  account: string;
  balance: MicroDollars;
  isAccount: boolean;
}

export interface HoldFate {
  id: string;
  isOpen: boolean;
  isResolved: boolean;
}

export interface DerivedAccount {
  id: string;
  posted: MicroDollars;
  held: MicroDollars;
  /** After the account's last entry. */
  balance: MicroDollars;
  /** Σ of its open holds. */
  reserved: MicroDollars;
}

export interface DerivedHold {
  hold: Hold;
  /** The row that opened it. */
  opened: Pick<JournalRow, "account" | "amount" | "type" | "reference" | "expires_at"> | undefined;
  isResolved: boolean;
}
