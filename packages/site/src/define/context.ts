import type { StepRecord } from "@agentgate/protocol/site";
import type { Principal } from "../auth/auth-policy.ts";

/** Which agent calls. */
export interface AgentInfo {
  /** `X-Agent-ID`: a label the agent gives itself. */
  readonly id: string | undefined;
  /** `X-Agent-Version`. */
  readonly version: string | undefined;
  /** The request carried a valid Web Bot Auth signature. */
  readonly verified: boolean;
  /** With `verified`: thumbprint of the key. */
  readonly keyId?: string | undefined;
  /** With `verified`: where the agent publishes its keys. */
  readonly origin?: string | undefined;
}

/** What a handler gets beside its input. */
export interface CallContext {
  /** `undefined` only when the operation's auth is `none`. */
  readonly principal: Principal | undefined;
  readonly agent: AgentInfo;
  /** Aborts when the caller goes away or the time is up. */
  readonly signal: AbortSignal;
  /** The framework's own request object. */
  readonly request: unknown;
  /**
   * A person has said yes to this call. Where that is needed, ask for it:
   * `if (!confirmed) throw new SiteError("confirmation_required", "Place the order for €42.70?")`.
   */
  readonly confirmed: boolean;
  /** The caller's `Idempotency-Key`, to hand on to a payment provider. */
  readonly idempotencyKey: string | undefined;
  /** Tells a streaming caller how far the work is. Await it to go no faster than the caller reads. A no-op otherwise. */
  progress(data: unknown): Promise<void>;
  /** Sends a streaming caller a part of the result. Await it to go no faster than the caller reads. A no-op otherwise. */
  chunk(data: unknown): Promise<void>;
}

/** The session of a server-orchestrated flow as its steps see it. */
export interface StepSession {
  readonly id: string;
  readonly flow: string;
  /** The step last completed; `""` before the first. */
  readonly currentStep: string;
  /** Completed steps, oldest first. */
  readonly history: readonly StepRecord[];
  /** JSON values of your own. Changes are kept when the step succeeds and dropped when it throws. */
  readonly data: Record<string, unknown>;
}

export interface StepContext extends CallContext {
  /** Server-orchestrated flows only; reading it in a client-orchestrated flow throws. */
  readonly session: StepSession;
}
