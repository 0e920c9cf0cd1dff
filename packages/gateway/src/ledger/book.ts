import { strict as assert } from "node:assert";
import type { Statement } from "../storage/index.ts";
import { isWallet } from "./accounts.ts";
import {
  type Entry,
  type Head,
  type Hold,
  hashRow,
  type JournalRow,
  type Resolution,
  type ResolutionRow,
} from "./journal.ts";
import type { Leg } from "./posting.ts";
import type { AccountState, Changes, KeyedRow, Loaded } from "./store.ts";

const int64Max = 2n ** 63n - 1n;

/** What a step does to the held money of one account. */
interface HeldChange {
  account: string;
  amount: bigint;
}

/**
 * The part of the books that a batch works on: what was loaded, moved on by each step recorded. It knows no rules of what
 * may happen, but refuses to record what would break the books, whatever the rules say.
 */
export class Book {
  /** The next row's date, microseconds since the epoch: the clock's, but always later than the row before. */
  #date: bigint;
  /** By the journal's own time, the same for the whole batch. */
  readonly now: bigint;
  #last: Head;
  /** By how much the sums of all accounts and of the open holds change. */
  #posted = 0n;
  #held = 0n;
  #reserved = 0n;
  readonly #accounts = new Map<string, AccountState>();
  readonly #touched = new Set<string>();
  readonly #holds: Map<string, Hold>;
  readonly #opened = new Map<string, Hold>();
  readonly #resolved: string[] = [];
  readonly #resolutions: Map<string, ResolutionRow>;
  readonly #keyed: Map<string, KeyedRow>;
  readonly #rows: JournalRow[] = [];
  readonly #entries: Entry[] = [];
  readonly #alongside: Statement[] = [];

  /**
   * @param now by the journal's own time
   * @param date microseconds since the epoch
   */
  constructor(loaded: Loaded, { now, date }: { now: bigint; date: bigint }) {
    assert(now >= loaded.head.elapsed, `the journal's time goes back from ${loaded.head.elapsed} to ${now}`);
    this.#last = loaded.head;
    this.now = now;
    this.#date = date > loaded.head.created_at ? date : loaded.head.created_at + 1n;
    for (const account of loaded.accounts) this.#accounts.set(account.id, { ...account });
    this.#holds = new Map([...loaded.due, ...loaded.holds].map((hold) => [hold.id, hold]));
    this.#resolutions = new Map(loaded.resolutions.map((row) => [row.id, row]));
    this.#keyed = new Map(loaded.keyed.map((row) => [row.key!, row]));
  }

  /** The next row's date, microseconds since the epoch. */
  get date(): bigint {
    return this.#date;
  }

  account(id: string): Readonly<AccountState> {
    return this.#accounts.get(id) ?? { id, posted: 0n, held: 0n };
  }

  available(id: string): bigint {
    const { posted, held } = this.account(id);
    return posted - held;
  }

  /** The hold, as long as it is open. */
  openHold(id: string): Hold | undefined {
    return this.#holds.get(id);
  }

  /** The row that resolved a hold. */
  resolution(holdId: string): ResolutionRow | undefined {
    return this.#resolutions.get(holdId);
  }

  /** The reserve or post that used the key. */
  keyed(key: string): KeyedRow | undefined {
    return this.#keyed.get(key);
  }

  open(hold: Hold, row: { key: string; fingerprint: string }): JournalRow {
    const { id, account, amount, type, reference, expires_at } = hold;
    const recorded = this.#record(
      { id, step: "reserve", ...row, type, account, ...noParties, amount, expires_at, reference },
      [],
      { account, amount },
    );
    this.#holds.set(id, hold);
    this.#opened.set(id, hold);
    this.#reserved += amount;
    return recorded;
  }

  resolve(
    hold: Hold,
    step: Resolution,
    row: Partial<Pick<JournalRow, "fingerprint" | "type" | "payer" | "receiver" | "amount" | "fee" | "reference">> = {},
    legs: readonly Leg[] = [],
  ): ResolutionRow {
    const { id, account, amount, type, reference } = hold;
    const recorded = this.#record(
      {
        ...{ id, step, key: null, fingerprint: null, type, account, ...noParties, amount, expires_at: null, reference },
        ...row,
      },
      legs,
      { account, amount: -amount },
    );
    this.#holds.delete(id);
    this.#reserved -= amount;
    const resolution = { ...recorded, step };
    this.#resolutions.set(id, resolution);
    if (!this.#opened.delete(id)) this.#resolved.push(id);
    return resolution;
  }

  post(
    row: Pick<
      JournalRow,
      "id" | "key" | "fingerprint" | "type" | "payer" | "receiver" | "amount" | "fee" | "reference"
    >,
    legs: readonly Leg[],
  ): JournalRow {
    return this.#record({ ...row, step: "post", account: null, expires_at: null }, legs);
  }

  alongside(statements: readonly Statement[]): void {
    this.#alongside.push(...statements);
  }

  /** Everything recorded; undefined when nothing was and the time need not be kept either. */
  changes({ keepTime }: { keepTime: boolean }): Changes | undefined {
    if (this.#rows.length === 0 && !(keepTime && this.now > this.#last.elapsed)) return undefined;
    const { posted, held, reserved } = this.#last;
    assert(this.#posted === 0n, `the accounts gain ${this.#posted} in all`);
    assert(this.#held === this.#reserved, `${this.#held} more is held, but ${this.#reserved} more reserved`);
    return {
      head: {
        ...this.#last,
        elapsed: this.now,
        posted: posted + this.#posted,
        held: held + this.#held,
        reserved: reserved + this.#reserved,
      },
      rows: this.#rows,
      entries: this.#entries,
      accounts: [...this.#touched].map((id) => this.#accounts.get(id)!),
      opened: [...this.#opened.values()],
      resolved: this.#resolved,
      alongside: this.#alongside,
    };
  }

  #record(
    fields: Omit<JournalRow, "seq" | "created_at" | "elapsed" | "hash">,
    legs: readonly Leg[],
    held?: HeldChange,
  ): JournalRow {
    const total = legs.reduce((sum, leg) => sum + leg.amount, 0n);
    assert(total === 0n, `entries of ${fields.id} sum to ${total}`);
    if (held) this.#move(held.account, 0n, held.amount);
    const seq = this.#last.seq + 1n;
    const created_at = this.#date++;
    const entries = legs.map(({ account, amount }) => {
      const { posted } = this.#move(account, amount, 0n);
      return { seq, account, amount, balance: posted, created_at };
    });
    const row = { ...fields, seq, created_at, elapsed: this.now };
    const recorded = { ...row, hash: hashRow(this.#last.hash, row, entries) };
    for (const { account } of legs) this.#assertSound(account);
    if (held) this.#assertSound(held.account);
    this.#last = { ...this.#last, seq, hash: recorded.hash, created_at, elapsed: this.now };
    this.#rows.push(recorded);
    this.#entries.push(...entries);
    if (recorded.key !== null) this.#keyed.set(recorded.key, { ...recorded, resolution: null });
    return recorded;
  }

  #move(id: string, posted: bigint, held: bigint): AccountState {
    let account = this.#accounts.get(id);
    if (!account) {
      account = { id, posted: 0n, held: 0n };
      this.#accounts.set(id, account);
    }
    account.posted += posted;
    account.held += held;
    this.#posted += posted;
    this.#held += held;
    this.#touched.add(id);
    return account;
  }

  #assertSound(id: string): void {
    const { posted, held } = this.account(id);
    assert(held >= 0n, `account ${id} holds ${held}`);
    assert(!isWallet(id) || posted - held >= 0n, `wallet ${id} has ${posted} posted and ${held} held`);
    assert(posted <= int64Max && posted >= -int64Max, `account ${id} is beyond 64 bits`);
  }
}

const noParties = { payer: null, receiver: null, fee: 0n } as const;
