import { z } from "zod";
import { actions, type ListedAction } from "../access/index.ts";
import { idParams, numeric, type Principal, paging, type RouteDefinition, route } from "../http/index.ts";
import { type Clock, renderTimestamp } from "../runtime/index.ts";
import type { CallLog } from "./call-log.ts";
import { entrances, toWireLogEntry } from "./entry.ts";
import type { CallLogStore } from "./store.ts";
import { meanLatencyMs, toMonths, toWirePeriod } from "./usage.ts";

export interface CallLogFaceOptions {
  log: CallLog;
  store: CallLogStore;
  clock: Clock;
  /** The agent, if this caller may do this to it. @throws Problem 404 or 403. */
  managedAgent(id: string, caller: Principal, action: ListedAction): Promise<{ id: string; name: string }>;
}

const tag = { name: "Usage", description: "What was called, how often, and how it went" };

const wireLogEntry = z
  .object({
    id: z.uuid(),
    request_id: z.string().nullable().describe("`X-Request-Id` of the answer that the caller got"),
    agent_id: z.uuid(),
    agent_name: z.string(),
    caller_ip: z.string(),
    task_id: z.string().nullable(),
    status: z.enum(["success", "error"]),
    error_detail: z.string().nullable(),
    latency_ms: z.number().describe("From the call's arrival to its answer"),
    created_at: z.iso.datetime(),
    org_id: z.uuid().nullable().describe("Who owned the agent at the time"),
    payer_org_id: z.uuid().nullable(),
    entrance: z.enum(entrances).nullable(),
    protocol: z.enum(["plain", "a2a"]).nullable().describe("What the agent speaks"),
    http_status: z.int().nullable().describe("What the caller was answered with; on a stream, what it would have been"),
    agent_ms: z.number().nullable().describe("What of `latency_ms` the agent took"),
    first_byte_ms: z.number().nullable().describe("From the call's arrival to the first byte of the agent's answer"),
    event_count: z.int().nullable().describe("Events of the agent's answer; null when it was no stream"),
    context_id: z.string().nullable().describe("The A2A context"),
    key_id: z.uuid().nullable().describe("The key made for something that the caller showed"),
    request_bytes: z.int().nullable(),
    response_bytes: z.int().nullable().describe("What the agent answered"),
    price: z
      .number()
      .nullable()
      .describe("What was paid, in US dollars; 0 when nothing was, null when it is not known"),
    transaction_id: z.uuid().nullable().describe("Of the payment"),
    trace_id: z.string().nullable().describe("Of the W3C trace"),
    parent_id: z.uuid().nullable().describe("The call whose agent made this one, as it says"),
  })
  .meta({ id: "LogEntry" });
const wirePeriod = z
  .object({
    period: z.string(),
    invocations: z.int(),
    errors: z.int(),
    avg_latency_ms: z.number(),
  })
  .meta({ id: "UsagePeriod" });
const agentFields = { agent_id: z.uuid(), agent_name: z.string() };
const wireUsage = z
  .object({
    ...agentFields,
    total_invocations: z.int(),
    total_errors: z.int(),
    avg_latency_ms: z.number(),
    last_invocation: z.iso.datetime().nullable(),
  })
  .meta({ id: "AgentUsage" });
const wireBreakdown = z
  .object({
    ...agentFields,
    period: z.enum(["day", "month"]),
    days: z.int(),
    breakdown: z.array(wirePeriod),
  })
  .meta({ id: "UsageBreakdown" });
const foreign = { 403: { description: "The agent belongs to somebody else" }, 404: { description: "No such agent" } };

/** Logs and usage of an agent, for its owner (contract section 3). What this node has answered is always included. */
export function callLogRoutes({ log, store, clock, managedAgent }: CallLogFaceOptions): RouteDefinition[] {
  const common = { method: "GET", tag, params: idParams } as const;
  return [
    route({
      ...common,
      path: "/agents/{id}/logs",
      action: actions.readLogs,
      operationId: "getAgentLogs",
      summary: "List an agent's calls, newest first",
      description: "Calls that succeeded and calls that failed, also those that were answered a moment ago.",
      query: z.object(paging({ default: 50, max: 200, min: 0, offsetMax: 100_000 })),
      responses: { 200: { description: "One entry per call", schema: z.array(wireLogEntry) }, ...foreign },
      handler: async ({ params, query, caller }) => {
        const agent = await managedAgent(params.id, caller, actions.readLogs);
        await log.flush();
        return (await store.ofAgent(agent.id, query)).map(toWireLogEntry);
      },
    }),
    route({
      ...common,
      path: "/agents/{id}/usage",
      action: actions.readUsage,
      operationId: "getAgentUsage",
      summary: "Summarize an agent's calls",
      description: "How many there were, how many failed, and how long they took.",
      responses: {
        200: {
          description: "Totals since the agent was registered",
          schema: wireUsage,
        },
        ...foreign,
      },
      handler: async ({ params, caller }) => {
        const agent = await managedAgent(params.id, caller, actions.readUsage);
        await log.flush();
        const usage = await store.usage(agent.id);
        return {
          agent_id: agent.id,
          agent_name: agent.name,
          total_invocations: usage.invocations,
          total_errors: usage.errors,
          avg_latency_ms: meanLatencyMs(usage),
          last_invocation: usage.lastCallAt === null ? null : renderTimestamp(usage.lastCallAt),
        };
      },
    }),
    route({
      ...common,
      path: "/agents/{id}/usage/breakdown",
      action: actions.readUsage,
      operationId: "getAgentUsageBreakdown",
      summary: "Break an agent's calls down by day or month",
      description: "Periods without a call are left out.",
      query: z.object({
        period: z.enum(["day", "month"]).default("day"),
        days: numeric(z.int().min(1).max(365)).default(30),
      }),
      responses: {
        200: {
          description: "Periods with calls, ascending, in UTC",
          schema: wireBreakdown,
        },
        ...foreign,
      },
      handler: async ({ params, query: { period, days }, caller }) => {
        const agent = await managedAgent(params.id, caller, actions.readUsage);
        await log.flush();
        const daily = await store.daily(agent.id, days, BigInt(clock.now()) * 1000n);
        const breakdown = (period === "month" ? toMonths(daily) : daily).map(toWirePeriod);
        return { agent_id: agent.id, agent_name: agent.name, period, days, breakdown };
      },
    }),
  ];
}
