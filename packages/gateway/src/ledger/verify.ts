import type { MicroDollars } from "@agentgate/protocol";
import { isWallet } from "./accounts.ts";
import { type Entry, genesis, type Head, type Hold, hashRow, type JournalRow, timeOf } from "./journal.ts";
import type { LedgerStore, Snapshot } from "./store.ts";

export interface VerificationReport {
  ok: boolean;
  /** Rows of the journal that were checked. */
  rows: bigint;
  /** The last row's number and hash: kept elsewhere, they also prove that the journal was not cut off. */
  head: Pick<Head, "seq" | "hash">;
  accounts: number;
  openHolds: number;
  /** In the order found, the journal's first; at most 100. */
  problems: Problem[];
}

export interface Problem {
  /** The journal row, when the problem is one's. */
  row?: bigint;
  account?: string;
  hold?: string;
  message: string;
}

const pageSize = 1_000;
const problemsMax = 100;

/**
 * Walks the journal from its first row and checks: the hash chain; that every row's entries sum to zero; that no wallet was
 * ever overdrawn; that every hold was opened once, resolved at most once, never for more than was held, neither lapsed early nor
 * settled late by the journal's own time; and that balances, open holds and head are what the journal says.
 */
export async function verifyJournal(store: LedgerStore): Promise<VerificationReport> {
  const walk = new Walk();
  let snapshot: Snapshot = { head: genesis, accounts: [], holds: [] };
  try {
    snapshot = await store.snapshot();
    while (walk.last.seq < snapshot.head.seq) {
      const { rows, entries } = await store.read(walk.last.seq, pageSize);
      if (rows.length === 0) break;
      walk.page(
        rows.filter(({ seq }) => seq <= snapshot.head.seq),
        entries,
      );
    }
    walk.compare(snapshot);
  } catch (error) {
    walk.problem({ row: walk.last.seq + 1n, message: `cannot be read: ${(error as Error).message}` });
  }
  return {
    ok: walk.problems.length === 0,
    rows: walk.rows,
    head: { seq: walk.last.seq, hash: walk.last.hash },
    accounts: snapshot.accounts.length,
    openHolds: snapshot.holds.length,
    problems: walk.problems,
  };
}

class Walk {
  rows = 0n;
  last: Pick<Head, "seq" | "hash" | "created_at"> = genesis;
  readonly problems: Problem[] = [];
  readonly #posted = new Map<string, MicroDollars>();
  readonly #held = new Map<string, MicroDollars>();
  readonly #open = new Map<string, JournalRow>();
  /** The journal's own time, as far as rows tell it. */
  #elapsed = 0n;

  problem(problem: Problem): void {
    if (this.problems.length < problemsMax) this.problems.push(problem);
  }

  page(rows: readonly JournalRow[], entries: readonly Entry[]): void {
    const bySeq = Map.groupBy(entries, ({ seq }) => seq);
    for (const row of rows) {
      try {
        this.#row(
          row,
          (bySeq.get(row.seq) ?? []).sort((a, b) => (a.account < b.account ? -1 : 1)),
        );
      } catch (error) {
        this.problem({ row: row.seq, message: `makes no sense: ${(error as Error).message}` });
      }
      bySeq.delete(row.seq);
      this.last = row;
      this.rows++;
    }
    for (const seq of bySeq.keys()) {
      if (seq <= this.last.seq) this.problem({ row: seq, message: "has entries but is missing from the journal" });
    }
  }

  #row(row: JournalRow, entries: readonly Entry[]): void {
    const wrong = (message: string) => this.problem({ row: row.seq, message });
    if (row.seq !== this.last.seq + 1n) wrong(`follows row ${this.last.seq}: rows are missing`);
    if (row.hash !== hashRow(this.last.hash, row, entries))
      wrong("or its entries were changed: its hash does not match");
    if (row.created_at <= this.last.created_at) wrong("is older than the row before it");
    if (row.elapsed !== null && row.elapsed < this.#elapsed) wrong("goes back in the journal's own time");
    this.#elapsed = row.elapsed ?? this.#elapsed;
    const total = entries.reduce((sum, { amount }) => sum + amount, 0n);
    if (total !== 0n) wrong(`has entries that sum to ${total}`);
    this.#hold(row, entries, wrong);
    for (const { account, amount, balance, created_at } of entries) {
      const posted = (this.#posted.get(account) ?? 0n) + amount;
      this.#posted.set(account, posted);
      if (posted !== balance) wrong(`leaves ${account} with ${posted}, not ${balance}`);
      if (created_at !== row.created_at) wrong(`has an entry of another time for ${account}`);
    }
    for (const account of new Set([...entries.map((entry) => entry.account), ...(row.account ? [row.account] : [])])) {
      const available = (this.#posted.get(account) ?? 0n) - (this.#held.get(account) ?? 0n);
      if (isWallet(account) && available < 0n) wrong(`overdraws ${account} to ${available}`);
    }
  }

  #hold(row: JournalRow, entries: readonly Entry[], wrong: (message: string) => void): void {
    const { step, id, account, amount } = row;
    if (step === "post") return;
    const held = (change: MicroDollars) => this.#held.set(account!, (this.#held.get(account!) ?? 0n) + change);
    if (step === "reserve") {
      if (this.#open.has(id)) wrong(`opens hold ${id} a second time`);
      this.#open.set(id, row);
      held(amount);
      return;
    }
    const opened = this.#open.get(id);
    if (!opened) {
      wrong(`resolves hold ${id}, which is not open`);
      return;
    }
    this.#open.delete(id);
    held(-opened.amount);
    if (opened.account !== account) wrong(`resolves a hold on ${opened.account} as one on ${account}`);
    const taken = -(entries.find((entry) => entry.account === account)?.amount ?? 0n);
    if (taken > opened.amount) wrong(`takes ${taken} of a hold of ${opened.amount}`);
    if (step === "expire" && opened.expires_at! > timeOf(row)) wrong("expires a hold before its time");
    if (step === "settle" && opened.expires_at! <= timeOf(row)) wrong("settles a lapsed hold");
  }

  compare({ head, accounts, holds }: Snapshot): void {
    if (head.seq !== this.last.seq || head.hash !== this.last.hash) {
      this.problem({ message: `the head says row ${head.seq} (${head.hash}), the journal ends with ${this.last.seq}` });
    }
    if (head.elapsed < this.#elapsed) this.problem({ message: "the head is behind the journal's own time" });
    const held = [...this.#held.values()].reduce((sum, each) => sum + each, 0n);
    if (head.posted !== 0n || head.held !== held || head.reserved !== held) {
      const sums = `${head.posted} posted, ${head.held} held and ${head.reserved} reserved`;
      this.problem({ message: `the head sums up ${sums}, but the journal says 0, ${held} and ${held}` });
    }
    const stored = new Map(accounts.map((account) => [account.id, account]));
    for (const id of new Set([...stored.keys(), ...this.#posted.keys(), ...this.#held.keys()])) {
      const { posted = 0n, held = 0n } = stored.get(id) ?? {};
      const expected = { posted: this.#posted.get(id) ?? 0n, held: this.#held.get(id) ?? 0n };
      if (posted === expected.posted && held === expected.held) continue;
      const message = `${posted} posted and ${held} held, but the journal says ${expected.posted} and ${expected.held}`;
      this.problem({ account: id, message });
    }
    const open = new Map(holds.map((hold) => [hold.id, hold]));
    for (const id of new Set([...open.keys(), ...this.#open.keys()])) {
      const row = this.#open.get(id);
      const hold = open.get(id);
      if (!row) this.problem({ hold: id, message: "is open, but the journal knows of no such open hold" });
      else if (!hold) this.problem({ hold: id, message: "is open in the journal, but missing from the open holds" });
      else if (!sameHold(row, hold)) this.problem({ hold: id, message: "differs from the row that opened it" });
    }
  }
}

const sameHold = (row: JournalRow, hold: Hold) =>
  row.account === hold.account &&
  row.amount === hold.amount &&
  row.type === hold.type &&
  row.reference === hold.reference &&
  row.expires_at === hold.expires_at;

/** @throws Error when the sums that the head carries tell that the books are broken. */
export function assertBalanced({ posted, held, reserved }: Head): void {
  const problem =
    (posted !== 0n && `all accounts sum to ${posted}, not 0`) ||
    (held !== reserved && `${held} is held, but the open holds sum to ${reserved}`);
  if (problem) throw new Error(`the ledger's books are broken (${problem}); see \`agentgate ledger verify\``);
}
