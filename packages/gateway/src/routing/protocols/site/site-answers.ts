import { isObject, type JsonObject } from "@agentgate/protocol/a2a";
import { isSiteErrorCode, type Tool } from "@agentgate/protocol/site";
import type { OutboundHeaders } from "../../../outbound/index.ts";
import type { AgentFailure } from "../../agent-protocol.ts";
import { retryAfterIn } from "../failures.ts";

const MESSAGE_LENGTH_MAX = 2_000;
const ISSUES_MAX = 50;
const STEPS_MAX = 100;

/** What a site refused, as its error body says. */
export interface SiteRefusal {
  code: string;
  message: string;
  currentStep: string | undefined;
  allowedNextSteps: string[] | undefined;
  issues: { path: string; message: string }[] | undefined;
}

/** A site's error body; undefined for an answer of any other kind. A Python site wraps it in `detail`. */
export function refusalIn(body: unknown): SiteRefusal | undefined {
  const outer = isObject(body) ? body : {};
  const { error, message, current_step, allowed_next_steps, issues } = isObject(outer.detail) ? outer.detail : outer;
  if (typeof error !== "string" || !/^[\w.-]{1,100}$/.test(error)) return undefined;
  return {
    code: error,
    message: typeof message === "string" ? shortened(message) : `The site failed with ${error}`,
    currentStep: typeof current_step === "string" && current_step !== "" ? current_step.slice(0, 128) : undefined,
    allowedNextSteps: Array.isArray(allowed_next_steps)
      ? allowed_next_steps.filter((step) => typeof step === "string" && step.length <= 128).slice(0, STEPS_MAX)
      : undefined,
    issues: Array.isArray(issues) ? issues.filter(isIssue).slice(0, ISSUES_MAX) : undefined,
  };
}

/** Statuses of the protocol that say something of the site or of the gateway's credential, and nothing of the caller's request. */
const ABOUT_THE_SITE = new Set([401, 403]);

/**
 * A call that the site refused, in its own words. What step is allowed now goes with it, for programs and in the sentence.
 *
 * @param status what it answered, or would have; 200 for an error that a stream ended with
 */
export function refusalFailure(refusal: SiteRefusal, status: number, headers: OutboundHeaders): AgentFailure {
  const { code, message, currentStep, allowedNextSteps, issues } = refusal;
  const isSaid = (allowedNextSteps ?? []).every((step) => message.includes(step));
  const next = isSaid || !allowedNextSteps?.length ? "" : ` Allowed next: ${allowedNextSteps.join(", ")}.`;
  const retryAfter = retryAfterIn(headers);
  const isCallers = status >= 400 && status < 500 && !ABOUT_THE_SITE.has(status);
  return {
    status: isCallers ? status : 502,
    detail: `${message}${next}${credentialHint(status)}`,
    // The names of metrics are few; a site may have codes of its own without end.
    logged: isSiteErrorCode(code) ? code : "site_error",
    upstreamStatus: status,
    ...(retryAfter !== undefined && { retryAfter }),
    members: {
      site_error: code,
      ...(currentStep !== undefined && { current_step: currentStep }),
      ...(allowedNextSteps?.length && { allowed_next_steps: allowedNextSteps }),
      ...(issues?.length && { issues }),
    },
  };
}

const credentialHint = (status: number): string =>
  ABOUT_THE_SITE.has(status)
    ? " The gateway shows the site the credential that the agent's owner has given it (PUT /agents/{id}/credentials)."
    : "";

/** What the gateway itself refuses in the place of a site, in the site's words. */
export const ownRefusal = (status: number, code: string, message: string): AgentFailure => ({
  status,
  detail: message,
  logged: isSiteErrorCode(code) ? code : "site_error",
  members: { site_error: code },
});

/**
 * The simple task object of a call that was done. The result's JSON is as the site wrote it.
 *
 * @param result JSON
 */
export function completedAnswer({ name }: Tool, callerTaskId: unknown, result: string): string {
  const head = JSON.stringify({ id: idOf(callerTaskId), status: { state: "completed" } });
  const artifact = JSON.stringify({ artifactId: "result", name });
  return `${head.slice(0, -1)},"artifacts":[${artifact.slice(0, -1)},"parts":[{"type":"data","data":${result}}]}]}`;
}

/**
 * The same of a call that waits for a person's word.
 *
 * @param taskId by which the word is given; undefined where the call is too large to be kept in one
 */
export function askingAnswer(
  { name }: Tool,
  callerTaskId: unknown,
  taskId: string | undefined,
  { message }: SiteRefusal,
): string {
  const how =
    taskId === undefined
      ? "Send the same call again with `confirm: true` beside its arguments."
      : "Answer with yes or no in this task, or send the same call again with `confirm: true` beside its arguments.";
  const parts = [
    { type: "text", text: message },
    {
      type: "data",
      data: {
        confirmation_required: { tool: name, message, how },
        schema: {
          type: "object",
          properties: { confirm: { type: "boolean", description: message } },
          required: ["confirm"],
        },
      },
    },
  ];
  return JSON.stringify({
    id: idOf(callerTaskId) ?? taskId ?? null,
    ...(taskId !== undefined && { taskId }),
    status: { state: "input-required", message: { role: "agent", parts } },
    artifacts: [],
  });
}

/** A call that a person did not want. */
export const declinedAnswer = (callerTaskId: unknown, taskId: string): string =>
  JSON.stringify({
    id: idOf(callerTaskId) ?? taskId,
    status: { state: "canceled", message: { role: "agent", parts: [{ type: "text", text: "Nothing was done." }] } },
    artifacts: [],
  });

/** The reply of a start or a step with the session's handle in place of the site's own name for it. */
export const withHandle = (reply: JsonObject, handle: string): JsonObject => ({ ...reply, session_id: handle });

const idOf = (callerTaskId: unknown): unknown =>
  typeof callerTaskId === "string" || typeof callerTaskId === "number" ? callerTaskId : null;

const isIssue = (issue: unknown): issue is { path: string; message: string } =>
  isObject(issue) && typeof issue.path === "string" && typeof issue.message === "string" && issue.message.length <= 500;

const shortened = (text: string): string => text.slice(0, MESSAGE_LENGTH_MAX).toWellFormed();
