import { microDollarsToJson } from "@agentgate/protocol";
import type { KeyBudget, KeyLimits } from "../access/index.ts";
import { Problem } from "../http/index.ts";
import { budgetName, budgetWindow } from "../keys/index.ts";
import {
  type BudgetUse,
  budgetAccount,
  budgetLegs,
  type Ledger,
  type LedgerError,
  type Posting,
} from "../ledger/index.ts";
import { type Clock, microsNow, renderTimestamp } from "../runtime/index.ts";
import type { Announcer } from "../webhooks/index.ts";

/** Of a call that is paid with a key that has budgets: what it takes of them, in the windows of now. */
export interface CallBudgets {
  readonly uses: readonly BudgetUse[];
  /** The refusal of one that has not so much left. */
  exceeded(error: LedgerError<"budget_exceeded">): Problem;
}

const NONE: CallBudgets = {
  uses: [],
  exceeded: () => {
    throw new Error("a payment without budgets exceeds none");
  },
};

/** What is paid within budgets: their accounts move with the money. */
export const within = (posting: Posting, { uses }: CallBudgets, due: bigint): Posting =>
  uses.length === 0 ? posting : { ...posting, legs: [...posting.legs, ...budgetLegs(uses, due)] };

export interface KeyBudgetsOptions {
  ledger: Pick<Ledger, "lastDate">;
  announcer: Pick<Announcer, "audienceOf" | "statementsFor">;
  clock: Clock;
}

/** Finds out what calls take of the budgets of the keys that pay for them. */
export class KeyBudgets {
  readonly #options: KeyBudgetsOptions;

  constructor(options: KeyBudgetsOptions) {
    this.#options = options;
  }

  /** A key without budgets costs nothing here. Windows go by the dates of the journal, which no clock moves back. */
  of(key: KeyLimits | undefined, orgId: string): CallBudgets | Promise<CallBudgets> {
    return key === undefined || key.budgets.length === 0 ? NONE : this.#of(key, orgId);
  }

  async #of(key: KeyLimits, orgId: string): Promise<CallBudgets> {
    const { ledger, announcer, clock } = this.#options;
    let date = microsNow(clock);
    if (ledger.lastDate > date) date = ledger.lastDate;
    const audience = await announcer.audienceOf({ orgId });
    const windows = key.budgets.map((budget) => ({ budget, window: budgetWindow(budget.period, date) }));
    const uses = windows.map(({ budget, window }): BudgetUse => {
      const tell = (spent: bigint, alert: number) =>
        announcer.statementsFor([
          [
            audience,
            {
              event: "budget.alert",
              orgId,
              fields: { ...toldOf(key, budget, window.until), alert, spent: microDollarsToJson(spent) },
            },
          ],
        ]);
      return {
        account: budgetAccount(budgetName(key.keyId, budget), window.name),
        limit: budget.amount,
        until: window.until,
        watch: ({ before, after }) =>
          audience.endpoints.length === 0 ? [] : reached(budget, before, after).flatMap((alert) => tell(after, alert)),
      };
    });
    return {
      uses,
      exceeded({ data }) {
        const at = uses.findIndex(({ account }) => account === data.account);
        const { budget, window } = windows[at]!;
        return budgetExceeded(budget, window.until, data);
      },
    };
  }
}

/** Parts are told apart to a millionth. */
const PARTS = 1_000_000n;

/** The parts of a budget that a payment has reached: by integers, so that of no amount a part is told too early or too late. */
export function reached({ amount, alerts }: Omit<KeyBudget, "period">, before: bigint, after: bigint): number[] {
  const isReached = (spent: bigint, alert: number) =>
    spent * PARTS >= amount * BigInt(Math.round(alert * Number(PARTS)));
  return alerts.filter((alert) => !isReached(before, alert) && isReached(after, alert));
}

const toldOf = ({ keyId, name }: KeyLimits, { amount, period }: KeyBudget, until: bigint | null) => ({
  key_id: keyId,
  key_name: name,
  period,
  limit: microDollarsToJson(amount),
  resets_at: until === null ? null : renderTimestamp(until),
});

const PERIODS = { day: "daily", week: "weekly", month: "monthly", total: "total" } as const;

/** No `Retry-After`: who repeats it spends nothing, and who pays otherwise goes around the budget. */
function budgetExceeded(
  { period }: KeyBudget,
  until: bigint | null,
  { limit, spent, held }: LedgerError<"budget_exceeded">["data"],
): Problem {
  const resets = until === null ? "" : `, and begins anew at ${renderTimestamp(until)}`;
  const amount = (value: bigint) => `${microDollarsToJson(value)}`;
  return new Problem(
    403,
    `The ${PERIODS[period]} budget of this API key has not enough left: of $${amount(limit)}, $${amount(spent)} is spent and $${amount(held)} is held for calls under way${resets}`,
    {
      code: "budget_exceeded",
      members: {
        ...{ limit: microDollarsToJson(limit), spent: microDollarsToJson(spent), held: microDollarsToJson(held) },
        resets_at: until === null ? null : renderTimestamp(until),
      },
    },
  );
}
