import { formatMicroDollars, type MicroDollars, tierLimits } from "@agentgate/protocol";
import type { KeyLimits } from "../access/index.ts";
import type { Agent } from "../agents/index.ts";
import { Problem } from "../http/index.ts";
import { wasTakenOver } from "../idempotency/index.ts";
import {
  feeOf,
  type HoldResult,
  isLedgerError,
  type Ledger,
  LedgerError,
  type Posting,
  payment,
  type Reference,
} from "../ledger/index.ts";
import type { OrgRegistry, WatchWallet } from "../orgs/index.ts";
import type { Clock, Log } from "../runtime/index.ts";
import { type Statement, unavailability } from "../storage/index.ts";
import { pricedMembers } from "./admission-refusals.ts";
import { type CallBudgets, type KeyBudgets, within } from "./key-budgets.ts";

/** What a paid task costs whom. */
export interface Charge {
  callId: string;
  /** At the price of what it is asked for. */
  agent: Agent;
  /** Id of the skill that is paid for; undefined for a task that names none. */
  skillId?: string | undefined;
  payerOrgId: string;
  taskId: string | null;
  /** How long after it is made the hold resolves itself if nobody did, in milliseconds. */
  lifetimeMs: number;
  /** Of what was bought beforehand: more texts to find the transaction again by. */
  bought?: Reference | undefined;
  /** What the payer's key is bounded by, if by anything. */
  key?: KeyLimits | undefined;
}

/** The transaction's type. */
const typeOf = ({ bought }: Charge) => (bought ? "ucp_checkout" : "task");

export interface Receipt {
  transactionId: string;
  /** The payer's money after the charge. */
  balance: MicroDollars;
}

/** What is told of a payment, by the statements that write it down: committed with it. */
export type ToldPayment = (paid: { price: MicroDollars; transactionId: string }) => readonly Statement[];

/** Money put aside for one task; ends in exactly one of its two ways. */
export interface Hold {
  /** Of the hold in the ledger; of the call, where nothing had to be put aside. */
  readonly id: string;
  /** What the receipt will say unless other charges come between. */
  readonly expected: Receipt;
  /** What of the price the agent's owner gets; the rest is the platform's. */
  readonly earned: MicroDollars;
  /**
   * Pays the agent's owner and the platform, and commits these statements with it. A hold that had lapsed, because this node stood
   * still or a clock was wrong, is paid from what the payer has now. Null when it was let go meanwhile, as when the payer is deleted:
   * then nobody pays.
   * @throws Problem 402 when the hold had lapsed and the payer has nothing left, 409 when an alongside fence says that the key is another
   * attempt's: nothing was charged then. 503 when it stays unknown whether the payment happened.
   */
  settle(alongside: readonly Statement[], told?: ToldPayment): Promise<Receipt | null>;
  /** Gives the money back. Never rejects: what cannot be released now lapses by its deadline. */
  release(): Promise<void>;
}

export interface TaskPaymentsOptions {
  ledger: Ledger;
  orgs: OrgRegistry;
  watchWallet: WatchWallet;
  budgets: KeyBudgets;
  clock: Clock;
  log: Log;
}

/** What was put aside for a call: of the wallet, and of the budgets of the key that pays. */
interface Reserved {
  /** Null when nothing has to be paid. */
  hold: HoldResult | null;
  due: MicroDollars;
  budgets: CallBudgets;
}

/** How often a budget's window is looked for anew when it ends at this very moment. */
const WINDOW_ATTEMPTS = 3;
const SETTLE_ATTEMPTS = 5;
const SETTLE_RETRY_MS = 200;

/** Takes money for tasks: the price from the payer, net of the fee of the payer's tier to the owner (contract section 6). */
export class TaskPayments {
  readonly #ledger: Ledger;
  readonly #orgs: OrgRegistry;
  readonly #watchWallet: WatchWallet;
  readonly #budgets: KeyBudgets;
  readonly #clock: Clock;
  readonly #log: Log;

  constructor({ ledger, orgs, watchWallet, budgets, clock, log }: TaskPaymentsOptions) {
    this.#ledger = ledger;
    this.#orgs = orgs;
    this.#watchWallet = watchWallet;
    this.#budgets = budgets;
    this.#clock = clock;
    this.#log = log;
  }

  /** @throws Problem 402 when the payer's balance does not cover the price, 403 when a budget does not, 503 when the ledger cannot answer. */
  async reserve(charge: Charge): Promise<Hold> {
    const posting = await this.#postingFor(charge);
    const reserved = await this.#reserve(charge, dueFromPayer(posting));
    const { hold, due } = reserved;
    const id = hold?.hold.id ?? charge.callId;
    return {
      id,
      expected: {
        transactionId: id,
        balance: (hold?.balance.posted ?? 0n) - due,
      },
      earned: posting.receiver === null ? 0n : posting.amount - posting.fee,
      settle: (alongside, told) => {
        const paid = { price: charge.agent.pricePerTask, transactionId: id };
        return this.#settle(charge, reserved, posting, [...alongside, ...(told?.(paid) ?? [])]);
      },
      release: () => this.#release(charge, reserved),
    };
  }

  async #postingFor(charge: Charge): Promise<Posting> {
    const { agent, skillId, payerOrgId, taskId, callId, bought } = charge;
    const payer = await this.#orgs.find(payerOrgId);
    const { fee } = feeOf(agent.pricePerTask, tierLimits[payer?.tier ?? "free"].fee_pct);
    return payment({
      type: typeOf(charge),
      payer: payerOrgId,
      receiver: agent.orgId,
      amount: agent.pricePerTask,
      fee,
      reference: {
        ...{ agent_id: agent.id, agent_name: agent.name, task_id: taskId, call_id: callId },
        ...(skillId !== undefined && { skill: skillId }),
        ...bought,
      },
    });
  }

  async #reserve(charge: Charge, due: MicroDollars): Promise<Reserved> {
    const { payerOrgId, callId, lifetimeMs, key } = charge;
    for (let attempt = 1; ; attempt++) {
      const found = this.#budgets.of(key, payerOrgId);
      const budgets = found instanceof Promise ? await found : found;
      // An agent's owner pays itself: what is left to pay may round to nothing, and nothing needs no hold.
      if (due === 0n) return { hold: null, due, budgets };
      try {
        const hold = await this.#ledger.reserve({
          account: payerOrgId,
          amount: due,
          lifetimeMs,
          type: typeOf(charge),
          key: `call:${callId}`,
          budgets: budgets.uses,
        });
        return { hold, due, budgets };
      } catch (error) {
        if (isLedgerError(error, "budget_window_over") && attempt < WINDOW_ATTEMPTS) continue;
        if (isLedgerError(error, "insufficient_balance")) throw insufficient(error, charge);
        if (isLedgerError(error, "budget_exceeded")) throw budgets.exceeded(error);
        if (error instanceof LedgerError) throw ledgerBusy(error);
        throw error;
      }
    }
  }

  async #settle(
    charge: Charge,
    reserved: Reserved,
    posting: Posting,
    alongside: readonly Statement[],
  ): Promise<Receipt | null> {
    const { hold, due } = reserved;
    const final = within(await this.#withLivingReceiver(posting), reserved.budgets, due);
    // It counts in the window in which it was put aside, however late it is paid.
    const budgets = reserved.budgets.uses.map((use) => ({ ...use, until: null }));
    const { callId } = charge;
    const watch = await this.#watchWallet(charge.payerOrgId).catch((error) => {
      // Money does not wait for who is told that it is little.
      this.#log.error({ err: error, callId }, "it cannot be looked up who is to be told of a wallet");
      return undefined;
    });
    let isLate = false;
    for (let attempt = 1; ; attempt++) {
      try {
        const { transaction, balance } = hold
          ? await this.#ledger[isLate ? "settleLate" : "settle"](hold.hold.id, {
              posting: final,
              alongside,
              watch,
              budgets,
            })
          : await this.#ledger.post({ posting: final, key: `call:${callId}`, id: callId, alongside, watch });
        return { transactionId: transaction.id, balance: balance.posted };
      } catch (error) {
        if (isLedgerError(error, "hold_resolved") && error.data.state === "expired") {
          this.#log.error({ callId }, "a task was answered after its hold had lapsed; it is paid from what there is");
          isLate = true;
          continue;
        }
        if (isLedgerError(error, "hold_resolved") || isLedgerError(error, "hold_not_found")) {
          this.#log.error({ err: error, callId }, "a task was answered after its hold was let go; nobody was charged");
          return null;
        }
        if (isLedgerError(error, "insufficient_balance")) throw insufficient(error, charge);
        if (isLedgerError(error, "budget_exceeded")) throw reserved.budgets.exceeded(error);
        if (wasTakenOver(error)) {
          await this.#release(charge, reserved);
          throw takenOver();
        }
        const mayRepeat = isLedgerError(error, "unavailable") || isLedgerError(error, "overloaded");
        if (!mayRepeat || attempt === SETTLE_ATTEMPTS) {
          this.#log.error({ err: error, callId }, "a task's payment is not certain");
          throw paymentUnknown();
        }
        await new Promise<void>((resolve) => this.#clock.after(SETTLE_RETRY_MS * attempt, resolve));
      }
    }
  }

  /** An owner that was deleted while its agent worked leaves its share to the platform. */
  async #withLivingReceiver(posting: Posting): Promise<Posting> {
    const { receiver, payer, type, amount, fee, reference } = posting;
    if (receiver === null || payer === null || receiver === payer) return posting;
    const exists = await Promise.resolve(this.#orgs.find(receiver)).catch(() => true);
    return exists ? posting : payment({ type, payer, receiver: null, amount, fee, reference });
  }

  async #release({ callId }: Charge, { hold, budgets }: Reserved): Promise<void> {
    if (!hold) return;
    await this.#ledger.release(hold.hold.id, { budgets: budgets.uses.length }).catch((error) => {
      if (isLedgerError(error, "hold_resolved")) return;
      this.#log.warn({ err: error, callId }, "a hold could not be released; it will lapse by its deadline");
    });
  }
}

/** What leaves the payer's wallet: the price, or the fee alone when it pays itself. */
function dueFromPayer({ payer, legs }: Posting): MicroDollars {
  const change = legs.reduce((sum, { account, amount }) => (account === payer ? sum + amount : sum), 0n);
  return -change;
}

function insufficient({ data }: LedgerError<"insufficient_balance">, charge: Charge): Problem {
  const [has, needs] = [data.available, data.required].map(formatMicroDollars);
  return new Problem(402, `Insufficient balance: ${has} < ${needs} (agent: ${charge.agent.name})`, {
    code: "insufficient_balance",
    members: pricedMembers(charge),
  });
}

const takenOver = () =>
  new Problem(
    409,
    "Another request with this Idempotency-Key was made when this one took too long; nothing was charged for this one. Repeat it to get the other's answer",
    { code: "idempotency_taken_over", headers: { "retry-after": "1" } },
  );

/** @param error why the ledger did not reserve; none when it would not be in time */
export function ledgerBusy(error?: LedgerError): Problem {
  const away = unavailability(error?.cause);
  const reason = away?.detail ?? "The ledger cannot take the payment right now";
  return new Problem(503, `${reason}. Nothing was charged and the agent was not called`, {
    code: "ledger_unavailable",
    headers: { "retry-after": `${away?.retryAfterSeconds ?? 1}` },
  });
}

const paymentUnknown = () =>
  new Problem(
    503,
    "The agent answered, but it is not certain whether the payment was recorded; see the transactions, or repeat the request with the same Idempotency-Key",
    { code: "payment_unknown", headers: { "retry-after": "5" } },
  );
