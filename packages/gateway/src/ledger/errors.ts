import type { MicroDollars } from "@agentgate/protocol";

/** Everything the ledger refuses with, and what it says of it. */
export interface LedgerProblems {
  /** The wallet has less available than this would take. Nothing happened. */
  insufficient_balance: { account: string; available: MicroDollars; required: MicroDollars };
  /** More would be spent and held of a budget than it allows in this window. Nothing happened. */
  budget_exceeded: { account: string; limit: MicroDollars; spent: MicroDollars; held: MicroDollars };
  /** The window that a budget was asked for is over by the dates of the journal. Nothing happened; ask for the one of now. */
  budget_window_over: { account: string };
  /** The key, or the hold, was used before for something else. Nothing happened. */
  idempotency_mismatch: { key: string };
  hold_not_found: { hold: string };
  /** The hold was resolved in another way before. Nothing happened. */
  hold_resolved: { hold: string; state: "settled" | "released" | "expired" };
  /** The payer would pay more than was held. */
  settle_exceeds_hold: { hold: string; held: MicroDollars; required: MicroDollars };
  /** A posting that can never be right: it does not balance, an amount is out of range. A mistake of the caller's code. */
  invalid_operation: { reason: string };
  /** Too much waits already. Nothing happened; try again later. */
  overloaded: Record<never, never>;
  /** The database is away. With `outcomeUnknown` it may have happened: repeat it with the same key to learn. */
  unavailable: { outcomeUnknown: boolean };
}

export type LedgerErrorCode = keyof LedgerProblems;

/** A refusal. `code` is stable, `data` goes with it. */
export class LedgerError<Code extends LedgerErrorCode = LedgerErrorCode> extends Error {
  override readonly name = "LedgerError";
  readonly code: Code;
  readonly data: LedgerProblems[Code];

  constructor(code: Code, data: LedgerProblems[Code], options?: ErrorOptions) {
    super(`${code}: ${Object.entries(data).map(([name, value]) => `${name} ${value}`)}`, options);
    this.code = code;
    this.data = data;
  }
}

export function isLedgerError<Code extends LedgerErrorCode>(error: unknown, code: Code): error is LedgerError<Code> {
  return error instanceof LedgerError && error.code === code;
}
