import { actions, demandOwn, organization, orgOf } from "../../access/index.ts";
import { type Principal, Problem } from "../../http/index.ts";
import { type Micros, plainAddress } from "../../runtime/index.ts";
import type { LoggedCall } from "../entry.ts";
import { withinKey } from "../rollups/stats-selection.ts";
import type { LogFilter, LogView } from "./log-filter.ts";
import { LAST } from "./slices.ts";

/** What of the log is asked for, as the wire has it. */
export interface LogQuery {
  role: LogView["role"];
  org_id?: string | undefined;
  agent_id?: readonly string[] | undefined;
  status?: "success" | "error" | undefined;
  error?: readonly string[] | undefined;
  entrance?: readonly string[] | undefined;
  skill?: readonly string[] | undefined;
  payer_org_id?: string | undefined;
  task_id?: string | undefined;
  trace_id?: string | undefined;
  context_id?: string | undefined;
  request_id?: string | undefined;
  parent_id?: string | undefined;
  key_id?: string | undefined;
  caller_ip?: string | undefined;
  latency_min?: number | undefined;
  not_agent_id?: readonly string[] | undefined;
  not_error?: readonly string[] | undefined;
  not_entrance?: readonly string[] | undefined;
  not_skill?: readonly string[] | undefined;
  not_payer_org_id?: readonly string[] | undefined;
  from?: string | undefined;
  to?: string | undefined;
}

/**
 * The calls that are asked for and that this caller may know of: an organization's those to agents that were its own then, or those that
 * it paid for; of a key for some agents, those of these alone.
 *
 * @throws Problem 403 for another organization, or an agent that the key is not for; 422 for a range that ends before it begins
 */
export function filterOf(
  query: LogQuery,
  caller: Principal,
  defaultFrom: (to: Micros) => Micros,
  now: Micros,
): LogFilter {
  if (query.org_id !== undefined) demandOwn(caller, actions.readLogs, organization(query.org_id), "organization");
  const own = orgOf(caller);
  const to = query.to === undefined ? now : microsOf(query.to);
  const from = query.from === undefined ? defaultFrom(to) : microsOf(query.from);
  if (from >= to && query.from !== undefined) {
    throw new Problem(422, [{ type: "value_error", loc: ["query", "from"], msg: "Must be before `to`" }]);
  }
  const { key_id: keyId, payer_org_id: payerOrgId } = query;
  // Which key of theirs its callers show is not an owner's to know.
  const isTheirs = keyId !== undefined && own !== undefined && query.role === "owner";
  const agentIds = withinKey(query.agent_id, caller);
  return {
    role: query.role,
    orgId: own ?? query.org_id,
    agentIds: isTheirs && payerOrgId !== undefined && payerOrgId !== own ? [] : agentIds,
    status: query.status,
    errors: query.error,
    entrances: query.entrance,
    skills: query.skill,
    payerOrgId: isTheirs ? own : payerOrgId,
    taskId: query.task_id,
    traceId: query.trace_id,
    contextId: query.context_id,
    requestId: query.request_id,
    parentId: query.parent_id,
    keyId,
    callerIp: query.caller_ip === undefined ? undefined : plainAddress(query.caller_ip),
    latencyMicrosMin: query.latency_min === undefined ? undefined : BigInt(Math.ceil(query.latency_min * 1000)),
    notAgentIds: query.not_agent_id,
    notErrors: query.not_error,
    notEntrances: query.not_entrance,
    notSkills: query.not_skill,
    notPayerOrgIds: query.not_payer_org_id,
    from,
    to,
  };
}

/** Whether this caller may know of a call: whose agent it was, who paid for it, and the admin; with a key for some agents, of these alone. */
export function maySee(caller: Principal, { agentId, orgId, payerOrgId }: LoggedCall): boolean {
  const own = orgOf(caller);
  const isConcerned = own === undefined || own === orgId || own === payerOrgId;
  return isConcerned && (withinKey(undefined, caller)?.includes(agentId) ?? true);
}

/** The call without what is not this caller's to know. */
export function asSeenBy(caller: Principal, call: LoggedCall): LoggedCall {
  const own = orgOf(caller);
  return own === undefined || own === call.payerOrgId ? call : { ...call, keyId: null };
}

/** Everything that is kept; also what a node wrote whose clock is ahead. */
export const ALL_KEPT = { from: () => 0n, to: LAST };

const microsOf = (instant: string): Micros => BigInt(Date.parse(instant)) * 1000n;

/** Whether a call, as this caller sees it, is one of those that are asked for; by its time every call is. */
export function isAskedFor(call: LoggedCall, query: Partial<Omit<LogQuery, "role">>): boolean {
  const equal = (asked: string | undefined, value: string | null) => asked === undefined || asked === value;
  const among = (asked: readonly string[] | undefined, value: string | null) =>
    asked === undefined || (value !== null && asked.includes(value));
  const notAmong = (refused: readonly string[] | undefined, value: string | null) =>
    refused === undefined || value === null || !refused.includes(value);
  return (
    notAmong(query.not_agent_id, call.agentId) &&
    notAmong(query.not_error, call.errorDetail) &&
    notAmong(query.not_entrance, call.entrance) &&
    notAmong(query.not_skill, call.skill) &&
    notAmong(query.not_payer_org_id, call.payerOrgId) &&
    among(query.agent_id, call.agentId) &&
    equal(query.status, call.errorDetail === null ? "success" : "error") &&
    among(query.error, call.errorDetail) &&
    among(query.entrance, call.entrance) &&
    among(query.skill, call.skill) &&
    equal(query.payer_org_id, call.payerOrgId) &&
    equal(query.task_id, call.taskId) &&
    equal(query.trace_id, call.traceId) &&
    equal(query.context_id, call.contextId) &&
    equal(query.request_id, call.requestId) &&
    equal(query.parent_id, call.parentId) &&
    equal(query.key_id, call.keyId) &&
    equal(query.caller_ip && plainAddress(query.caller_ip), call.callerIp) &&
    (query.latency_min === undefined || call.latencyMicros >= query.latency_min * 1000)
  );
}
