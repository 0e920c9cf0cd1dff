import { hash } from "node:crypto";
import type { LedgerEntriesTable, LedgerHeadTable, LedgerHoldsTable, LedgerJournalTable } from "../storage/index.ts";

export type JournalRow = LedgerJournalTable;
export type Entry = LedgerEntriesTable;
export type Hold = LedgerHoldsTable;
export type Head = Omit<LedgerHeadTable, "id">;
export type Step = JournalRow["step"];
/** The steps that end a hold. */
export type Resolution = Extract<Step, "settle" | "release" | "expire">;

export type ResolutionRow = JournalRow & { step: Resolution };

export const headColumns = ["seq", "hash", "created_at", "elapsed", "posted", "held", "reserved"] as const;

/** @throws Error when the sums that the head carries tell that the books are broken. */
export function assertBalanced({ posted, held, reserved }: Head): void {
  const problem =
    (posted !== 0n && `all accounts sum to ${posted}, not 0`) ||
    (held !== reserved && `${held} is held, but the open holds sum to ${reserved}`);
  if (problem) throw new Error(`the ledger's books are broken (${problem}); see \`agentgate ledger verify\``);
}

/** The chain's beginning: the hash "before" row 1. */
export const genesis: Head = {
  ...{ seq: 0n, hash: "", created_at: 0n, elapsed: 0n },
  ...{ posted: 0n, held: 0n, reserved: 0n },
};

/**
 * A row's hash: SHA-256, in hex, of the JSON array
 * `[previous hash, seq, id, step, key, fingerprint, type, account, payer, receiver, amount, fee, expires_at, reference,
 * created_at, elapsed, [[account, amount, balance], …]]` with integers as decimal strings and the entries in the order of their
 * accounts' ids; without `elapsed` for a row that has none. docs/ledger.md shows how to check it without this program.
 */
export function hashRow(
  previousHash: string,
  row: Omit<JournalRow, "hash">,
  entries: readonly Pick<Entry, "account" | "amount" | "balance">[],
): string {
  const fields = [
    ...[previousHash, String(row.seq), row.id, row.step, row.key, row.fingerprint, row.type, row.account, row.payer],
    ...[row.receiver, String(row.amount), String(row.fee), row.expires_at === null ? null : String(row.expires_at)],
    ...[row.reference, String(row.created_at)],
    ...(row.elapsed === null ? [] : [String(row.elapsed)]),
    entries.map(({ account, amount, balance }) => [account, String(amount), String(balance)]),
  ];
  return hash("sha256", JSON.stringify(fields), "hex");
}

/** When a row was written, by the journal's own time. */
export const timeOf = ({ elapsed, created_at }: Pick<JournalRow, "elapsed" | "created_at">): bigint =>
  elapsed ?? created_at;

/** What a repetition of an operation must repeat. */
export function fingerprintOf(payload: readonly unknown[]): string {
  return hash("sha256", JSON.stringify(payload, integersAsText), "base64url");
}

const integersAsText = (_key: string, value: unknown) => (typeof value === "bigint" ? value.toString() : value);
