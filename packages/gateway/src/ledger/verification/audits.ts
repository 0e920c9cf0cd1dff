import type { Books, DerivedHold } from "./books.ts";
import type { OpenHolds } from "./open-holds.ts";
import type { Problem } from "./problems.ts";
import type { Breathe } from "./walk.ts";

/** A check of what is derived from the journal or kept beside it, in pages. */
export interface Audit {
  /** Kept with how far it is; it does not change. */
  readonly name: string;
  /**
   * Checks the next page. Each page stands for itself: it may be checked again, by another node.
   * @param after what the page before answered as `next`, first ""
   */
  check(after: string, breathe: Breathe): Promise<{ problems: Problem[]; rows: number; next: string | undefined }>;
}

/** Rows that one statement compares, each found by its key wherever that lies. */
const PAGE_ROWS = 128;

/** The holds that were open where the walk ended are open, or were resolved since. */
export function leftOpen(books: Books, holds: OpenHolds, pageRows: number = PAGE_ROWS): Audit {
  return {
    name: "left open",
    async check(after) {
      const { ids, next } = await holds.idsAfter(after, pageRows);
      const lost =
        ids.length === 0 ? [] : (await books.fatesOf(ids)).filter((fate) => !fate.isOpen && !fate.isResolved);
      const message = "is open in the journal, but missing from the open holds";
      return { problems: lost.map(({ id }) => ({ hold: id, message })), rows: 0, next };
    },
  };
}

/** Each open hold is as the row that opened it, and no row has resolved it. */
export function openHolds(books: Books, pageRows: number = PAGE_ROWS): Audit {
  return {
    name: "open holds",
    async check(after) {
      const holds = await books.holdsAfter(after, pageRows);
      const problems = holds.flatMap((derived) => {
        const message = objectionTo(derived);
        return message === undefined ? [] : { hold: derived.hold.id, message };
      });
      return {
        problems,
        rows: holds.length,
        next: nextOf(
          holds.map(({ hold }) => hold.id),
          pageRows,
        ),
      };
    },
  };
}

/** Each account has what its last entry left, and holds what its open holds sum to. */
export function accounts(books: Books, pageRows: number = PAGE_ROWS): Audit {
  return {
    name: "accounts",
    async check(after) {
      const page = await books.accountsAfter(after, pageRows);
      const problems = page
        .filter(({ posted, held, balance, reserved }) => posted !== balance || held !== reserved)
        .map(({ id, posted, held, balance, reserved }) => ({
          account: id,
          message: `${posted} posted and ${held} held, but its entries and holds say ${balance} and ${reserved}`,
        }));
      return {
        problems,
        rows: page.length,
        next: nextOf(
          page.map(({ id }) => id),
          pageRows,
        ),
      };
    },
  };
}

const nextOf = (ids: readonly string[], limit: number): string | undefined =>
  ids.length < limit ? undefined : ids.at(-1);

function objectionTo({ hold, opened, isResolved }: DerivedHold): string | undefined {
  if (!opened || isResolved) return "is open, but the journal knows of no such open hold";
  const isSame =
    opened.account === hold.account &&
    opened.amount === hold.amount &&
    opened.type === hold.type &&
    opened.reference === hold.reference &&
    opened.expires_at === hold.expires_at;
  return isSame ? undefined : "differs from the row that opened it";
}
