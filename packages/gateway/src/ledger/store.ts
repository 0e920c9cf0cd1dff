import type { Statement } from "../storage/index.ts";
import type { Entry, Head, Hold, JournalRow, Resolution, ResolutionRow } from "./journal.ts";
import type { Books } from "./verification/books.ts";

/** Holds that lapse are resolved by each batch, at most this many, so that a batch stays short. */
export const dueMax = 64;

/** What a batch of operations has to know before it can be decided. */
export interface Needs {
  accounts: readonly string[];
  holds: readonly string[];
  keys: readonly string[];
  /** Also the open holds that lapse by this time of the journal, oldest first, at most `dueMax`. */
  dueAt: bigint;
}

export interface AccountState {
  id: string;
  posted: bigint;
  held: bigint;
}

export interface Loaded {
  head: Head;
  /** Those asked for, and those of the holds; one that is missing has never been touched. */
  accounts: readonly AccountState[];
  /** Open holds: those asked for and those due. */
  holds: readonly Hold[];
  due: readonly Hold[];
  /** Settle, release and expire rows of the holds asked for. */
  resolutions: readonly ResolutionRow[];
  /** Reserve and post rows with the keys asked for. */
  keyed: readonly KeyedRow[];
}

/** A row found by its key, and the step that resolved it, if it is a reserve that has been resolved. */
export type KeyedRow = JournalRow & { resolution: Resolution | null };

/** What a decided batch adds to the books. */
export interface Changes {
  head: Head;
  rows: readonly JournalRow[];
  entries: readonly Entry[];
  accounts: readonly AccountState[];
  opened: readonly Hold[];
  /** Ids of holds that are open no more. */
  resolved: readonly string[];
  alongside: readonly Statement[];
}

/** What a glance at the books tells. */
export interface Outlook {
  head: Head;
  /** By the journal's own time. */
  nextDue: bigint | null;
}

/** Where the books are kept. One batch at a time changes them, whichever node it comes from. */
export interface LedgerStore {
  /**
   * Loads what is needed under the write lock, lets `decide` decide, and makes the changes durable, all in one transaction.
   * Without changes nothing is written. @throws UnknownOutcomeError when the commit's answer was lost.
   */
  transact<T>(needs: Needs, decide: (loaded: Loaded) => { changes: Changes | undefined; value: T }): Promise<T>;
  /** The head as it is now, and when the next open hold lapses; null when none is open. Takes no lock. */
  look(): Promise<Outlook>;
  /** The same books, for verification. */
  readonly books: Books;
}
