/**
 * The ledger's tables; `packages/gateway/src/ledger` is their only writer. Amounts are micro-dollars, times microseconds:
 * `created_at` since the epoch, `expires_at` and `elapsed` by the journal's own time.
 */
export interface LedgerDatabase {
  ledger_journal: LedgerJournalTable;
  ledger_entries: LedgerEntriesTable;
  ledger_accounts: LedgerAccountsTable;
  ledger_holds: LedgerHoldsTable;
  ledger_head: LedgerHeadTable;
  ledger_sums: LedgerSumsTable;
  ledger_checkpoints: LedgerCheckpointsTable;
  ledger_checkpoint_holds: LedgerCheckpointHoldsTable;
}

/** What happened, in order, one row a step. Append-only; `hash` chains each row, with its entries, to the one before. */
export interface LedgerJournalTable {
  /** 1, 2, 3 … without gaps. */
  seq: bigint;
  /** The transaction's id, shared by a reserve and the step that resolves it. */
  id: string;
  step: "reserve" | "settle" | "release" | "expire" | "post";
  /** Idempotency key of a reserve or post. */
  key: string | null;
  /** What a repetition must repeat: the SHA-256 of the payload. */
  fingerprint: string | null;
  /** The caller's word for it: "task", "topup", … */
  type: string;
  /** Whose money is held or let go; null in a post. */
  account: string | null;
  /** The parties of a settle or post, null in other steps and for the world. */
  payer: string | null;
  receiver: string | null;
  amount: bigint;
  fee: bigint;
  /** When a reserve lapses, by the journal's own time. */
  expires_at: bigint | null;
  /** The caller's JSON object of texts, opaque here. */
  reference: string;
  /** For people: strictly increasing with `seq`. */
  created_at: bigint;
  hash: string;
  /** The journal's own time, never decreasing; null in rows that are older than it, whose time is `created_at`. */
  elapsed: bigint | null;
}

/** What a settle or post moved on one account. The amounts of a journal row sum to zero. */
export interface LedgerEntriesTable {
  seq: bigint;
  account: string;
  amount: bigint;
  /** The account's posted balance afterwards. */
  balance: bigint;
  created_at: bigint;
}

/** Derived from the journal: an account's balances now. */
export interface LedgerAccountsTable {
  id: string;
  posted: bigint;
  held: bigint;
}

/** Derived from the journal: the reserves that nothing has resolved yet. */
export interface LedgerHoldsTable {
  id: string;
  account: string;
  amount: bigint;
  type: string;
  reference: string;
  expires_at: bigint;
}

/** One row: the journal's last one, and the sums of what is derived from it all. Its lock is the ledger's write lock. */
export interface LedgerHeadTable {
  id: bigint;
  seq: bigint;
  hash: string;
  created_at: bigint;
  /** The journal's own time; moves on also without rows. */
  elapsed: bigint;
  /** Σ of all accounts' `posted`: 0. */
  posted: bigint;
  /** Σ of all accounts' `held`, and of the open holds' amounts: the same. */
  held: bigint;
  reserved: bigint;
}

/** How far a part of an account's history has been summed: what comes later is added by whoever asks. */
export interface LedgerSumsTable {
  account: string;
  /** Which part. */
  span: string;
  /** Everything up to this time is in the sums. */
  until: bigint;
  /** JSON. */
  sums: string;
}

/** How far the journal was verified in the background. */
export interface LedgerCheckpointsTable {
  /** `new`: what came since it was verified last; `all`: the walk through everything, again and again. */
  name: string;
  /** Moves with every change, so that of two nodes that go on from one, one does. */
  version: bigint;
  /** The last row that was verified, as it was. */
  seq: bigint;
  hash: string;
  created_at: bigint;
  /** The journal's own time there. */
  elapsed: bigint;
  /** Σ of the holds that are open there. */
  held: bigint;
  /** What is being done: the journal, or what is derived from it. */
  stage: string;
  /** How far that is, where it is not the journal. */
  cursor: string;
  /** When the walk ended, by the journal's own time; null while it is under way. */
  ended_at: bigint | null;
  /** What was found. JSON. */
  problems: string;
}

/** A hold that is open at a checkpoint. */
export interface LedgerCheckpointHoldsTable {
  checkpoint: string;
  id: string;
  account: string;
  amount: bigint;
  expires_at: bigint;
}
