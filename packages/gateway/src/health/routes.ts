import { z } from "zod";
import { actions, reachOf } from "../access/index.ts";
import { type AgentRegistry, isServing, refusalOf } from "../agents/index.ts";
import { idParams, linkNext, Problem, paging, type RouteDefinition, route, uuid } from "../http/index.ts";
import type { RateLimiter } from "../limits/index.ts";
import { unavailability } from "../storage/index.ts";
import type { AgentHealth } from "./agent-health.ts";
import type { HealthMonitor } from "./monitor.ts";

export interface HealthFaceOptions {
  agents: AgentRegistry;
  monitor: HealthMonitor;
  /** Of looks that somebody asks for. */
  limiter: Pick<RateLimiter, "take">;
  version: string;
  /** Rejects when the database does not do its work. Without it the node is not ready. */
  checkDatabase(): Promise<void>;
  /** What is wrong with this node's time, in a sentence, if anything. Then it is not ready; what still comes is paid for rightly. */
  timeProblem(): Promise<string | null>;
  /** Whether Redis answers, when it is configured. Without it each node limits by itself and stays ready. */
  redisIsUp?: () => boolean;
  /** Whether the node has been told to stop. */
  isStopping(): boolean;
}

const tag = { name: "Health", description: "Whether the gateway and its agents are well" };

const LIST_MAX = 1000;
const READINESS_TIMEOUT_MS = 2_000;
/** Looks at one agent that its owner asks for. */
const LOOKS = { rate: 0.2, burst: 3 };

const wireHealth = z.object({
  status: z.enum(["healthy", "unhealthy"]),
  last_check: z.iso.datetime(),
  latency_ms: z.number().nullable(),
  error: z.string().nullable(),
});
const wireAgentHealth = wireHealth.meta({ id: "AgentHealth" });
const wireNamedHealth = z
  .union([
    wireHealth.extend({ agent: z.string() }),
    z.object({ agent: z.string(), status: z.literal("unknown"), message: z.string() }),
  ])
  .meta({ id: "NamedAgentHealth" });
const wireGatewayHealth = z.object({ status: z.literal("ok"), version: z.string() }).meta({ id: "GatewayHealth" });
const wireReadiness = z
  .object({
    status: z.literal("ready"),
    checks: z.object({ database: z.literal("ok"), redis: z.enum(["ok", "unavailable"]).optional() }),
  })
  .meta({ id: "Readiness" });

const toWire = ({ status, checkedAt, latencyMs, error }: AgentHealth) => ({
  status,
  last_check: new Date(checkedAt).toISOString(),
  latency_ms: latencyMs,
  error,
});

/** Liveness, readiness and the agents' health (contract section 10). */
export function healthRoutes({
  agents,
  monitor,
  limiter,
  version,
  checkDatabase,
  timeProblem,
  redisIsUp,
  isStopping,
}: HealthFaceOptions): RouteDefinition[] {
  return [
    route({
      method: "GET",
      path: "/health",
      action: actions.readHealth,
      tag,
      operationId: "getHealth",
      summary: "Tell that the gateway is alive",
      description: "For whoever restarts what does not answer. Nothing is looked up.",
      responses: { 200: { description: "Alive", schema: wireGatewayHealth } },
      handler: () => ({ status: "ok", version }),
    }),
    route({
      method: "GET",
      path: "/health/ready",
      action: actions.readHealth,
      tag,
      operationId: "getReadiness",
      summary: "Tell whether this node should get calls",
      description: "For load balancers: a node that is not ready answers 503 and says why.",
      responses: {
        200: {
          description: "Ready",
          schema: wireReadiness,
        },
        503: {
          description: "The database does not answer or takes no writes, clocks disagree, or the node is stopping",
        },
      },
      handler: async () => {
        if (isStopping()) throw new Problem(503, "The gateway is stopping", { code: "stopping" });
        await demandDatabase(checkDatabase);
        const wrongTime = await timeProblem();
        if (wrongTime !== null) throw new Problem(503, wrongTime, { code: "wrong_time" });
        const redis = redisIsUp && { redis: redisIsUp() ? ("ok" as const) : ("unavailable" as const) };
        return { status: "ready", checks: { database: "ok", ...redis } };
      },
    }),
    route({
      method: "GET",
      path: "/health/agents",
      action: actions.readAgentHealth,
      tag,
      operationId: "getAgentsHealth",
      summary: "Get agents' health by agent id",
      description:
        'Those that the caller sees, in the order of the ids. `Link` with `rel="next"` says where it goes on.',
      query: z.object({
        limit: paging({ default: LIST_MAX, max: LIST_MAX }).limit,
        after: uuid().optional().describe("Agents behind this one"),
      }),
      responses: { 200: { description: "As far as checked", schema: z.record(z.uuid(), wireAgentHealth) } },
      handler: async ({ query, caller, request, reply }) => {
        const { health, next } = await monitor.list(query, reachOf(caller));
        if (next !== undefined) linkNext(request, reply, { after: next });
        return Object.fromEntries([...health].map(([id, one]) => [id, toWire(one)]));
      },
    }),
    route({
      method: "GET",
      path: "/agents/{id}/health",
      action: actions.readAgentHealth,
      tag,
      operationId: "getAgentHealth",
      summary: "Get an agent's health",
      description: "What the gateway found when it last looked at the agent.",
      params: idParams,
      responses: {
        200: {
          description: "The last check, or that there was none yet",
          schema: wireNamedHealth,
        },
        404: { description: "No such agent" },
      },
      handler: async ({ params, caller }) => {
        const agent = await agents.get(params.id, caller);
        const health = await monitor.of(agent.id);
        if (!isServing(agent)) return { agent: agent.name, status: "unknown", message: refusalOf(agent).detail };
        if (!health) return { agent: agent.name, status: "unknown", message: "Not checked yet" };
        return { agent: agent.name, ...toWire(health) };
      },
    }),
    route({
      method: "POST",
      path: "/agents/{id}/health/check",
      action: actions.inspectAgents,
      tag,
      operationId: "checkAgentHealth",
      summary: "Look at an agent now",
      description:
        "As the gateway's own checks do, at most some times a minute; what is found counts as one of them. An agent that hangs is answered for " +
        "after ten seconds.",
      params: idParams,
      responses: {
        200: { description: "What was found, or why nothing was", schema: wireNamedHealth },
        403: { description: "The agent belongs to somebody else" },
        404: { description: "No such agent" },
        429: { description: "It was looked at just now; see Retry-After" },
      },
      handler: async ({ params, caller }) => {
        const agent = await agents.managed(params.id, caller, actions.inspectAgents);
        if (!isServing(agent)) return { agent: agent.name, status: "unknown", message: refusalOf(agent).detail };
        const { allowed, retryAfterSeconds } = await limiter.take(`health-check:${agent.id}`, LOOKS);
        if (!allowed) {
          throw new Problem(429, `The agent was looked at just now; try again in ${retryAfterSeconds} s`, {
            code: "rate_limited",
            headers: { "retry-after": `${retryAfterSeconds}` },
          });
        }
        const health = await monitor.checkNow(agent.id);
        if (health) return { agent: agent.name, ...toWire(health) };
        return { agent: agent.name, status: "unknown", message: "It is being looked at, or cannot be right now" };
      },
    }),
  ];
}

/** @throws Problem 503 that says what is wrong with the database */
async function demandDatabase(check: () => Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const silent = "The database does not answer";
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve(silent), READINESS_TIMEOUT_MS);
  });
  const wrong = check().then(
    () => undefined,
    (error: unknown) => unavailability(error)?.detail ?? silent,
  );
  const detail = await Promise.race([wrong, late]).finally(() => clearTimeout(timer));
  if (detail !== undefined) throw new Problem(503, detail, { code: "not_ready" });
}
