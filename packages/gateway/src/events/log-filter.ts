import { z } from "zod";
import type { LoggedCall } from "../call-log/index.ts";
import { numeric, text, uuid } from "../http/index.ts";

const VALUES_MAX = 20;
const several = <S extends z.ZodType<string>>(each: S) =>
  z.union([each.transform((value) => [value]), z.array(each).max(VALUES_MAX)]).optional();

/** Which calls of the log are told: all that are named have to fit, and of several values of one, any. */
export const logFilterFields = {
  role: z
    .enum(["owner", "payer"])
    .optional()
    .describe("Calls of one's own agents, or calls that one pays for; both by default"),
  agent_id: several(uuid()).describe("May be repeated"),
  status: z.enum(["success", "error"]).optional(),
  error: several(text().min(1).max(100)).describe("Kinds of failure, such as `timeout`; may be repeated"),
  payer_org_id: uuid().optional(),
  task_id: text().max(1000).optional(),
  trace_id: text().max(100).optional(),
  caller_ip: text().max(100).optional(),
  latency_min: numeric(z.number().min(0).max(1e12)).optional().describe("Milliseconds"),
};

const logFilter = z.object(logFilterFields);
export type LogFilter = z.output<typeof logFilter>;

/** Whether the call fits, but for `role`, which is a matter of who asks. */
export function fits(call: LoggedCall, filter: LogFilter): boolean {
  const { agent_id, status, error, payer_org_id, task_id, trace_id, caller_ip, latency_min } = filter;
  return (
    (agent_id === undefined || agent_id.includes(call.agentId)) &&
    (status === undefined || (status === "success") === (call.errorDetail === null)) &&
    (error === undefined || (call.errorDetail !== null && error.includes(call.errorDetail))) &&
    (payer_org_id === undefined || call.payerOrgId === payer_org_id) &&
    (task_id === undefined || call.taskId === task_id) &&
    (trace_id === undefined || call.traceId === trace_id) &&
    (caller_ip === undefined || call.callerIp === caller_ip) &&
    (latency_min === undefined || Number(call.latencyMicros) >= latency_min * 1000)
  );
}
