import type { GatewayErrorCode, ProblemFinding } from "@agentgate/protocol";
import { AgentGateError, type ErrorDetails, errorKind } from "../../agentgate-error.ts";

/** Of this side: there was no answer, or none that the gateway gives. */
export type ClientErrorCode =
  | "unreachable"
  | "timeout"
  | "redirected"
  | "invalid_response"
  | "stream_interrupted"
  | "task_failed"
  | "closed"
  | `http_${number}`;

/** The gateway's codes and this side's. Others may come, of newer gateways and of the A2A and UCP protocols. */
export type AnyErrorCode = GatewayErrorCode | ClientErrorCode | (string & {});

export interface GatewayErrorDetails extends ErrorDetails {
  readonly detail?: string;
  readonly findings?: readonly ProblemFinding[];
  readonly requestId?: string | undefined;
  readonly retryAfterSeconds?: number | undefined;
  readonly data?: unknown;
}

/**
 * A call that the gateway refused or that never reached it. What can be done about it has classes of its own: `InsufficientBalanceError`,
 * `BudgetExceededError`, `RateLimitError`, `GatewayAuthError`, `NotFoundError`, `AgentUnreachableError`.
 *
 * `code` is the one the gateway answered (`not_found`, `insufficient_balance`…), or of this side: `unreachable`,
 * `timeout`, `redirected`, `invalid_response`, `stream_interrupted`, `task_failed`, `closed`. `status` is absent when there was no
 * answer.
 */
export class GatewayError extends AgentGateError {
  static override readonly [errorKind]: string = "GatewayError";

  declare readonly code: AnyErrorCode;
  /** What the gateway said was wrong, in words. */
  readonly detail: string;
  /** What a failed validation (422) found. */
  readonly findings: readonly ProblemFinding[];
  /** The gateway's `X-Request-Id`, to find the call in its log. */
  declare readonly requestId?: string;
  /** How long the gateway asks to wait, with 429 and 503. */
  declare readonly retryAfterSeconds?: number;
  /** What was answered, as it is: the JSON of a problem document or of another protocol's error, else the text's beginning. */
  declare readonly data?: unknown;

  constructor(code: AnyErrorCode, message: string, details: GatewayErrorDetails = {}) {
    super(code, message, details);
    this.detail = details.detail ?? message;
    this.findings = details.findings ?? [];
  }
}
