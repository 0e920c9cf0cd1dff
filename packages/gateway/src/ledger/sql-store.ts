import { sql } from "kysely";
import type { Statement, StatementResult, Storage } from "../storage/index.ts";
import { KeyedStatement, RowInsert } from "../storage/index.ts";
import { genesis, type Head, type Hold, headColumns, type ResolutionRow } from "./journal.ts";
import type { AccountState, Changes, KeyedRow, LedgerStore, Loaded, Needs, Outlook } from "./store.ts";
import { dueMax } from "./store.ts";
import type { Books } from "./verification/books.ts";
import { SqlBooks } from "./verification/sql-books.ts";

const resolving = "('settle', 'release', 'expire')";

/** The books in the gateway's database. The head's row lock (PostgreSQL) or the write transaction (SQLite) orders all nodes. */
export class SqlLedgerStore implements LedgerStore {
  readonly books: Books;
  readonly #storage: Storage;
  readonly #reads: ReturnType<typeof readsFor>;
  readonly #writes: ReturnType<typeof writesFor>;

  constructor(storage: Storage) {
    this.books = new SqlBooks(storage);
    this.#storage = storage;
    this.#reads = readsFor(storage);
    this.#writes = writesFor(storage);
  }

  transact<T>(needs: Needs, decide: (loaded: Loaded) => { changes: Changes | undefined; value: T }): Promise<T> {
    const { statements, collect } = gather({
      head: [this.#reads.lockHead],
      accounts: this.#reads.accounts.statements(needs.accounts),
      holdAccounts: this.#reads.holdAccounts.statements(needs.holds),
      holds: this.#reads.holds.statements(needs.holds),
      resolutions: this.#reads.resolutions.statements(needs.holds),
      keyed: this.#reads.keyed.statements(needs.keys),
      due: [{ ...this.#reads.due, parameters: [needs.dueAt] }],
    });
    return this.#storage.transact(statements, (results) => {
      const rows = collect(results);
      const due = rows.due as DueRow[];
      const dueAccounts = due.map(({ account, posted, held }) => ({ id: account, posted, held }));
      const { changes, value } = decide({
        head: rows.head[0] as Head,
        accounts: [...rows.accounts, ...rows.holdAccounts, ...dueAccounts] as AccountState[],
        holds: rows.holds as Hold[],
        due,
        resolutions: rows.resolutions as ResolutionRow[],
        keyed: rows.keyed as KeyedRow[],
      });
      return { writes: changes ? this.#write(changes) : [], value };
    });
  }

  async look(): Promise<Outlook> {
    const { db } = this.#storage;
    const next = db.selectFrom("ledger_holds").select("expires_at").orderBy("expires_at").limit(1).as("next");
    const { nextDue, ...head } = await db
      .selectFrom("ledger_head as h")
      .leftJoin(next, (join) => join.onTrue())
      .where("h.id", "=", 1n)
      .select(headColumns.map((column) => `h.${column}` as const))
      .select("next.expires_at as nextDue")
      .executeTakeFirstOrThrow();
    return { head, nextDue };
  }

  #write({ head, rows, entries, accounts, opened, resolved, alongside }: Changes): Statement[] {
    const writes = this.#writes;
    return [
      ...writes.rows.statements(rows),
      ...writes.entries.statements(entries),
      ...writes.accounts.statements(accounts),
      ...writes.opened.statements(opened),
      ...writes.resolved.statements(resolved),
      { ...writes.head, parameters: [...headColumns.map((column) => head[column]), 1n] },
      ...alongside,
    ];
  }
}

function readsFor({ engine, db }: Storage) {
  const keyed = (before: string, after?: string) => new KeyedStatement(engine, before, after);
  const head = db.selectFrom("ledger_head").select(headColumns).where("id", "=", 1n);
  return {
    lockHead: (engine === "postgres" ? head.forUpdate() : head).compile(),
    accounts: keyed("select id, posted, held from ledger_accounts where id in"),
    holds: keyed("select * from ledger_holds where id in"),
    holdAccounts: keyed(
      "select a.id, a.posted, a.held from ledger_accounts a join ledger_journal j on a.id = j.account where j.id in",
      "and j.step = 'reserve'",
    ),
    resolutions: keyed("select * from ledger_journal where id in", `and step in ${resolving}`),
    keyed: keyed(
      `select j.*, r.step as resolution from ledger_journal j
       left join ledger_journal r on r.id = j.id and r.step in ${resolving} where j.key in`,
    ),
    /**
     * Parameter: until when. How many is in the text: PostgreSQL, which plans it once, would else expect a tenth of all holds, and
     * send for more processes while the ledger is locked.
     */
    due: db
      .selectFrom("ledger_holds as h")
      .innerJoin("ledger_accounts as a", "a.id", "h.account")
      .where("h.expires_at", "<=", 0n)
      .orderBy("h.expires_at")
      .orderBy("h.id")
      .limit(sql.lit(dueMax))
      .selectAll("h")
      .select(["a.posted", "a.held"])
      .compile(),
  };
}

/** A due hold with its account's balances. */
type DueRow = Hold & Omit<AccountState, "id">;

function writesFor({ engine, db }: Storage) {
  return {
    rows: new RowInsert(engine, "ledger_journal", [
      ...(["seq", "id", "step", "key", "fingerprint", "type", "account", "payer", "receiver"] as const),
      ...(["amount", "fee", "expires_at", "reference", "created_at", "hash", "elapsed"] as const),
    ]),
    entries: new RowInsert(engine, "ledger_entries", ["seq", "account", "amount", "balance", "created_at"]),
    accounts: new RowInsert(
      engine,
      "ledger_accounts",
      ["id", "posted", "held"],
      "on conflict (id) do update set posted = excluded.posted, held = excluded.held",
    ),
    opened: new RowInsert(engine, "ledger_holds", ["id", "account", "amount", "type", "reference", "expires_at"]),
    resolved: new KeyedStatement(engine, "delete from ledger_holds where id in"),
    /** Parameters: `headColumns`. */
    head: db
      .updateTable("ledger_head")
      .set(Object.fromEntries(headColumns.map((column) => [column, genesis[column]])))
      .where("id", "=", 1n)
      .compile(),
  };
}

/** Lines up groups of reads as one list, and sorts their results back into the groups. */
function gather<Name extends string>(groups: Record<Name, readonly Statement[]>) {
  const names = Object.keys(groups) as Name[];
  return {
    statements: names.flatMap((name) => groups[name]),
    collect(results: readonly StatementResult[]) {
      const left = [...results];
      const rows = names.map((name) => [name, left.splice(0, groups[name].length).flatMap((result) => result.rows)]);
      return Object.fromEntries(rows) as Record<Name, unknown[]>;
    },
  };
}
