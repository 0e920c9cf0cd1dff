import type { Agent, CredentialError } from "../../agents/index.ts";
import type { OutboundError, OutboundHeaders } from "../../outbound/index.ts";
import { unavailability } from "../../storage/index.ts";
import type { AgentFailure } from "../agent-protocol.ts";
import { type AnswerFault, boundExceeded } from "./answer-json.ts";

/** A call that got no usable answer, in the words of the outcome table (contract section 4). */
export function connectionFailure({ url }: Agent, error: OutboundError): AgentFailure {
  switch (error.kind) {
    case "connect":
    case "refused_address":
    case "invalid_request":
      return { status: 502, detail: `Cannot reach agent at ${url}`, logged: "connect_error" };
    case "not_running":
      return { status: 503, detail: `${error.message.replace(/^t/, "T")}; retry later`, logged: "not_running" };
    case "timeout":
      return { status: 504, detail: `Agent at ${url} timed out`, logged: "timeout" };
    case "reset":
    case "protocol":
      return { status: 502, detail: `Agent at ${url} broke off its answer`, logged: "protocol_error" };
    case "too_large":
      return { status: 502, detail: `Agent at ${url} sent too large an answer`, logged: "invalid_response" };
    case "busy":
      return { status: 503, detail: `Agent at ${url} has too many calls under way; retry later`, logged: "busy" };
    case "no_room":
      return {
        status: 503,
        detail: `The gateway has no room for the answer of the agent at ${url} beside those under way; retry later`,
        logged: "busy",
      };
    case "aborted":
      return callerLeft;
  }
}

export const callerLeft: AgentFailure = { status: 499, detail: "The call was cancelled", logged: "cancelled" };

export const credentialFailure = ({ message }: CredentialError): AgentFailure => ({
  status: 502,
  detail: message,
  logged: "credentials",
});

/** What the gateway needs for a call is away for now. Undefined for an error that says something else. */
export function unavailableFailure(error: unknown): AgentFailure | undefined {
  const away = unavailability(error);
  return away && { status: 503, detail: `${away.detail}. Nothing was charged`, logged: "unavailable" };
}

/** An answer that cannot be passed on. */
export const faultyAnswer = ({ url }: Agent, fault: NonNullable<AnswerFault>): AgentFailure => ({
  status: 502,
  detail:
    fault === "not JSON"
      ? `Agent at ${url} answered something that is not JSON`
      : `Agent at ${url} sent an answer that ${boundExceeded("depth")}`,
  logged: "invalid_response",
});

/** A status other than 2xx: the caller sees a 4xx as it is, anything else as 502. */
export function statusFailure(status: number, headers: OutboundHeaders, body: Buffer): AgentFailure {
  const passed = status >= 400 && status < 500;
  const retryAfter = retryAfterIn(headers);
  return {
    status: passed ? status : 502,
    detail: `Agent returned error: ${reasonIn(body) || `HTTP ${status}`}`,
    logged: `http_${status}`,
    upstreamStatus: status,
    ...(retryAfter !== undefined && { retryAfter }),
  };
}

/** RFC 9110, section 10.2.3: a number of seconds, or a date. */
export function retryAfterIn({ "retry-after": given }: OutboundHeaders): string | undefined {
  if (typeof given !== "string") return undefined;
  const value = given.trim();
  return /^\d{1,9}$/.test(value) || HTTP_DATE.test(value) ? value : undefined;
}

const HTTP_DATE = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;

/** The headers that tell the caller what the agent has answered, and when to come back: as the agent says, else soon where it may help. */
export function failureHeaders({ status, upstreamStatus, retryAfter }: AgentFailure): Record<string, string> {
  const isPassing = status === 503 || status === 429;
  return {
    ...(upstreamStatus !== undefined && { "x-agentgate-upstream-status": `${upstreamStatus}` }),
    ...((retryAfter !== undefined || isPassing) && { "retry-after": retryAfter ?? "1" }),
  };
}

const REASON_LENGTH_MAX = 500;

/** The agent's own words for its error, if it has some. */
function reasonIn(body: Buffer): string {
  const text = body.toString("utf8", 0, 4 * REASON_LENGTH_MAX).trim();
  const stated = statedReason(text);
  return (stated ?? (text.startsWith("<") ? "" : text)).slice(0, REASON_LENGTH_MAX).toWellFormed();
}

function statedReason(text: string): string | undefined {
  try {
    const { detail, message, error } = JSON.parse(text) ?? {};
    return [detail, message, error?.message, error].find((value) => typeof value === "string");
  } catch {
    return undefined;
  }
}
