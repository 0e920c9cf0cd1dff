import type { CallLogStore } from "../call-log/index.ts";
import type { Period, Statement, StatementLine } from "../ledger/index.ts";
import { type Clock, createLruCache } from "../runtime/index.ts";
import { TRADE } from "./transaction-routes.ts";

/** Whether the call log says the same of a month as the ledger (promise P8). */
export interface Reconciliation {
  ledgerTasks: number;
  loggedTasks: number;
  reconciled: boolean;
}

/** How far a month has been read, as far as all was right. */
interface Progress {
  /** When the last line was made; undefined before the first. */
  after: bigint | undefined;
  balance: bigint;
  tasks: number;
}

export interface ReconciliationsOptions {
  callLogStore: Pick<CallLogStore, "countSuccesses">;
  /** The month's lines behind this time, some at a time. */
  pages(orgId: string, period: Period, after: bigint | undefined): AsyncIterable<readonly StatementLine[]>;
  clock: Clock;
}

type Ends = Pick<Statement, "opening" | "closing">;

const MONTHS_KEPT = 10_000;
/** Months that are read at once; others wait. */
const READ_AT_ONCE = 2;
/** What is not right is looked at anew after so long. */
const DOUBT_MS = 10_000;

/**
 * Holds months against the call log. What was right is right for good, for the ledger only grows: how far that is is kept, and only what
 * came since is read; what is not right is read anew, not more often than every ten seconds. One who asks for a month that is being read waits
 * for that.
 */
export class Reconciliations {
  readonly #options: ReconciliationsOptions;
  readonly #known = createLruCache<string, Progress>(MONTHS_KEPT);
  readonly #doubted = createLruCache<string, { found: Reconciliation; at: number }>(MONTHS_KEPT);
  readonly #underWay = new Map<string, Promise<void>>();
  readonly #waiting: (() => void)[] = [];
  #reading = 0;

  constructor(options: ReconciliationsOptions) {
    this.#options = options;
  }

  async of(orgId: string, period: Period, statement: Ends): Promise<Reconciliation> {
    const month = `${orgId} ${period.from}`;
    // Who comes while others wait for the same month goes on from where they came to.
    while (this.#underWay.has(month)) await this.#underWay.get(month);
    const turn = Promise.withResolvers<void>();
    this.#underWay.set(month, turn.promise);
    const { clock } = this.#options;
    await this.#takePlace();
    try {
      const doubted = this.#doubted.get(month);
      if (doubted && clock.monotonic() - doubted.at < DOUBT_MS) return doubted.found;
      const found = await this.#read(month, orgId, period, statement);
      if (!found.reconciled) this.#doubted.set(month, { found, at: clock.monotonic() });
      return found;
    } finally {
      this.#givePlace();
      this.#underWay.delete(month);
      turn.resolve();
    }
  }

  async #read(month: string, orgId: string, period: Period, statement: Ends): Promise<Reconciliation> {
    const { opening, closing } = statement;
    const known = this.#known.get(month) ?? { after: undefined, balance: opening, tasks: 0 };
    let { after, balance } = known;
    let [ledgerTasks, loggedTasks] = [known.tasks, known.tasks];
    // What comes while the month is read follows the closing balance, and what others have read may have come since.
    let meetsClosing = balance === closing;
    let isSound = true;
    for await (const lines of this.#options.pages(orgId, period, after)) {
      for (const line of lines) {
        balance += line.change;
        isSound &&= balance === line.balance;
        meetsClosing ||= balance === closing;
      }
      after = lines.at(-1)!.transaction.createdAt;
      const calls = lines.flatMap(({ transaction }) => {
        const paidByOrg = TRADE.includes(transaction.type) && transaction.payer === orgId;
        return paidByOrg ? [transaction.reference.call_id ?? ""] : [];
      });
      ledgerTasks += calls.length;
      loggedTasks += await this.#options.callLogStore.countSuccesses(calls);
      if (isSound && ledgerTasks === loggedTasks) this.#known.set(month, { after, balance, tasks: ledgerTasks });
    }
    if (!meetsClosing && known.after !== undefined) {
      // Others have read further than where this statement closes, who asked later: it is met on the way there.
      this.#known.delete(month);
      return this.#read(month, orgId, period, statement);
    }
    return { ledgerTasks, loggedTasks, reconciled: ledgerTasks === loggedTasks && isSound && meetsClosing };
  }

  async #takePlace(): Promise<void> {
    this.#reading++;
    if (this.#reading > READ_AT_ONCE) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  #givePlace(): void {
    this.#reading--;
    this.#waiting.shift()?.();
  }
}
