import type { JsonObject } from "@agentgate/protocol/a2a";
import { rpcCodes } from "@agentgate/protocol/mcp";
import { Problem, unavailable } from "../../http/index.ts";
import { unavailability } from "../../storage/index.ts";
import { McpError } from "./mcp-error.ts";

/** How an error is told: its HTTP status, headers and JSON-RPC error. */
export interface Refusal {
  status: number;
  /** Its stable name, for the log. */
  problem: string;
  headers: Record<string, string>;
  error: { code: number; message: string; data: JsonObject };
}

/** What somebody has to look at. */
export const isUnforeseen = (error: unknown): boolean =>
  !(error instanceof McpError) && !(error instanceof Problem) && unavailability(error) === undefined;

/** Statuses whose number is the error's code: no code of the protocol says the same. */
const OWN_CODES = new Set([401, 402, 403, 404, 429, 502, 503, 504, 508]);

/** @param instance the request's path, for the problem object */
export function refusalOf(error: unknown, { isLegacy, instance }: { isLegacy: boolean; instance: string }): Refusal {
  if (error instanceof McpError) {
    const { code, message, problem, data } = error;
    const status = isLegacy ? error.legacyStatus : error.status;
    const about = new Problem(status === 200 ? 400 : status, message, { code: problem }).toBody(instance);
    return { status, problem, headers: {}, error: { code, message, data: { ...about, ...data } } };
  }
  const away = unavailability(error);
  const problem = error instanceof Problem ? error : away ? unavailable(away) : internal();
  const { code: name, message } = problem;
  // Whatever a body is found to be before it is read as a message.
  const status = problem.status === 422 ? 400 : problem.status;
  const headers = { ...problem.headers, ...challengeOf(problem) };
  const code = name === "invalid_utf8" ? rpcCodes.parseError : codeOf(status);
  return { status, problem: name, headers, error: { code, message, data: problem.toBody(instance) } };
}

const codeOf = (status: number): number => {
  if (OWN_CODES.has(status)) return status;
  return status >= 500 ? rpcCodes.internalError : rpcCodes.invalidRequest;
};

/** RFC 6750, section 3.1: what the key lacks. */
function challengeOf({ status, code }: Problem): Record<string, string> {
  if (status !== 403 || code !== "insufficient_scope") return {};
  return { "www-authenticate": 'Bearer error="insufficient_scope", scope="tasks:call"' };
}

const internal = () => new Problem(500, "Internal server error; the request id identifies it in the server's log");
