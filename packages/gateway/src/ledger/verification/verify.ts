import { setImmediate as immediate } from "node:timers/promises";
import type { Head } from "../journal.ts";
import { type Audit, accounts, leftOpen, openHolds } from "./audits.ts";
import type { Books } from "./books.ts";
import { OpenHolds } from "./open-holds.ts";
import { type Problem, Problems } from "./problems.ts";
import { TemporaryShelf } from "./temporary-shelf.ts";
import { beginning, Walk } from "./walk.ts";

export interface VerificationReport {
  ok: boolean;
  /** Rows of the journal that were checked. */
  rows: bigint;
  /** The last row's number and hash: kept elsewhere, they also prove that the journal was not cut off. */
  head: Pick<Head, "seq" | "hash">;
  accounts: number;
  openHolds: number;
  /** In the order found, the journal's first; at most 100. */
  problems: readonly Problem[];
}

export interface VerifyOptions {
  books: Books;
  /** Further checks, of what is kept beside the books. */
  audits?: readonly Audit[];
  /** Rows that are read at once. */
  pageRows?: number;
  /** Open holds that are kept in memory; more are put into a temporary file. */
  holdsMax?: number;
  /** Is told how far it is: rows of the journal, of so many. */
  onProgress?(rows: bigint, of: bigint): void;
}

const PAGE_ROWS = 512;
const HOLDS_MAX = 20_000;
const breathe = () => immediate();

/**
 * Verifies all of the books, from the first row of the journal on, whatever was verified before: the journal itself (`Walk`), and that
 * balances, open holds and head are what it says. Other work goes on meanwhile. What it keeps in memory has a bound, whatever the books hold.
 */
export async function verifyBooks(options: VerifyOptions): Promise<VerificationReport> {
  const { books, audits = [], pageRows = PAGE_ROWS, holdsMax = HOLDS_MAX } = options;
  const problems = new Problems();
  const shelf = new TemporaryShelf();
  const holds = new OpenHolds(shelf, { isShelfEmpty: true, held: 0n });
  const walk = new Walk({ books, holds, problems, place: beginning });
  const counted = { accounts: 0, holds: 0 };
  try {
    const head = await books.head();
    options.onProgress?.(0n, head.seq);
    while ((await walk.step(pageRows, head.seq)) > 0) {
      options.onProgress?.(walk.rows, head.seq);
      if (holds.changed > holdsMax) await shelf.put(holds, breathe);
    }
    walk.compare(head);
    if (holds.changed > 0 && !holds.isShelfEmpty) await shelf.put(holds, breathe);
    counted.accounts = await runAudit(accounts(books), problems);
    await runAudit(leftOpen(books, holds), problems);
    counted.holds = await runAudit(openHolds(books), problems);
    for (const audit of audits) await runAudit(audit, problems);
  } catch (error) {
    problems.add({ row: walk.place.seq + 1n, message: `cannot be read: ${(error as Error).message}` });
  } finally {
    shelf.close();
  }
  return {
    ok: problems.list.length === 0,
    rows: walk.rows,
    head: { seq: walk.place.seq, hash: walk.place.hash },
    accounts: counted.accounts,
    openHolds: counted.holds,
    problems: problems.list,
  };
}

/** @returns how many rows were checked */
async function runAudit(audit: Audit, problems: Problems): Promise<number> {
  let count = 0;
  for (let after: string | undefined = ""; after !== undefined; ) {
    const page = await audit.check(after, breathe);
    for (const problem of page.problems) problems.add(problem);
    count += page.rows;
    after = page.next;
  }
  return count;
}
