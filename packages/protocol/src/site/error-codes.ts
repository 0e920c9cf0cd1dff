/** Every error code of the site protocol with its HTTP status. */
export const siteErrorStatus = {
  missing_header: 400,
  invalid_json: 400,
  unauthorized: 401,
  forbidden: 403,
  insufficient_scope: 403,
  not_found: 404,
  intent_not_found: 404,
  flow_not_found: 404,
  step_not_found: 404,
  session_not_found: 404,
  method_not_allowed: 405,
  step_in_progress: 409,
  idempotency_in_progress: 409,
  step_outcome_unknown: 409,
  payload_too_large: 413,
  unsupported_media_type: 415,
  step_not_allowed: 422,
  invalid_input: 422,
  idempotency_mismatch: 422,
  confirmation_required: 422,
  rate_limited: 429,
  internal_error: 500,
  /** Something the site needs cannot be had, or it has no room left; `Retry-After` says when to try again. */
  unavailable: 503,
  timeout: 504,
} as const;

export type SiteErrorCode = keyof typeof siteErrorStatus;

export const isSiteErrorCode = (code: string): code is SiteErrorCode => Object.hasOwn(siteErrorStatus, code);

/** One thing that is wrong with the input. */
export interface InputIssue {
  /** JSON Pointer (RFC 6901) into the request body; `""` is the body itself. */
  readonly path: string;
  readonly message: string;
}

/** The body of every error reply. A site may add codes of its own. */
export interface SiteErrorBody {
  readonly error: SiteErrorCode | (string & {});
  readonly message: string;
  /** The step last completed in the session; `""` before the first and outside flows. */
  readonly current_step: string;
  /** Empty outside flows. */
  readonly allowed_next_steps: readonly string[];
  /** With `invalid_input`. */
  readonly issues?: readonly InputIssue[];
}
