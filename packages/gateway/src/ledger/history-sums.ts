import type { MicroDollars } from "@agentgate/protocol";
import { sql } from "kysely";
import type { Micros } from "../runtime/index.ts";
import { type Storage, sumOf } from "../storage/index.ts";

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
    const name = span.of === "entries" ? `${span.from}-${span.to}` : span.of;
    const { until, sums } = await this.#known(account, name, span.of === "entries" ? span.from - 1n : 0n);
    const progress = { until, sums };
    for (let unwritten = 0; ; ) {
      const rows = await this.#step(account, span, progress);
      unwritten += rows;
      const isEnd = rows < this.#stepRows;
      if (unwritten >= WORTH_ROWS || (unwritten > 0 && !isEnd)) {
        await this.#write(account, name, progress);
        unwritten = 0;
      }
      if (isEnd) return progress.sums;
    }
  }

  /** Adds the next rows to the progress. @returns how many */
  async #step(account: string, span: Span, progress: Progress): Promise<number> {
    const { db } = this.#storage;
    const next =
      span.of === "entries"
        ? db
            .selectFrom("ledger_entries as e")
            .innerJoin("ledger_journal as j", "j.seq", "e.seq")
            .where("e.account", "=", account)
            .where("e.created_at", ">", progress.until)
            .where("e.created_at", "<", span.to)
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
    const sums = (JSON.parse(row.sums) as [string, string, string, string][]).map(
      ([type, count, amount, part]) =>
        [type, { count: BigInt(count), amount: BigInt(amount), part: BigInt(part) }] as const,
    );
    return { until: row.until, sums: new Map(sums) };
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
