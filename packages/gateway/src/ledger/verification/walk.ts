import { setImmediate as immediate } from "node:timers/promises";
import type { MicroDollars } from "@agentgate/protocol";
import { isWallet } from "../accounts.ts";
import { type Entry, genesis, type Head, hashRow, type JournalRow, timeOf } from "../journal.ts";
import type { Books, JournalPage } from "./books.ts";
import type { OpenHolds } from "./open-holds.ts";
import type { Problems } from "./problems.ts";

/** Where a walk is: behind which row, and the journal's own time there as far as rows tell it. */
export type Place = Pick<Head, "seq" | "hash" | "created_at" | "elapsed">;

export const beginning: Place = (({ seq, hash, created_at, elapsed }) => ({ seq, hash, created_at, elapsed }))(genesis);

/** Lets other work go on. */
export type Breathe = () => Promise<void>;

/** Rows that are checked without a breath: some milliseconds. */
const STRETCH_ROWS = 128;

/**
 * Walks the journal in order, a page at a time, and checks: the hash chain; that every row's entries sum to zero and leave the balance that
 * the account's last entry left, moved on; that no wallet was ever overdrawn; that every hold was opened once, resolved at most once,
 * never for more than was held, neither lapsed early nor settled late by the journal's own time.
 *
 * Of what lies behind it, it keeps the holds that are open where it is; what accounts had it looks up, in entries that it has checked.
 */
export class Walk {
  readonly #books: Books;
  readonly #problems: Problems;
  readonly holds: OpenHolds;
  #place: Place;
  rows = 0n;

  constructor(options: { books: Books; holds: OpenHolds; problems: Problems; place: Place }) {
    this.#books = options.books;
    this.#problems = options.problems;
    this.holds = options.holds;
    this.#place = options.place;
  }

  get place(): Place {
    return this.#place;
  }

  /** Checks the next rows, at most `limit` and none behind `until`. @returns how many; 0 when there are none */
  async step(limit: number, until: bigint): Promise<number> {
    const ahead = until - this.#place.seq;
    if (ahead <= 0n) return 0;
    const page = await this.#books.page(this.#place.seq, ahead < BigInt(limit) ? Number(ahead) : limit);
    page.rows = page.rows.filter(({ seq }) => seq <= until);
    if (page.rows.length === 0) return 0;
    const balances = await this.#balances(page);
    const bySeq = Map.groupBy(page.entries, ({ seq }) => seq);
    for (const [index, row] of page.rows.entries()) {
      if (index > 0 && index % STRETCH_ROWS === 0) await immediate();
      try {
        const entries = (bySeq.get(row.seq) ?? []).sort((a, b) => (a.account < b.account ? -1 : 1));
        this.#row(row, entries, balances);
      } catch (error) {
        this.#problems.add({ row: row.seq, message: `makes no sense: ${(error as Error).message}` });
      }
      bySeq.delete(row.seq);
      const elapsed = row.elapsed ?? this.#place.elapsed;
      this.#place = { seq: row.seq, hash: row.hash, created_at: row.created_at, elapsed };
      this.rows++;
    }
    for (const seq of bySeq.keys()) {
      if (seq <= this.#place.seq) {
        this.#problems.add({ row: seq, message: "has entries but is missing from the journal" });
      }
    }
    return page.rows.length;
  }

  /** Compares the head with the walk's place, to which the head belongs. */
  compare(head: Head): void {
    const { seq, hash, created_at, elapsed } = this.#place;
    const { held } = this.holds;
    const wrong = (message: string) => this.#problems.add({ message });
    if (head.seq !== seq || head.hash !== hash || head.created_at !== created_at) {
      wrong(`the head says row ${head.seq} (${head.hash}), the journal ends with ${seq}`);
    }
    if (head.elapsed < elapsed) wrong("the head is behind the journal's own time");
    if (head.posted !== 0n || head.held !== held || head.reserved !== held) {
      const sums = `${head.posted} posted, ${head.held} held and ${head.reserved} reserved`;
      wrong(`the head sums up ${sums}, but the journal says 0, ${held} and ${held}`);
    }
  }

  /** What the accounts of a page had before it; looks up its holds as well. */
  async #balances({ rows, entries }: JournalPage): Promise<Map<string, MicroDollars>> {
    const accounts = new Set(entries.map(({ account }) => account));
    const holds: string[] = [];
    for (const { step, id, account } of rows) {
      if (account !== null) accounts.add(account);
      if (step !== "post") holds.push(id);
    }
    const [known] = await Promise.all([
      this.#books.balancesAt([...accounts], this.#place),
      this.holds.prepare(holds, [...accounts]),
    ]);
    for (const { account, isAccount } of known) {
      if (!isAccount) this.#problems.add({ account, message: "is in the journal, but missing from the accounts" });
    }
    return new Map(known.map(({ account, balance }) => [account, balance]));
  }

  #row(row: JournalRow, entries: readonly Entry[], balances: Map<string, MicroDollars>): void {
    const wrong = (message: string) => this.#problems.add({ row: row.seq, message });
    const last = this.#place;
    if (row.seq !== last.seq + 1n) wrong(`follows row ${last.seq}: rows are missing`);
    if (row.hash !== hashRow(last.hash, row, entries)) wrong("or its entries were changed: its hash does not match");
    if (row.created_at <= last.created_at) wrong("is older than the row before it");
    if (row.elapsed !== null && row.elapsed < last.elapsed) wrong("goes back in the journal's own time");
    const total = entries.reduce((sum, { amount }) => sum + amount, 0n);
    if (total !== 0n) wrong(`has entries that sum to ${total}`);
    this.#hold(row, entries, wrong);
    for (const { account, amount, balance, created_at } of entries) {
      const posted = (balances.get(account) ?? 0n) + amount;
      // What comes next is compared with what is written here, right or not: one wrong entry does not make all behind it wrong.
      balances.set(account, balance);
      if (posted !== balance) wrong(`leaves ${account} with ${posted}, not ${balance}`);
      if (created_at !== row.created_at) wrong(`has an entry of another time for ${account}`);
    }
    for (const account of new Set([...entries.map((entry) => entry.account), ...(row.account ? [row.account] : [])])) {
      const available = (balances.get(account) ?? 0n) - this.holds.heldOf(account);
      if (isWallet(account) && available < 0n) wrong(`overdraws ${account} to ${available}`);
    }
  }

  #hold(row: JournalRow, entries: readonly Entry[], wrong: (message: string) => void): void {
    const { step, id, account, amount, expires_at } = row;
    if (step === "post") return;
    const opened = this.holds.get(id);
    if (step === "reserve") {
      if (opened) {
        wrong(`opens hold ${id} a second time`);
        this.holds.resolve(opened);
      }
      this.holds.open({ id, account: account!, amount, expires_at: expires_at! });
      return;
    }
    if (!opened) {
      wrong(`resolves hold ${id}, which is not open`);
      return;
    }
    this.holds.resolve(opened);
    if (opened.account !== account) wrong(`resolves a hold on ${opened.account} as one on ${account}`);
    const taken = -(entries.find((entry) => entry.account === account)?.amount ?? 0n);
    if (taken > opened.amount) wrong(`takes ${taken} of a hold of ${opened.amount}`);
    if (step === "expire" && opened.expires_at > timeOf(row)) wrong("expires a hold before its time");
    if (step === "settle" && opened.expires_at <= timeOf(row)) wrong("settles a lapsed hold");
  }
}
