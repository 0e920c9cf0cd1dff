import type { MicroDollars } from "@agentgate/protocol";
import { sql } from "kysely";
import type { Micros } from "../runtime/index.ts";
import { type LedgerSumsTable, type Storage, sumOf } from "../storage/index.ts";

/** Sums by the transactions' type. */
export type SumsByType = Map<string, Sums>;

export interface Sums {
  count: bigint;
  amount: MicroDollars;
  /** Of it, as far as it was a fee; or, of what an account gained and lost, what it lost. */
  part: MicroDollars;
}

/** What of an account's history is summed. */
export type Span =
  /** All that it paid or was paid: amounts, and fees. */
  | { of: "payer" | "receiver" }
  /** What moved its balance from (inclusive) to (exclusive) these times: what it gained, and lost. */
  | { of: "entries"; from: Micros; to: Micros };

/** Rows that one statement reads. */
const STEP_ROWS = 5_000;
/** What is summed is written down only when it saves that much. */
const WORTH_ROWS = 1_000;

interface Progress {
  /** Everything up to this time is in the sums. */
  until: Micros;
  sums: SumsByType;
}

/**
 * Sums over an account's history without reading it each time: what was summed once is written down, and only what came since is read,
 * in steps. That is exact, for the journal is only ever added to, and its rows are seen in the order of their times. Who never asks
 * for an account's sums pays nothing for them.
 */
export class HistorySums {
  readonly #storage: Storage;
  readonly #stepRows: number;

  constructor(storage: Storage, stepRows: number = STEP_ROWS) {
    this.#storage = storage;
    this.#stepRows = stepRows;
  }

  async of(account: string, span: Span): Promise<SumsByType> {
    const name = nameOf(span);
    const { until, sums } = await this.#known(account, name, span.of === "entries" ? span.from - 1n : 0n);
    const progress = { until, sums };
    for (let unwritten = 0; ; ) {
      const rows = await this.#step(account, span, progress, undefined);
      unwritten += rows;
      const isEnd = rows < this.#stepRows;
      if (unwritten >= WORTH_ROWS || (unwritten > 0 && !isEnd)) {
        await this.#write(account, name, progress);
        unwritten = 0;
      }
      if (isEnd) return progress.sums;
    }
  }

  /**
   * Whether what was written down is what summing it anew gives, in steps, between which `breathe` is called; undefined for a span that
   * there is none of. @throws SyntaxError for sums that cannot be read
   */
  async isRight(row: LedgerSumsTable, breathe: () => Promise<void>): Promise<boolean | undefined> {
    const span = spanOf(row.span);
    if (!span) return undefined;
    const written = parseSums(row.sums);
    const progress: Progress = { until: span.of === "entries" ? span.from - 1n : 0n, sums: new Map() };
    while ((await this.#step(row.account, span, progress, row.until)) === this.#stepRows) await breathe();
    if (written.size !== progress.sums.size) return false;
    return [...progress.sums].every(([type, { count, amount, part }]) => {
      const other = written.get(type);
      return other?.count === count && other.amount === amount && other.part === part;
    });
  }

  /** Adds the next rows, none later than `until`, to the progress. @returns how many */
  async #step(account: string, span: Span, progress: Progress, until: Micros | undefined): Promise<number> {
    const { db } = this.#storage;
    const next =
      span.of === "entries"
        ? db
            .selectFrom("ledger_entries as e")
            .innerJoin("ledger_journal as j", "j.seq", "e.seq")
            .where("e.account", "=", account)
            .where("e.created_at", ">", progress.until)
            .where("e.created_at", "<", span.to)
            .$if(until !== undefined, (query) => query.where("e.created_at", "<=", until!))
            .orderBy("e.created_at")
            .limit(this.#stepRows)
            .select([
              "j.type",
              "e.created_at",
              sql<bigint>`case when e.amount > 0 then e.amount else 0 end`.as("amount"),
              sql<bigint>`case when e.amount < 0 then -e.amount else 0 end`.as("part"),
            ])
        : db
            .selectFrom("ledger_journal")
            .where(span.of, "=", account)
            .where("created_at", ">", progress.until)
            .$if(until !== undefined, (query) => query.where("created_at", "<=", until!))
            .orderBy("created_at")
            .limit(this.#stepRows)
            .select(["type", "created_at", "amount", "fee as part"]);
    const rows = await db
      .selectFrom(next.as("next"))
      .groupBy("type")
      .select((eb) => [
        "type",
        eb.fn.countAll<bigint>().as("count"),
        sumOf(eb.ref("amount")).as("amount"),
        sumOf(eb.ref("part")).as("part"),
        eb.fn.max("created_at").as("last"),
      ])
      .execute();
    let count = 0;
    for (const row of rows) {
      const sums = progress.sums.get(row.type) ?? { count: 0n, amount: 0n, part: 0n };
      progress.sums.set(row.type, {
        count: sums.count + row.count,
        amount: sums.amount + row.amount,
        part: sums.part + row.part,
      });
      if (row.last > progress.until) progress.until = row.last;
      count += Number(row.count);
    }
    return count;
  }

  async #known(account: string, span: string, from: Micros): Promise<Progress> {
    const query = this.#storage.db.selectFrom("ledger_sums").select(["until", "sums"]).where("account", "=", account);
    const row = await query.where("span", "=", span).executeTakeFirst();
    if (!row) return { until: from, sums: new Map() };
    return { until: row.until, sums: parseSums(row.sums) };
  }

  /** Of two who sum at the same time, whoever came further stands. */
  async #write(account: string, span: string, { until, sums: byType }: Progress): Promise<void> {
    const sums = JSON.stringify(
      [...byType].map(([type, { count, amount, part }]) => [type, `${count}`, `${amount}`, `${part}`]),
    );
    await this.#storage.db
      .insertInto("ledger_sums")
      .values({ account, span, until, sums })
      .onConflict((conflict) =>
        conflict.columns(["account", "span"]).doUpdateSet({ until, sums }).where("ledger_sums.until", "<", until),
      )
      .execute();
  }
}

const nameOf = (span: Span): string => (span.of === "entries" ? `${span.from}-${span.to}` : span.of);

function spanOf(name: string): Span | undefined {
  if (name === "payer" || name === "receiver") return { of: name };
  const [, from, to] = /^(-?\d+)-(-?\d+)$/.exec(name) ?? [];
  return from === undefined || to === undefined ? undefined : { of: "entries", from: BigInt(from), to: BigInt(to) };
}

function parseSums(text: string): SumsByType {
  const sums = (JSON.parse(text) as [string, string, string, string][]).map(
    ([type, count, amount, part]) =>
      [type, { count: BigInt(count), amount: BigInt(amount), part: BigInt(part) }] as const,
  );
  return new Map(sums);
}
