import type { FastifyRequest } from "fastify";
import type { Agent, AgentCredentials, AgentManifests, AgentRegistry } from "../agents/index.ts";
import type { CallEntry, CallLog, CallLogStore } from "../call-log/index.ts";
import type { HttpRoom, RouteDefinition, SenderOf, UpgradeRoute } from "../http/index.ts";
import type { Idempotency } from "../idempotency/index.ts";
import { SchemaChecks } from "../json-schema/index.ts";
import type { Ledger } from "../ledger/index.ts";
import type { Limits } from "../limits/index.ts";
import type { TaskMetrics } from "../metrics/index.ts";
import type { OrgsRoom } from "../orgs/index.ts";
import type { Dialer } from "../outbound/index.ts";
import type { AddGauge, Clock, Log, NetworkOf, Random, Sealer, Timestamps } from "../runtime/index.ts";
import type { Tracing } from "../telemetry/index.ts";
import type { WebhooksRoom } from "../webhooks/index.ts";
import { Admission } from "./admission.ts";
import type { AgentProtocol } from "./agent-protocol.ts";
import { bodySenders } from "./body-senders.ts";
import { CallTokens } from "./call-tokens.ts";
import { Connections } from "./connections.ts";
import { KeyBudgets } from "./key-budgets.ts";
import { limitRoutes } from "./limit-routes.ts";
import { Orders } from "./orders.ts";
import { TaskPayments } from "./payment.ts";
import { TaskPipeline } from "./pipeline.ts";
import { ProtocolByAgent } from "./protocols/by-agent.ts";
import { openTools, type Tools, type ToolsOptions } from "./protocols/mcp/open-tools.ts";
import { PlainProtocol } from "./protocols/plain.ts";
import { SiteProtocol } from "./protocols/site/site-protocol.ts";
import { remembersAllOf } from "./remembered.ts";
import { taskRoutes } from "./routes.ts";
import { socketCallerOf } from "./task-request.ts";
import { TaskSockets } from "./task-sockets.ts";
import { Viewers } from "./viewers.ts";

/** What the room reads of the gateway's settings. */
export interface RoutingSettings {
  rateLimit: number;
  rateBurst: number;
  allowUnpaid: boolean;
  taskTimeoutMs: number;
  settleMarginMs: number;
  responseBytesMax: number;
  requestBytesMax: number;
  anonymousRequestBytesMax: number;
  requestBytesInFlight: number;
  socketsMax: number;
  corsOrigins: readonly string[];
  rootAgent: string | undefined;
}

export interface RoutingRoomOptions
  extends Pick<ToolsOptions, "storage" | "sealer" | "leases" | "mcpServers" | "mcpTools"> {
  settings: RoutingSettings;
  http: HttpRoom;
  limits: Limits;
  dialer: Dialer;
  agents: AgentRegistry;
  credentials: AgentCredentials;
  manifests: AgentManifests;
  /** A site answered a call as if there were no such thing. */
  doubt(agent: Agent): void;
  sealer: Sealer;
  /** Settles when it is known whether this agent has a card; undefined when it is known already. */
  lookingFor(agentId: string): Promise<void> | undefined;
  orgs: OrgsRoom;
  ledger: Ledger;
  idempotency: Idempotency;
  callLog: CallLog;
  callLogStore: CallLogStore;
  webhooks: Pick<WebhooksRoom, "announcer">;
  /** Told of every finished call. */
  onRecorded(entry: CallEntry): void;
  metrics: TaskMetrics;
  gauge: AddGauge;
  tracing: Tracing;
  clock: Clock;
  random: Random;
  timestamps: Timestamps;
  log: Log;
  networkOf: NetworkOf;
}

export interface RoutingRoom {
  pipeline: TaskPipeline;
  admission: Admission;
  plain: PlainProtocol;
  /** Speaks to each agent in its own language, for an entrance with terms of its own. */
  protocol: AgentProtocol;
  /** The way to agents that are MCP servers. */
  tools: Tools;
  site: SiteProtocol;
  /** Teaches it a language that agents speak beside the plain contract. */
  learn: ProtocolByAgent["learn"];
  routes: RouteDefinition[];
  sockets: UpgradeRoute[];
  /**
   * Whose share of the room for bodies a request takes.
   *
   * @param notifierOf the agent whose push notification a request is
   */
  senderOf(notifierOf: (request: FastifyRequest) => string | undefined): SenderOf;
  /** Whether nothing that a request names has to be looked for. */
  isRemembered(request: FastifyRequest): boolean;
  start(): void;
  beginStop(): void;
  /** Cuts off the calls that are still under way, which nobody waits for any more, and waits until each is settled and logged. */
  close(): Promise<void>;
}

const TASK_SOCKET = /^\/agents\/(?<id>[^/]{1,64})\/task\/ws$/;
/** How long a stopping node waits for calls that were cut off to be settled and logged. */
const SETTLE_MS = 5_000;

/** The hot path, and the product's own entrances to it. */
export function openRouting(options: RoutingRoomOptions): RoutingRoom {
  const { settings, http, limits, dialer, agents, credentials, clock, gauge } = options;
  const { orgs, principals, authenticate, keyWatch } = options.orgs;
  const plain = new PlainProtocol(dialer, credentials);
  const site = new SiteProtocol({ ...options, checks: new SchemaChecks() });
  const protocol = new ProtocolByAgent({ plain, lookingFor: options.lookingFor, find: (id) => agents.find(id) });
  protocol.learn("site", site);
  const defaultLimit = { rate: settings.rateLimit, burst: settings.rateBurst };
  const tokens = new CallTokens({ orgs, limiter: limits.limiter, defaultLimit });
  const viewers = new Viewers({ agents, authenticate });
  const admission = new Admission({
    ...{ agents, tokens, viewers, authenticate, networkOf: options.networkOf },
    undelivered: http.undelivered,
    orders: new Orders(agents, protocol),
    allowUnpaid: settings.allowUnpaid,
  });
  const connections = new Connections({ agents, tokens, viewers, authenticate, networkOf: options.networkOf });
  const pipeline = new TaskPipeline({
    ...options,
    admission,
    protocol,
    onFailed: (call) => http.requestLog.callFailed(call),
    announcer: options.webhooks.announcer,
    payments: new TaskPayments({
      ...options,
      orgs,
      watchWallet: options.orgs.watchWallet,
      budgets: new KeyBudgets({ ...options, announcer: options.webhooks.announcer }),
    }),
    timeoutMs: settings.taskTimeoutMs,
    settleMarginMs: settings.settleMarginMs,
    responseBytesMax: settings.responseBytesMax,
  });
  const sockets = new TaskSockets({
    pipeline,
    connections,
    keyWatch,
    networkOf: options.networkOf,
    clock,
    undelivered: http.undelivered,
    requestLog: http.requestLog,
    messageBytesMax: settings.requestBytesMax,
    anonymousMessageBytesMax: Math.min(settings.anonymousRequestBytesMax, settings.requestBytesMax),
    messageBytesInFlight: settings.requestBytesInFlight,
    socketsMax: settings.socketsMax,
    misses: limits.misses,
    corsOrigins: settings.corsOrigins,
    publicUrl: http.publicUrl,
  });
  gauge("agentgate_tasks_running", "Tasks on their way to agents", () => pipeline.running);
  const answerBytes = () => dialer.stats().answerBytes + http.undelivered.bytes;
  gauge("agentgate_answers_held_bytes", "Bytes of answers under way or not read yet", answerBytes);
  gauge("agentgate_socket_messages_held_bytes", "Bytes of WebSocket messages under way", () => sockets.bytesHeld);
  const tools = openTools(options);
  return {
    pipeline,
    admission,
    plain,
    protocol,
    tools,
    site,
    learn: (language, spoken) => protocol.learn(language, spoken),
    routes: [...taskRoutes(pipeline, http.keepAlives, keyWatch), ...limitRoutes({ orgs, limiter: limits.limiter })],
    sockets: [
      {
        pattern: TASK_SOCKET,
        handler: (request, head, context) => sockets.accept(request, head, socketCallerOf(request.headers, context)),
        terminate: () => sockets.terminate(),
      },
    ],
    senderOf: (notifierOf) => bodySenders({ connections, rootAgentId: settings.rootAgent, notifierOf }),
    isRemembered: remembersAllOf({ principals, agents }),
    start: () => tools.start(),
    beginStop: () => sockets.close(),
    async close() {
      await tools.close();
      await dialer.close(0);
      await Promise.race([pipeline.idle(), new Promise<void>((resolve) => clock.after(SETTLE_MS, resolve))]);
    },
  };
}
