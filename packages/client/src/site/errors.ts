import type { InputIssue } from "@agentgate/protocol/site";
import { AgentGateError, type ErrorDetails, errorKind } from "../agentgate-error.ts";

export interface SiteErrorDetails extends ErrorDetails {
  readonly issues?: readonly InputIssue[];
  readonly retryAfterSeconds?: number | undefined;
}

/**
 * No usable reply: `network_error`, `timeout`, `redirect_refused`, `url_refused`, `response_too_large`, or `http_503` and the
 * like when even the manifest could not be had.
 */
export class ConnectionError extends AgentGateError {
  static override readonly [errorKind]: string = "ConnectionError";
  declare readonly name: "ConnectionError";
}

/** The address does not serve an agent manifest: the site does not support agentgate. */
export class ManifestNotFoundError extends AgentGateError {
  static override readonly [errorKind]: string = "ManifestNotFoundError";
  declare readonly name: "ManifestNotFoundError";
}

/** The site serves a manifest that cannot be used; the message names the place and the reason. Code `manifest_invalid`. */
export class ManifestInvalidError extends AgentGateError {
  static override readonly [errorKind]: string = "ManifestInvalidError";
  declare readonly name: "ManifestInvalidError";
}

/** There is no directory of sites at the address (`directory_not_found`), or none that can be used (`directory_invalid`). */
export class DirectoryError extends AgentGateError {
  static override readonly [errorKind]: string = "DirectoryError";
  declare readonly name: "DirectoryError";
}

/** A call failed: the site answered with an error, or the manifest rules the call out. */
export class SiteError extends AgentGateError {
  static override readonly [errorKind]: string = "SiteError";

  /** What is wrong with the input, with `invalid_input`. */
  declare readonly issues: readonly InputIssue[];
  /** How long the site asks to wait. */
  declare readonly retryAfterSeconds: number | undefined;

  constructor(code: string, message: string, details?: SiteErrorDetails) {
    super(code, message, { issues: [], ...details } as ErrorDetails);
  }
}

/** The credential is missing, wrong or not enough: `unauthorized`, `forbidden`, `insufficient_scope`. */
export class AuthError extends SiteError {
  static override readonly [errorKind]: string = "AuthError";
  declare readonly name: "AuthError";
}

/** An intent failed or does not exist (`intent_not_found`). */
export class IntentError extends SiteError {
  static override readonly [errorKind]: string = "IntentError";
  declare readonly name: "IntentError";
}

/** The flow is not in the manifest, or the site no longer has it. */
export class FlowNotFoundError extends SiteError {
  static override readonly [errorKind]: string = "FlowNotFoundError";
  declare readonly name: "FlowNotFoundError";
}

/** The session has expired, never existed, or belongs to someone else. */
export class SessionNotFoundError extends SiteError {
  static override readonly [errorKind]: string = "SessionNotFoundError";
  declare readonly name: "SessionNotFoundError";
}

/** A step of a flow, or its start, failed. */
export class StepError extends SiteError {
  static override readonly [errorKind]: string = "StepError";
  declare readonly name: "StepError" | "StepTransitionError";
}

/** The step is not allowed now: it would skip a step, or the flow is complete. Code `step_not_allowed`. */
export class StepTransitionError extends StepError {
  static override readonly [errorKind]: string = "StepTransitionError";
  declare readonly name: "StepTransitionError";

  declare readonly attempted: string;
  /** The step last completed; `""` before the first. */
  declare readonly current: string;
  declare readonly allowed: readonly string[];
}
