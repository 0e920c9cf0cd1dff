import { microDollarsToJson, type RawJsonNumber } from "@agentgate/protocol";
import type { CallLog, CallLogStore } from "../call-log/index.ts";
import { csvCell } from "../http/index.ts";
import type { Ledger, Period, Statement, StatementLine } from "../ledger/index.ts";
import type { Org, OrgRegistry } from "../orgs/index.ts";
import { type Clock, renderTimestamp } from "../runtime/index.ts";
import { type Reconciliation, Reconciliations } from "./reconciliations.ts";
import { existingParties, toWireTransaction } from "./transaction-routes.ts";

/** A calendar month in UTC, `2026-11`. */
export function monthPeriod(month: string): Period {
  const start = new Date(`${month}-01T00:00:00Z`);
  const end = new Date(start);
  end.setUTCMonth(end.getUTCMonth() + 1);
  return { from: BigInt(start.getTime()) * 1000n, to: BigInt(end.getTime()) * 1000n };
}

/** What the ledger says of a month, and whether the call log says the same (promise P8). */
export interface MonthlyStatement {
  org: Org;
  month: string;
  statement: Statement;
  /** Null when it was not asked for, or the month has too many lines. */
  reconciliation: Reconciliation | null;
}

export interface StatementsOptions {
  ledger: Ledger;
  orgs: OrgRegistry;
  callLog: CallLog;
  callLogStore: CallLogStore;
  clock: Clock;
}

const PAGE = 500;
const RECONCILED_LINES_MAX = 100_000n;

/** Reads an organization's months from the ledger. */
export class Statements {
  readonly #options: StatementsOptions;
  readonly #reconciliations: Reconciliations;

  constructor(options: StatementsOptions) {
    const { callLogStore, clock } = options;
    this.#options = options;
    this.#reconciliations = new Reconciliations({
      callLogStore,
      clock,
      pages: (orgId, period, after) => this.#pages(orgId, period, after),
    });
  }

  async monthly(org: Org, month: string, { reconcile }: { reconcile: boolean }): Promise<MonthlyStatement> {
    const statement = await this.#options.ledger.queries.statement(org.id, monthPeriod(month));
    const lines = statement.totals.reduce((sum, { count }) => sum + count, 0n);
    const isRead = reconcile && lines <= RECONCILED_LINES_MAX;
    return { org, month, statement, reconciliation: isRead ? await this.#reconcile(org.id, month, statement) : null };
  }

  async #reconcile(orgId: string, month: string, statement: Statement): Promise<Reconciliation> {
    await this.#options.callLog.flush();
    return this.#reconciliations.of(orgId, monthPeriod(month), statement);
  }

  /** The month's lines on the wire, oldest first, at most `limit` after the line created at `after`. */
  async lines(org: Org, month: string, { after, limit }: { after?: bigint | undefined; limit: number }) {
    const options = { ...monthPeriod(month), limit, ...(after !== undefined && { after }) };
    const lines = await this.#options.ledger.queries.statementLines(org.id, options);
    return this.#toWire(lines);
  }

  /** All of the month's lines as CSV with a header, in pieces (RFC 4180). */
  async *csv(org: Org, month: string, over: AbortSignal): AsyncGenerator<string> {
    yield `${COLUMNS.join(",")}\r\n`;
    for await (const page of this.#pages(org.id, monthPeriod(month))) {
      if (over.aborted) return;
      const lines = await this.#toWire(page);
      yield lines.map((line) => `${COLUMNS.map((column) => csvField(line[column])).join(",")}\r\n`).join("");
    }
  }

  async #toWire(lines: readonly StatementLine[]) {
    const exists = await existingParties(
      this.#options.orgs,
      lines.map(({ transaction }) => transaction),
    );
    return lines.map(({ transaction, change, balance }) => ({
      ...toWireTransaction(transaction, exists),
      change: microDollarsToJson(change),
      balance: microDollarsToJson(balance),
      after: `${transaction.createdAt}`,
    }));
  }

  /** @param from when the last line was made before those that are wanted */
  async *#pages(orgId: string, period: Period, from?: bigint): AsyncGenerator<StatementLine[]> {
    for (let after = from; ; ) {
      const options = { ...period, limit: PAGE, ...(after !== undefined && { after }) };
      const lines = await this.#options.ledger.queries.statementLines(orgId, options);
      if (lines.length > 0) yield lines;
      if (lines.length < PAGE) return;
      after = lines.at(-1)!.transaction.createdAt;
    }
  }
}

const COLUMNS = [
  "created_at",
  "id",
  "tx_type",
  "agent_name",
  "agent_id",
  "task_id",
  "payer_org_id",
  "receiver_org_id",
  "amount",
  "fee",
  "net",
  "change",
  "balance",
] as const;

/** Amounts are told exactly. */
function csvField(value: string | number | RawJsonNumber | null): string {
  return value === null || typeof value === "string" ? csvCell(value) : JSON.stringify(value);
}

/** The statement on the wire, without its lines. */
export function toWireStatement({ org, month, statement, reconciliation }: MonthlyStatement) {
  const { from, to } = monthPeriod(month);
  return {
    org_id: org.id,
    org_name: org.name,
    month,
    from: renderTimestamp(from),
    to: renderTimestamp(to),
    currency: "USD",
    opening_balance: microDollarsToJson(statement.opening),
    closing_balance: microDollarsToJson(statement.closing),
    totals: statement.totals.map(({ type, count, credited, debited }) => ({
      tx_type: type,
      count: Number(count),
      credited: microDollarsToJson(credited),
      debited: microDollarsToJson(debited),
    })),
    reconciliation: reconciliation && {
      ledger_tasks: reconciliation.ledgerTasks,
      logged_tasks: reconciliation.loggedTasks,
      reconciled: reconciliation.reconciled,
    },
  };
}
