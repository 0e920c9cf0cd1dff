import { sql } from "kysely";
import type { LedgerSumsTable, Storage } from "../../storage/index.ts";
import { HistorySums } from "../history-sums.ts";
import type { Audit } from "./audits.ts";
import type { Breathe } from "./walk.ts";

/** Rows that one statement sums: it is to be quick, however long all of it takes. */
const STEP_ROWS = 1_000;

/** What was summed of accounts' histories, and written down, is what summing anew gives. */
export function historySums(storage: Storage): Audit {
  const sums = new HistorySums(storage, STEP_ROWS);
  return {
    name: "history sums",
    async check(after, breathe) {
      const [account, span] = after === "" ? ["", ""] : (JSON.parse(after) as [string, string]);
      const row = await storage.db
        .selectFrom("ledger_sums")
        .selectAll()
        .where(sql<boolean>`(account, span) > (${account}, ${span})`)
        .orderBy("account")
        .orderBy("span")
        .limit(1)
        .executeTakeFirst();
      if (!row) return { problems: [], rows: 0, next: undefined };
      const message = await objectionTo(row, sums, breathe);
      const problems = message === undefined ? [] : [{ account: row.account, message }];
      return { problems, rows: 1, next: JSON.stringify([row.account, row.span]) };
    },
  };
}

async function objectionTo(row: LedgerSumsTable, sums: HistorySums, breathe: Breathe): Promise<string | undefined> {
  const what = `the sums of its history (${row.span})`;
  let isSame: boolean | undefined;
  try {
    isSame = await sums.isRight(row, breathe);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  if (isSame === undefined) return `${what} make no sense`;
  return isSame ? undefined : `${what} are not what the journal says`;
}
