import type { ProblemFinding } from "@agentgate/protocol";
import { AgentGateError, type ErrorDetails, errorKind } from "../agentgate-error.ts";

export interface GatewayErrorDetails extends ErrorDetails {
  readonly detail?: string;
  readonly findings?: readonly ProblemFinding[];
  readonly requestId?: string | undefined;
  readonly retryAfterSeconds?: number | undefined;
}

/**
 * A call that the gateway refused or that never reached it.
 *
 * `code` is the one the gateway answered (`not_found`, `insufficient_balance`…), or of this side: `unreachable`,
 * `timeout`, `redirected`, `invalid_response`, `stream_interrupted`, `task_failed`. `status` is absent when there was no
 * answer.
 */
export class GatewayError extends AgentGateError {
  static override readonly [errorKind]: string = "GatewayError";

  /** What the gateway said was wrong, in words. */
  readonly detail: string;
  /** What a failed validation (422) found. */
  readonly findings: readonly ProblemFinding[];
  /** The gateway's `X-Request-Id`, to find the call in its log. */
  readonly requestId?: string;
  /** How long the gateway asks to wait, with 429 and 503. */
  readonly retryAfterSeconds?: number;

  constructor(code: string, message: string, details: GatewayErrorDetails = {}) {
    super(code, message, details);
    this.detail = details.detail ?? message;
    this.findings = details.findings ?? [];
    if (details.requestId !== undefined) this.requestId = details.requestId;
    if (details.retryAfterSeconds !== undefined) this.retryAfterSeconds = details.retryAfterSeconds;
  }
}
