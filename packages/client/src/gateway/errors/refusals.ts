import { errorKind } from "../../agentgate-error.ts";
import { type AnyErrorCode, GatewayError, type GatewayErrorDetails } from "./gateway-error.ts";

/** The payer's wallet has less than the task costs (402). The agent was not called. */
export class InsufficientBalanceError extends GatewayError {
  static override readonly [errorKind]: string = "InsufficientBalanceError";

  /** US dollars that the wallet has free, where the gateway says so. */
  get available(): number | undefined {
    return amountsIn(this.detail)[0];
  }

  /** US dollars that the task costs, where the gateway says so. */
  get required(): number | undefined {
    return amountsIn(this.detail)[1];
  }
}

/** `0.0500 < 0.1000` (contract section 4). */
const amountsIn = (detail: string) => /([\d.]+) < ([\d.]+)/.exec(detail)?.slice(1).map(Number) ?? [];

/** The key's budget has not enough left, or the task costs more than one call of the key may. `data` has `limit`, `spent`, `held`, `resets_at`. */
export class BudgetExceededError extends GatewayError {
  static override readonly [errorKind]: string = "BudgetExceededError";
}

/** Too much at once (429): `retryAfterSeconds` says when to come back. */
export class RateLimitError extends GatewayError {
  static override readonly [errorKind]: string = "RateLimitError";
}

/**
 * The key is missing, nobody's or over (401), or may not do this (403). Called `AuthError`, as the one of sites: `AuthError.isInstance` knows both.
 */
export class GatewayAuthError extends GatewayError {
  static override readonly [errorKind]: string = "AuthError";
  declare readonly name: "AuthError";
  readonly issues: readonly never[] = [];
}

/** There is no such thing, or none that this key may see (404). */
export class NotFoundError extends GatewayError {
  static override readonly [errorKind]: string = "NotFoundError";
}

/** The gateway could not get an answer from the agent: no connection, no answer in time, one that broke off. Nothing was charged. */
export class AgentUnreachableError extends GatewayError {
  static override readonly [errorKind]: string = "AgentUnreachableError";
}

type Refusal = new (code: AnyErrorCode, message: string, details: GatewayErrorDetails) => GatewayError;

/** The class of what was refused so. */
export function refusalOf(status: number, code: string): Refusal {
  if (code === "insufficient_balance") return InsufficientBalanceError;
  if (code === "budget_exceeded" || code === "per_call_max_exceeded") return BudgetExceededError;
  if (/^agent_(?:connect_error|timeout|protocol_error|not_running|busy|unavailable)$/.test(code))
    return AgentUnreachableError;
  if (status === 429) return RateLimitError;
  if (status === 404) return NotFoundError;
  // Of what the tier allows, no other key allows more.
  if (status === 401 || (status === 403 && !code.endsWith("_limit_reached"))) return GatewayAuthError;
  return GatewayError;
}
