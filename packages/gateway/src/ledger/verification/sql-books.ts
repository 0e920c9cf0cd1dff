import { type RawBuilder, sql } from "kysely";
import { type Storage, sumOf } from "../../storage/index.ts";
import { type Head, headColumns, type JournalRow } from "../journal.ts";
import type { Books, DerivedAccount, DerivedHold, HoldFate, JournalPage, KnownBalance } from "./books.ts";

const resolutions = ["settle", "release", "expire"] as const;

/** The books in the gateway's database. Every statement finds its rows by keys. */
export class SqlBooks implements Books {
  readonly #storage: Storage;

  constructor(storage: Storage) {
    this.#storage = storage;
  }

  get #db() {
    return this.#storage.db;
  }

  head(): Promise<Head> {
    return this.#db.selectFrom("ledger_head").select(headColumns).where("id", "=", 1n).executeTakeFirstOrThrow();
  }

  async page(afterSeq: bigint, limit: number): Promise<JournalPage> {
    const journal = this.#db.selectFrom("ledger_journal").selectAll().where("seq", ">", afterSeq);
    const rows = await journal.orderBy("seq").limit(limit).execute();
    const last = rows.at(-1);
    if (!last) return { rows, entries: [] };
    const entries = await this.#db
      .selectFrom("ledger_entries")
      .select(["seq", "account", "amount", "balance", "created_at"])
      .where("seq", ">", afterSeq)
      .where("seq", "<=", last.seq)
      .execute();
    return { rows, entries };
  }

  /** Found by its time, which rises with its row; an entry whose time was changed is passed over by its row. */
  async balancesAt(
    accounts: readonly string[],
    { seq, created_at }: Pick<JournalRow, "seq" | "created_at">,
  ): Promise<KnownBalance[]> {
    const given = this.#given(accounts);
    const { rows } = await sql<{ account: string; balance: bigint | null; accounts: bigint }>`
      select given.value as account,
        (select balance from ledger_entries as e
         where e.account = given.value and e.created_at <= ${created_at} and e.seq <= ${seq}
         order by e.created_at desc limit 1) as balance,
        (select count(*) from ledger_accounts as a where a.id = given.value) as accounts
      from ${given}
    `.execute(this.#db);
    return rows.map((row) => ({
      account: row.account,
      balance: row.balance ?? 0n,
      isAccount: row.accounts > 0n,
    }));
  }

  async fatesOf(holds: readonly string[]): Promise<HoldFate[]> {
    const given = this.#given(holds);
    const { rows } = await sql<{ id: string; open: bigint; resolved: bigint }>`
      select given.value as id,
        (select count(*) from ledger_holds as h where h.id = given.value) as open,
        (select count(*) from ledger_journal as j
         where j.id = given.value and j.step in (${sql.join(resolutions.map((step) => sql.lit(step)))})) as resolved
      from ${given}
    `.execute(this.#db);
    return rows.map(({ id, open, resolved }) => ({ id, isOpen: open > 0n, isResolved: resolved > 0n }));
  }

  accountsAfter(after: string, limit: number): Promise<DerivedAccount[]> {
    return this.#db
      .selectFrom("ledger_accounts as a")
      .select(["a.id", "a.posted", "a.held"])
      .select((eb) => [
        eb.fn
          .coalesce(
            eb
              .selectFrom("ledger_entries as e")
              .select("e.balance")
              .whereRef("e.account", "=", "a.id")
              .orderBy("e.created_at", "desc")
              .limit(sql.lit(1)),
            sql<bigint>`0`,
          )
          .as("balance"),
        eb
          .selectFrom("ledger_holds as h")
          .whereRef("h.account", "=", "a.id")
          .select((holds) => sumOf(holds.ref("h.amount")).as("amount"))
          .$asScalar()
          .$notNull()
          .as("reserved"),
      ])
      .where("a.id", ">", after)
      .orderBy("a.id")
      .limit(limit)
      .execute();
  }

  async holdsAfter(after: string, limit: number): Promise<DerivedHold[]> {
    const rows = await this.#db
      .selectFrom("ledger_holds as h")
      .leftJoin("ledger_journal as j", (join) => join.onRef("j.id", "=", "h.id").on("j.step", "=", "reserve"))
      .selectAll("h")
      .select(["j.seq", "j.account as rowAccount", "j.amount as rowAmount", "j.type as rowType"])
      .select(["j.reference as rowReference", "j.expires_at as rowExpiry"])
      .select((eb) =>
        eb
          .selectFrom("ledger_journal as r")
          .whereRef("r.id", "=", "h.id")
          .where("r.step", "in", resolutions)
          .select((counted) => counted.fn.countAll<bigint>().as("count"))
          .$asScalar()
          .as("resolved"),
      )
      .where("h.id", ">", after)
      .orderBy("h.id")
      .limit(limit)
      .execute();
    return rows.map(({ seq, rowAccount, rowAmount, rowType, rowReference, rowExpiry, resolved, ...hold }) => ({
      hold,
      opened:
        seq === null
          ? undefined
          : {
              ...{ account: rowAccount, amount: rowAmount!, type: rowType! },
              ...{ reference: rowReference!, expires_at: rowExpiry },
            },
      isResolved: (resolved ?? 0n) > 0n,
    }));
  }

  /** A list as a table with one column, `value`. */
  #given(values: readonly string[]): RawBuilder<unknown> {
    const list = JSON.stringify(values);
    return this.#storage.engine === "sqlite"
      ? sql`json_each(${list}) as given`
      : sql`json_array_elements_text(cast(${list} as json)) as given (value)`;
  }
}
