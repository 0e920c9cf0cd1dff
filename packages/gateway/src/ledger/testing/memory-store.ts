import { StorageAwayError, UnknownOutcomeError } from "../../storage/index.ts";
import { type Entry, genesis, type Head, type Hold, type JournalRow, type ResolutionRow } from "../journal.ts";
import type { Needs, Outlook } from "../store.ts";
import { type AccountState, type Changes, dueMax, type LedgerStore, type Loaded } from "../store.ts";
import { isResolution, memoryBooks } from "./memory-books.ts";

/** What may go wrong with one transaction. */
export type Fault =
  /** The database cannot be reached; nothing happens. */
  | "away"
  /** It happens, but the answer is lost. */
  | "answer lost"
  /** The connection breaks before the commit arrives. */
  | "commit lost";

/** The books in memory: quick, and as unreliable as a simulation wants them. */
export class MemoryStore implements LedgerStore {
  head: Head = genesis;
  readonly rows: JournalRow[] = [];
  readonly entries: Entry[] = [];
  readonly accounts = new Map<string, AccountState>();
  readonly holds = new Map<string, Hold>();
  readonly books = memoryBooks(this);
  /** Asked before each transaction, and again while it is under way. */
  disturb: () => Promise<Fault | undefined> = async () => undefined;
  #turn: Promise<unknown> = Promise.resolve();

  transact<T>(needs: Needs, decide: (loaded: Loaded) => { changes: Changes | undefined; value: T }): Promise<T> {
    const turn = this.#turn.then(async () => {
      const fault = await this.disturb();
      if (fault === "away") throw new StorageAwayError("connect ECONNREFUSED");
      const { changes, value } = decide(this.load(needs));
      if (fault === "commit lost") throw new UnknownOutcomeError("the connection was lost");
      if (changes) this.write(changes);
      await this.disturb();
      if (fault === "answer lost") throw new UnknownOutcomeError("the connection was lost");
      return value;
    });
    this.#turn = turn.catch(() => {});
    return turn;
  }

  load({ accounts, holds, keys, dueAt }: Needs): Loaded {
    const found = holds.flatMap((id) => this.holds.get(id) ?? []);
    const due = [...this.holds.values()].filter((hold) => hold.expires_at <= dueAt).slice(0, dueMax);
    const resolution = (id: string) =>
      this.rows.find((row): row is ResolutionRow => row.id === id && isResolution(row));
    const resolutions = holds.flatMap((id) => resolution(id) ?? []);
    const keyed = this.rows.flatMap((row) =>
      row.key !== null && keys.includes(row.key) ? { ...row, resolution: resolution(row.id)?.step ?? null } : [],
    );
    const involved = [...found, ...due, ...resolutions].flatMap(({ account }) => account ?? []);
    return {
      head: this.head,
      accounts: [...new Set([...accounts, ...involved])].flatMap((id) => this.accounts.get(id) ?? []),
      holds: found,
      due,
      resolutions,
      keyed,
    };
  }

  write({ head, rows, entries, accounts, opened, resolved }: Changes): void {
    this.head = head;
    this.rows.push(...rows);
    this.entries.push(...entries);
    for (const account of accounts) this.accounts.set(account.id, { ...account });
    for (const hold of opened) this.holds.set(hold.id, hold);
    for (const id of resolved) this.holds.delete(id);
  }

  async look(): Promise<Outlook> {
    const deadlines = [...this.holds.values()].map((hold) => hold.expires_at);
    return { head: this.head, nextDue: deadlines.sort((a, b) => (a < b ? -1 : 1))[0] ?? null };
  }
}

/** A store with the mistake that matters most: batches do not wait for each other. */
export class UnlockedStore extends MemoryStore {
  override async transact<T>(
    needs: Needs,
    decide: (loaded: Loaded) => { changes: Changes | undefined; value: T },
  ): Promise<T> {
    const { changes, value } = decide(this.load(needs));
    await this.disturb();
    if (changes) this.write(changes);
    return value;
  }
}
