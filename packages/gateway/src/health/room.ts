import { type AgentCredentials, type AgentRegistry, type McpTools, shareOwner } from "../agents/index.ts";
import type { CallStats } from "../call-log/index.ts";
import type { RouteDefinition } from "../http/index.ts";
import { type Leases, Retention } from "../leases/index.ts";
import type { RateLimiter } from "../limits/index.ts";
import type { Dialer } from "../outbound/index.ts";
import type { AddGauge, Log, WatchedClock } from "../runtime/index.ts";
import type { Storage } from "../storage/index.ts";
import type { WebhooksRoom } from "../webhooks/index.ts";
import type { AgentHealth } from "./agent-health.ts";
import { agentStatsRoutes } from "./agent-stats-routes.ts";
import { type CheckedDay, healthDaysOf, keptHealthDays } from "./health-days.ts";
import { HealthMonitor } from "./monitor.ts";
import { healthRoutes } from "./routes.ts";
import { HEALTH_TOPIC } from "./store.ts";

/** What the room reads of the gateway's settings. */
export interface HealthSettings {
  healthIntervalSeconds: number;
}

export interface HealthRoomOptions {
  settings: HealthSettings;
  storage: Storage;
  leases: Leases;
  webhooks: Pick<WebhooksRoom, "announcer">;
  agents: AgentRegistry;
  mcpTools: Pick<McpTools, "check">;
  callStats: Pick<CallStats, "ofAgent">;
  credentials: Pick<AgentCredentials, "headersFor">;
  dialer: Dialer;
  limiter: Pick<RateLimiter, "shared" | "take">;
  clock: WatchedClock;
  log: Log;
  gauge: AddGauge;
  version: string;
  /** Whether the node has been told to stop. */
  isStopping(): boolean;
}

export interface HealthRoom {
  routes: RouteDefinition[];
  /** Which of these agents answered when they were last looked at, by id; one that was not looked at is left out. */
  statuses(agentIds: readonly string[]): Promise<Map<string, AgentHealth["status"]>>;
  /** How often these agents were looked at since then, and found unwell: by id and UTC day, counted from the epoch. */
  checkDays(agentIds: readonly string[], fromMs: number): Promise<Map<string, Map<number, CheckedDay>>>;
  /** Calls the listener with the ids of agents that are well no more, or again, on any node. Returns the end of that. */
  onTurned(listener: (agentIds: readonly string[]) => void): () => void;
  /** What was found out by whoever runs the agent; `error` null when it is well. */
  report(agentId: string, error: string | null, latencyMs: number | null): void;
  start(): void;
  beginStop(): void;
  close(): Promise<void>;
}

/** Whether agents live, and whether this node should get calls. */
export function openHealth(options: HealthRoomOptions): HealthRoom {
  const { settings, storage, agents, credentials, limiter, clock, gauge } = options;
  const monitor = new HealthMonitor({
    ...options,
    announcer: options.webhooks.announcer,
    async askServer(agentId, timeoutMs) {
      const agent = await agents.find(agentId);
      return agent && options.mcpTools.check(agent, timeoutMs);
    },
    credentialsOf: (agent) => credentials.headersFor(agent.id, shareOwner(agent)),
    intervalMs: settings.healthIntervalSeconds * 1000,
  });
  const retention = new Retention(options, keptHealthDays(storage));
  agents.onRegistered((agent) => void monitor.check(agent.id));
  agents.onRemoved((id) => monitor.forget(id));
  gauge(
    "agentgate_clock_ahead_seconds",
    "Seconds by which this node's clock is ahead of the database's, or of the time passed since the start",
    () => clock.disagreementMs / 1000,
  );
  return {
    routes: [
      ...healthRoutes({
        ...options,
        monitor,
        checkDatabase: () => storage.check(),
        async timeProblem() {
          await clock.check();
          return clock.problem;
        },
        ...(limiter.shared !== undefined && { redisIsUp: () => limiter.shared === true }),
      }),
      ...agentStatsRoutes(options),
    ],
    statuses: (ids) => monitor.statuses(ids),
    checkDays: (ids, fromMs) => healthDaysOf(storage, ids, fromMs),
    onTurned: (listener) => storage.changes.subscribe(HEALTH_TOPIC, (ids) => listener(ids ?? [])),
    report: (agentId, error, latencyMs) => monitor.report(agentId, error, latencyMs),
    start() {
      monitor.start();
      retention.start();
    },
    beginStop: () => monitor.stop(),
    async close() {
      await Promise.all([monitor.close(), retention.close()]);
    },
  };
}
