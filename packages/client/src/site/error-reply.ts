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
import { strings, text } from "./plain-values.ts";

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
  readonly refused?: (body: unknown) => void;
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
export function errorFromReply({ status, headers }: Response, body: string, call: CallSubject): SiteError {
  return siteError(parseJson(body), call, status, Number(headers.get("retry-after")) || undefined);
}

/**
 * @param body - an error body of the protocol, not yet trusted, or as FastAPI wraps it: `detail` with that shape, with a
 * text, or with a list of its own
 */
export function siteError(
  body: unknown,
  { path, missing, step = "", refused }: CallSubject,
  status = 0,
  retryAfterSeconds?: number,
): SiteError {
  const { detail, ...own } = Object(body);
  const { error, message, issues, current_step, allowed_next_steps } = Object(detail ?? own);
  const code = text(error, status === 404 ? missing : (codeByStatus[status] ?? `http_${status}`));
  const told = text(message, detail ? text(detail, readList(detail)) : `${path} failed with ${code}`);
  const Failure = classByCode.get(code) ?? (missing === "intent_not_found" ? IntentError : StepError);
  const isTransition = Failure === StepTransitionError;
  if (isTransition) refused?.({ current_step, allowed_next_steps });
  return new Failure(code, told.slice(0, 4096), {
    status: status || undefined,
    retryAfterSeconds,
    issues: Array.isArray(issues) ? (issues as InputIssue[]) : [],
    ...(isTransition && { attempted: step, current: text(current_step), allowed: strings(allowed_next_steps) }),
  });
}

/** FastAPI's list of invalid inputs; each `loc` begins with what the place is in: the body, a header. */
const readList = (detail: object) =>
  strings(
    Array.isArray(detail)
      ? detail.map((entry) => `${strings(entry?.loc).slice(1).join(".")}: ${text(entry?.msg)}`)
      : Object.values(detail),
  ).join("; ");
