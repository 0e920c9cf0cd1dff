import { type InputIssue, isSiteErrorCode, type SiteErrorBody, siteErrorStatus } from "@agentgate/protocol/site";

export interface SiteErrorOptions {
  /** HTTP status, 400–499, of a code of your own. Default 422. Ignored for the protocol's codes, whose status is fixed. */
  readonly status?: number | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly issues?: readonly InputIssue[] | undefined;
  readonly currentStep?: string | undefined;
  readonly allowedNextSteps?: readonly string[] | undefined;
  readonly cause?: unknown;
}

/**
 * An error that the agent gets to see, in the protocol's shape. Throw it from a handler to say what was wrong and what to do:
 * `throw new SiteError("out_of_stock", "Only 2 left. Ask for quantity 2 or less.")`.
 * Any other exception becomes `internal_error` without its message.
 */
export class SiteError extends Error {
  override readonly name = "SiteError";
  readonly code: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly options: SiteErrorOptions;

  constructor(code: SiteErrorBody["error"], message: string, options: SiteErrorOptions = {}) {
    super(message, { cause: options.cause });
    this.code = code;
    this.options = options;
    this.headers = options.headers ?? {};
    this.status = statusOf(code, options.status);
  }

  /** Holds for an error of another copy of this package too. */
  static isInstance(error: unknown): error is SiteError {
    return error instanceof Error && error.name === "SiteError" && "code" in error && "status" in error;
  }

  toBody(): SiteErrorBody {
    const { issues, currentStep = "", allowedNextSteps = [] } = this.options;
    return {
      error: this.code,
      message: this.message,
      current_step: currentStep,
      allowed_next_steps: allowedNextSteps,
      ...(issues && { issues }),
    };
  }
}

function statusOf(code: string, status = 422): number {
  if (isSiteErrorCode(code)) return siteErrorStatus[code];
  if (status >= 400 && status <= 499) return status;
  throw new RangeError(`The status of a SiteError of your own is 400–499, not ${status}.`);
}
