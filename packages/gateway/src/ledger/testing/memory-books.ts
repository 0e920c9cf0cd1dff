import type { Entry, Head, Hold, JournalRow } from "../journal.ts";
import type { AccountState } from "../store.ts";
import type { Books } from "../verification/books.ts";

interface MemoryRecords {
  head: Head;
  readonly rows: readonly JournalRow[];
  readonly entries: readonly Entry[];
  readonly accounts: ReadonlyMap<string, AccountState>;
  readonly holds: ReadonlyMap<string, Hold>;
}

export const isResolution = ({ step }: JournalRow): boolean =>
  step === "settle" || step === "release" || step === "expire";

/** The books of a memory store, as verification reads them. */
export function memoryBooks(store: MemoryRecords): Books {
  const { rows, entries, accounts, holds } = store;
  const isResolved = (id: string) => rows.some((row) => row.id === id && isResolution(row));
  const inOrder = <T extends { id: string }>(all: Iterable<T>, after: string, limit: number) =>
    [...all]
      .filter(({ id }) => id > after)
      .sort((a, b) => (a.id < b.id ? -1 : 1))
      .slice(0, limit);
  return {
    head: async () => store.head,
    async page(afterSeq, limit) {
      const page = rows.filter((row) => row.seq > afterSeq).slice(0, limit);
      const last = page.at(-1)?.seq ?? afterSeq;
      return { rows: page, entries: entries.filter((entry) => entry.seq > afterSeq && entry.seq <= last) };
    },
    balancesAt: async (ids, { seq }) =>
      ids.map((account) => ({
        account,
        balance: entries.findLast((entry) => entry.account === account && entry.seq <= seq)?.balance ?? 0n,
        isAccount: accounts.has(account),
      })),
    fatesOf: async (ids) => ids.map((id) => ({ id, isOpen: holds.has(id), isResolved: isResolved(id) })),
    accountsAfter: async (after, limit) =>
      inOrder(accounts.values(), after, limit).map((account) => ({
        ...account,
        balance: entries.findLast((entry) => entry.account === account.id)?.balance ?? 0n,
        reserved: [...holds.values()].reduce(
          (sum, hold) => (hold.account === account.id ? sum + hold.amount : sum),
          0n,
        ),
      })),
    holdsAfter: async (after, limit) =>
      inOrder(holds.values(), after, limit).map((hold) => ({
        hold,
        opened: rows.find((row) => row.id === hold.id && row.step === "reserve"),
        isResolved: isResolved(hold.id),
      })),
  };
}
