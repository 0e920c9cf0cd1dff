import type { MicroDollars } from "@agentgate/protocol";
import type { Micros } from "../runtime/index.ts";
import type { Storage } from "../storage/index.ts";
import { budgetAccount } from "./accounts.ts";
import { type Balance, balanceOf } from "./balance.ts";
import { HistorySums } from "./history-sums.ts";
import type { Hold } from "./journal.ts";
import { type LedgerSummary, ledgerSummary } from "./ledger-summary.ts";
import type { HoldState } from "./operation.ts";
import type { Leg } from "./posting.ts";
import { type Transaction, transactionOf } from "./transaction.ts";

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

/** A reserve that nothing has resolved yet. */
export interface OpenHold extends Pick<Hold, "id" | "amount" | "type" | "expires_at"> {
  /** Its idempotency key. */
  key: string | null;
  created_at: Micros;
}

/** What one transaction did to an account. */
export interface Entry extends StatementLine {
  /** Of the transaction, in the journal. */
  seq: bigint;
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
  readonly #sums: HistorySums;

  constructor(storage: Storage) {
    this.#storage = storage;
    this.#sums = new HistorySums(storage);
  }

  get #db() {
    return this.#storage.db;
  }

  /** The books at one moment; `now` is the journal's own time. */
  books(now: Micros): Promise<LedgerSummary> {
    return ledgerSummary(this.#storage, now);
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

  /** What these accounts have, by id; one that nothing has touched has nothing. */
  async balances(accounts: readonly string[]): Promise<Map<string, Balance>> {
    const found = new Map(accounts.map((id) => [id, balanceOf(id, { posted: 0n, held: 0n })]));
    for (let at = 0; at < accounts.length; at += 500) {
      const query = this.#db.selectFrom("ledger_accounts").selectAll();
      const rows = await query.where("id", "in", accounts.slice(at, at + 500)).execute();
      for (const row of rows) found.set(row.id, balanceOf(row.id, row));
    }
    return found;
  }

  /** What these budgets have spent in these windows, as negative balances, and what is held of them; in their order. */
  async budgets(
    of: readonly { budget: string; window: string }[],
  ): Promise<{ posted: MicroDollars; held: MicroDollars }[]> {
    const accounts = of.map(({ budget, window }) => budgetAccount(budget, window));
    const found = new Map<string, { posted: MicroDollars; held: MicroDollars }>();
    for (let at = 0; at < accounts.length; at += 500) {
      const query = this.#db
        .selectFrom("ledger_accounts")
        .selectAll()
        .where("id", "in", accounts.slice(at, at + 500));
      for (const { id, posted, held } of await query.execute()) found.set(id, { posted, held });
    }
    return accounts.map((account) => found.get(account) ?? { posted: 0n, held: 0n });
  }

  /** What has moved an account, newest first, `limit` of it; before the time `before` (the last line's `createdAt`) where it is given. */
  async entries(account: string, { before, limit }: { before?: Micros | undefined; limit: number }): Promise<Entry[]> {
    let query = this.#db
      .selectFrom("ledger_entries as e")
      .innerJoin("ledger_journal as j", "j.seq", "e.seq")
      .where("e.account", "=", account);
    // The journal's times grow strictly with its rows.
    if (before !== undefined) query = query.where("e.created_at", "<", before);
    const rows = await query
      .orderBy("e.created_at", "desc")
      .limit(limit)
      .selectAll("j")
      .select(["e.amount as change", "e.balance as balance"])
      .execute();
    return rows.map(({ change, balance, ...row }) => ({
      seq: row.seq,
      transaction: transactionOf(row),
      change,
      balance,
    }));
  }

  /** Open holds on an account, those that lapse first before others; behind `after` where it is given. */
  async holdsOf(
    account: string,
    { after, limit }: { after?: Pick<Hold, "id" | "expires_at"> | undefined; limit: number },
  ): Promise<OpenHold[]> {
    let page = this.#db.selectFrom("ledger_holds").selectAll().where("account", "=", account);
    if (after) {
      const { id, expires_at: at } = after;
      page = page.where((eb) =>
        eb.or([eb("expires_at", ">", at), eb.and([eb("expires_at", "=", at), eb("id", ">", id)])]),
      );
    }
    return this.#db
      .selectFrom(page.orderBy("expires_at").orderBy("id").limit(limit).as("h"))
      .innerJoin("ledger_journal as j", (join) => join.onRef("j.id", "=", "h.id").on("j.step", "=", "reserve"))
      .select(["h.id", "h.amount", "h.type", "h.expires_at", "j.key", "j.created_at"])
      .orderBy("h.expires_at")
      .orderBy("h.id")
      .execute();
  }

  /** Up to `limit` open holds on an account. */
  async openHolds(account: string, limit = 1_000): Promise<Hold[]> {
    return this.#db.selectFrom("ledger_holds").selectAll().where("account", "=", account).limit(limit).execute();
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

  /**
   * An account's transactions, newest first. Where the page begins is found by the times in an index alone, so that one far down reads no
   * more rows than the first.
   */
  async transactions(
    account: string,
    { role, limit, offset }: { role: "payer" | "receiver" | "all"; limit: number; offset: number },
  ): Promise<Transaction[]> {
    const times = (party: "payer" | "receiver") =>
      this.#db
        .selectFrom("ledger_journal")
        .select("created_at")
        .where(party, "=", account)
        .orderBy("created_at", "desc")
        .limit(limit + offset);
    const as = (party: "payer" | "receiver") => this.#db.selectFrom(times(party).as(party)).select("created_at");
    const found = role === "all" ? as("payer").union(as("receiver")) : as(role);
    const page = await found.orderBy("created_at", "desc").limit(limit).offset(offset).execute();
    const [newest, oldest] = [page[0]?.created_at, page.at(-1)?.created_at];
    if (newest === undefined || oldest === undefined) return [];
    const within = (party: "payer" | "receiver") =>
      this.#db
        .selectFrom("ledger_journal")
        .selectAll()
        .where(party, "=", account)
        .where("created_at", ">=", oldest)
        .where("created_at", "<=", newest);
    const rows = role === "all" ? within("payer").union(within("receiver")) : within(role);
    return (await rows.orderBy("created_at", "desc").limit(limit).execute()).map(transactionOf);
  }

  /** What an account spent and earned, in transactions of these types (all, when not given). */
  async summary(account: string, { types }: { types?: readonly string[] } = {}): Promise<Summary> {
    const as = async (of: "payer" | "receiver") => {
      const byType = await this.#sums.of(account, { of });
      const total = { count: 0n, amount: 0n, fee: 0n };
      for (const [type, { count, amount, part }] of byType) {
        if (types && !types.includes(type)) continue;
        total.count += count;
        total.amount += amount;
        total.fee += part;
      }
      return total;
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
    const before = this.#db.selectFrom("ledger_entries").select("balance").where("account", "=", account);
    const last = before.where("created_at", "<", from).orderBy("created_at", "desc").limit(1).executeTakeFirst();
    const [opening, byType] = await Promise.all([
      last.then((row) => row?.balance ?? 0n),
      this.#sums.of(account, { of: "entries", from, to }),
    ]);
    const totals = [...byType]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([type, { count, amount, part }]) => ({ type, count, credited: amount, debited: part }));
    const closing = totals.reduce((sum, { credited, debited }) => sum + credited - debited, opening);
    return { opening, closing, totals };
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
}
