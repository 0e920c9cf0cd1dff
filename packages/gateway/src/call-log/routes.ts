import { z } from "zod";
import { actions, type ListedAction } from "../access/index.ts";
import { idParams, numeric, type Principal, paging, type RouteDefinition, route } from "../http/index.ts";
import { type Clock, renderTimestamp } from "../runtime/index.ts";
import type { CallLog } from "./call-log.ts";
import { toWireLogEntry } from "./entry.ts";
import { asSeenBy } from "./search/selected-calls.ts";
import type { CallLogStore } from "./store.ts";
import { meanLatencyMs, toMonths, toWirePeriod } from "./usage.ts";
import { usageTag as tag, wireLogEntry } from "./wire-entry.ts";

export interface CallLogFaceOptions {
  log: CallLog;
  store: CallLogStore;
  clock: Clock;
  /** The agent, if this caller may do this to it. @throws Problem 404 or 403. */
  managedAgent(id: string, caller: Principal, action: ListedAction): Promise<{ id: string; name: string }>;
}

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
        return (await store.ofAgent(agent.id, query)).map((call) => toWireLogEntry(asSeenBy(caller, call)));
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
