import { z } from "zod";
import { actions } from "../access/index.ts";
import type { AgentRegistry } from "../agents/index.ts";
import type { CallStats } from "../call-log/index.ts";
import { idParams, numeric, type RouteDefinition, route } from "../http/index.ts";
import { type Clock, renderTimestamp } from "../runtime/index.ts";
import type { Storage } from "../storage/index.ts";
import { DAYS_KEPT, healthDays } from "./health-days.ts";

export interface AgentStatsFaceOptions {
  agents: AgentRegistry;
  callStats: Pick<CallStats, "ofAgent">;
  storage: Pick<Storage, "db">;
  clock: Clock;
}

const DAY_MS = 86_400_000;

const wireDay = z.object({
  day: z.iso.date().describe("In UTC; today's is unfinished"),
  checks: z.int().describe("How often the gateway looked at it"),
  failed: z.int().describe("How many of these found it unwell"),
  calls: z.int(),
  errors: z.int(),
});
const wireStats = z
  .object({
    since: z.iso.datetime().describe("When it was registered"),
    calls_30d: z.int().describe("On thirty UTC days, today included"),
    success_30d: z.number().nullable().describe("From 0 to 1, not rounded; null without calls"),
    p50_ms: z.number().nullable().describe("Milliseconds that the agent took, within 5 %; null where none are known"),
    p95_ms: z.number().nullable(),
    last_success_at: z.iso.datetime().nullable(),
    days: z.array(wireDay).describe("Ascending, one for each day, today included"),
  })
  .meta({ id: "AgentStats" });

/** How an agent does when it is called, and when it is looked at: for everybody who sees it. */
export function agentStatsRoutes({ agents, callStats, storage, clock }: AgentStatsFaceOptions): RouteDefinition[] {
  return [
    route({
      method: "GET",
      path: "/agents/{id}/stats",
      action: actions.readAgentHealth,
      tag: { name: "Health", description: "Whether the gateway and its agents are well" },
      operationId: "getAgentStats",
      summary: "Get how an agent does when it is called, and when it is looked at",
      description: "What it answered callers, what it took, and what the gateway's own checks found, by day.",
      params: idParams,
      query: z.object({ days: numeric(z.int().min(1).max(DAYS_KEPT)).default(30) }),
      responses: { 200: { description: "Its record", schema: wireStats }, 404: { description: "No such agent" } },
      handler: async ({ params, query, caller }) => {
        const agent = await agents.get(params.id, caller);
        const today = Math.floor(clock.now() / DAY_MS);
        const first = today - query.days + 1;
        const [record, checks] = await Promise.all([
          callStats.ofAgent(agent.id, query.days),
          healthDays(storage, agent.id, first * DAY_MS),
        ]);
        const calls = new Map(record.days.map((day) => [day.period, day]));
        return {
          since: renderTimestamp(agent.createdAt),
          calls_30d: record.calls,
          success_30d: record.calls === 0 ? null : (record.calls - record.errors) / record.calls,
          p50_ms: record.p50Ms,
          p95_ms: record.p95Ms,
          last_success_at: record.lastSuccessAt === null ? null : renderTimestamp(record.lastSuccessAt),
          days: Array.from({ length: query.days }, (_, at) => {
            const day = new Date((first + at) * DAY_MS).toISOString().slice(0, 10);
            const looks = checks.get(BigInt(first + at));
            return {
              day,
              checks: Number(looks?.checks ?? 0n),
              failed: Number(looks?.failed ?? 0n),
              calls: calls.get(day)?.invocations ?? 0,
              errors: calls.get(day)?.errors ?? 0,
            };
          }),
        };
      },
    }),
  ];
}
