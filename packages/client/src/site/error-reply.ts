import type { InputIssue } from "@agentgate/protocol/site";
import {
  AuthError,
  FlowNotFoundError,
  IntentError,
  SessionNotFoundError,
  type SiteError,
  StepError,
  StepTransitionError,
} from "./errors.ts";
import { parseJson } from "./parse-json.ts";

/** What was called, so that its failure can be reported. */
export interface CallSubject {
  readonly path: string;
  /** What a 404 without a code of its own means. */
  readonly missing:
    | "intent_not_found"
    | "flow_not_found"
    | "step_not_found"
    | "session_not_found"
    | "manifest_not_found";
  readonly step?: string;
  /** Told where the session stands when the step is not allowed. */
  readonly refused?: (currentStep: string, allowedNextSteps: string[]) => void;
}

const codeByStatus: Record<number, string> = {
  401: "unauthorized",
  403: "forbidden",
  422: "invalid_input",
  429: "rate_limited",
};

const classByCode = new Map<string, typeof SiteError>([
  ["unauthorized", AuthError],
  ["forbidden", AuthError],
  ["insufficient_scope", AuthError],
  ["flow_not_found", FlowNotFoundError],
  ["session_not_found", SessionNotFoundError],
  ["step_not_allowed", StepTransitionError],
]);

/** The error that a reply stands for: by its `error` code first, by its status otherwise. */
export function errorFromReply(response: Response, text: string, call: CallSubject): SiteError {
  const { status, headers } = response;
  const error = status === 404 ? call.missing : (codeByStatus[status] ?? `http_${status}`);
  return siteError({ error, ...parseBody(text) }, call, status, Number(headers.get("retry-after")) || undefined);
}

/** @param body - an error body of the protocol, not yet trusted */
export function siteError(
  body: Record<string, unknown>,
  { path, missing, step = "", refused }: CallSubject,
  status?: number,
  retryAfterSeconds?: number,
): SiteError {
  const { error, message = `${path} failed with ${error}`, issues, current_step = "", allowed_next_steps } = body;
  const code = String(error);
  const Failure = classByCode.get(code) ?? (missing === "intent_not_found" ? IntentError : StepError);
  let transition: object | undefined;
  if (Failure === StepTransitionError) {
    const current = String(current_step);
    const allowed = strings(allowed_next_steps);
    refused?.(current, allowed);
    transition = { attempted: step, current, allowed };
  }
  return new Failure(code, String(message), {
    status,
    retryAfterSeconds,
    issues: Array.isArray(issues) ? (issues as InputIssue[]) : [],
    ...transition,
  });
}

export function strings(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

/** The protocol's own shape, or as FastAPI wraps it: `detail` with that shape, with a text, or with a list of its own. */
function parseBody(text: string): Record<string, unknown> {
  const { detail, ...own } = Object(parseJson(text));
  if (!detail) return own;
  if (typeof detail === "string") return { message: detail };
  return Array.isArray(detail) ? { message: JSON.stringify(detail) } : detail;
}
