import type { MicroDollars } from "@agentgate/protocol";
import type { Micros } from "../runtime/index.ts";
import { type Storage, sumOf } from "../storage/index.ts";
import { isWallet, platformAccount, worldAccount } from "./accounts.ts";
import { type Balance, balanceOf } from "./balance.ts";
import type { Hold } from "./journal.ts";
import type { HoldState } from "./operation.ts";
import type { Leg } from "./posting.ts";
import { type Transaction, transactionOf } from "./transaction.ts";
import type { Totals } from "./verify.ts";

export interface Summary {
  /** Σ amount as payer. */
  spent: MicroDollars;
  /** Σ net as receiver. */
  earned: MicroDollars;
  /** Σ fee as receiver. */
  fees: MicroDollars;
  asPayer: bigint;
  asReceiver: bigint;
}

export interface Statement {
  opening: MicroDollars;
  closing: MicroDollars;
  /** What moved the balance from opening to closing, by the transactions' type. */
  totals: { type: string; count: bigint; credited: MicroDollars; debited: MicroDollars }[];
}

/** One line of an account's statement. */
export interface StatementLine {
  transaction: Transaction;
  /** What the account gained (or, negative, lost). */
  change: MicroDollars;
  /** The posted balance afterwards. */
  balance: MicroDollars;
}

/** From (inclusive) and to (exclusive), microseconds since the epoch. */
export interface Period {
  from: Micros;
  to: Micros;
}

const holdStates = {
  reserve: "pending",
  settle: "settled",
  post: "settled",
  release: "released",
  expire: "expired",
} as const;

/** Reads the books; what a ledger's method has answered, these show. */
export class LedgerQueries {
  readonly #storage: Storage;

  constructor(storage: Storage) {
    this.#storage = storage;
  }

  get #db() {
    return this.#storage.db;
  }

  async balance(account: string): Promise<Balance> {
    const row = await this.#db.selectFrom("ledger_accounts").selectAll().where("id", "=", account).executeTakeFirst();
    return balanceOf(account, row ?? { posted: 0n, held: 0n });
  }

  /** The posted balances of these accounts, by id; one that nothing has touched is left out. */
  async postedBalances(accounts: readonly string[]): Promise<Map<string, MicroDollars>> {
    const found = new Map<string, MicroDollars>();
    for (let at = 0; at < accounts.length; at += 500) {
      const query = this.#db.selectFrom("ledger_accounts").select(["id", "posted"]);
      const rows = await query.where("id", "in", accounts.slice(at, at + 500)).execute();
      for (const { id, posted } of rows) found.set(id, posted);
    }
    return found;
  }

  /** Up to `limit` wallets with money in them whose ids come after `after`, in the order of ids. */
  async fundedWallets(after: string, limit: number): Promise<string[]> {
    const query = this.#db.selectFrom("ledger_accounts").select("id").where("id", ">", after).where("posted", ">", 0n);
    const rows = await query.orderBy("id").limit(limit).execute();
    return rows.map(({ id }) => id).filter(isWallet);
  }

  async openHolds(account: string): Promise<Hold[]> {
    return this.#db.selectFrom("ledger_holds").selectAll().where("account", "=", account).limit(1000).execute();
  }

  /** What has become of a hold; undefined when there is none of this id. One that has lapsed unnoticed is pending still. */
  async holdState(id: string): Promise<HoldState | undefined> {
    const steps = this.#db.selectFrom("ledger_journal").select("step").where("id", "=", id);
    const last = await steps.orderBy("seq", "desc").limit(1).executeTakeFirst();
    return last && holdStates[last.step];
  }

  async transaction(id: string): Promise<Transaction | undefined> {
    return (await this.transactionWithLegs(id))?.transaction;
  }

  async transactionWithLegs(id: string): Promise<{ transaction: Transaction; legs: Leg[] } | undefined> {
    const row = await this.#db
      .selectFrom("ledger_journal")
      .selectAll()
      .where("id", "=", id)
      .where("step", "in", ["settle", "post"])
      .executeTakeFirst();
    if (!row) return undefined;
    const entries = this.#db.selectFrom("ledger_entries").select(["account", "amount"]).where("seq", "=", row.seq);
    return { transaction: transactionOf(row), legs: await entries.orderBy("account").execute() };
  }

  /** An account's transactions, newest first. */
  async transactions(
    account: string,
    { role, limit, offset }: { role: "payer" | "receiver" | "all"; limit: number; offset: number },
  ): Promise<Transaction[]> {
    const newest = (party: "payer" | "receiver") =>
      this.#db
        .selectFrom("ledger_journal")
        .selectAll()
        .where(party, "=", account)
        .orderBy("created_at", "desc")
        .limit(limit + offset);
    const as = (party: "payer" | "receiver") => this.#db.selectFrom(newest(party).as(party)).selectAll();
    const query = role === "all" ? as("payer").union(as("receiver")) : as(role);
    const rows = await query.orderBy("created_at", "desc").limit(limit).offset(offset).execute();
    return rows.map(transactionOf);
  }

  /** What an account spent and earned, in transactions of these types (all, when not given) and this period. */
  async summary(account: string, filter: { types?: readonly string[]; period?: Period } = {}): Promise<Summary> {
    const { types, period } = filter;
    const as = (party: "payer" | "receiver") => {
      let query = this.#db.selectFrom("ledger_journal").where(party, "=", account);
      if (types) query = query.where("type", "in", types);
      if (period) query = query.where("created_at", ">=", period.from).where("created_at", "<", period.to);
      return query
        .select((eb) => [
          eb.fn.countAll<bigint>().as("count"),
          sumOf(eb.ref("amount")).as("amount"),
          sumOf(eb.ref("fee")).as("fee"),
        ])
        .executeTakeFirstOrThrow();
    };
    const [paid, received] = await Promise.all([as("payer"), as("receiver")]);
    return {
      spent: paid.amount,
      earned: received.amount - received.fee,
      fees: received.fee,
      asPayer: paid.count,
      asReceiver: received.count,
    };
  }

  /** An account's opening and closing balance and what lies between; opening + credited − debited = closing, always. */
  async statement(account: string, { from, to }: Period): Promise<Statement> {
    const balanceAt = async (time: Micros) => {
      const last = this.#db.selectFrom("ledger_entries").select("balance").where("account", "=", account);
      const row = await last.where("created_at", "<", time).orderBy("created_at", "desc").limit(1).executeTakeFirst();
      return row?.balance ?? 0n;
    };
    const totals = this.#db
      .selectFrom("ledger_entries as e")
      .innerJoin("ledger_journal as j", "j.seq", "e.seq")
      .where("e.account", "=", account)
      .where("e.created_at", ">=", from)
      .where("e.created_at", "<", to)
      .groupBy("j.type")
      .orderBy("j.type")
      .select((eb) => [
        "j.type",
        eb.fn.countAll<bigint>().as("count"),
        sumOf(eb.case().when("e.amount", ">", 0n).then(eb.ref("e.amount")).else(null).end()).as("credited"),
        sumOf(
          eb
            .case()
            .when("e.amount", "<", 0n)
            .then(eb.neg(eb.ref("e.amount")))
            .else(null)
            .end(),
        ).as("debited"),
      ])
      .execute();
    const [opening, closing, lines] = await Promise.all([balanceAt(from), balanceAt(to), totals]);
    return { opening, closing, totals: lines };
  }

  /** A statement's lines, oldest first, at most `limit` after the time `after` (the last line's `createdAt`). */
  async statementLines(account: string, of: Period & { after?: Micros; limit: number }): Promise<StatementLine[]> {
    const { from, to, after = from - 1n, limit } = of;
    const rows = await this.#db
      .selectFrom("ledger_entries as e")
      .innerJoin("ledger_journal as j", "j.seq", "e.seq")
      .where("e.account", "=", account)
      .where("e.created_at", ">=", from)
      .where("e.created_at", ">", after)
      .where("e.created_at", "<", to)
      .orderBy("e.created_at")
      .limit(limit)
      .selectAll("j")
      .select(["e.amount as change", "e.balance as balance"])
      .execute();
    return rows.map(({ change, balance, ...row }) => ({ transaction: transactionOf(row), change, balance }));
  }

  /** What must always hold, from the derived tables alone: quick enough for every start. */
  async totals(): Promise<Totals> {
    const system = [platformAccount, worldAccount];
    const accounts = this.#db
      .selectFrom("ledger_accounts")
      .select((eb) => [sumOf(eb.ref("posted")).as("posted"), sumOf(eb.ref("held")).as("held")]);
    const open = this.#db.selectFrom("ledger_holds").select((eb) => sumOf(eb.ref("amount")).as("amount"));
    const overdrawn = this.#db
      .selectFrom("ledger_accounts")
      .select("id")
      .where("id", "not in", system)
      .whereRef("posted", "<", "held")
      .limit(10);
    const [sums, holds, wallets] = await this.#storage.batch([accounts.compile(), open.compile(), overdrawn.compile()]);
    return {
      posted: sums!.rows[0].posted,
      held: sums!.rows[0].held,
      openHolds: holds!.rows[0].amount,
      overdrawn: wallets!.rows.map(({ id }) => id),
    };
  }
}
