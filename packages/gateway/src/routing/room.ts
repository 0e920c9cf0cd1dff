import type { FastifyRequest } from "fastify";
import type { AgentCredentials, AgentRegistry } from "../agents/index.ts";
import type { CallEntry, CallLog, CallLogStore } from "../call-log/index.ts";
import type { HttpRoom, RouteDefinition, SenderOf, UpgradeRoute } from "../http/index.ts";
import type { Idempotency } from "../idempotency/index.ts";
import type { Ledger } from "../ledger/index.ts";
import type { Limits } from "../limits/index.ts";
import type { TaskMetrics } from "../metrics/index.ts";
import type { OrgsRoom } from "../orgs/index.ts";
import type { Dialer } from "../outbound/index.ts";
import type { AddGauge, Clock, Log, NetworkOf, Random, Timestamps } from "../runtime/index.ts";
import type { Tracing } from "../telemetry/index.ts";
import type { WebhooksRoom } from "../webhooks/index.ts";
import { Admission } from "./admission.ts";
import { bodySenders } from "./body-senders.ts";
import { KeyBudgets } from "./key-budgets.ts";
import { limitRoutes } from "./limit-routes.ts";
import { TaskPayments } from "./payment.ts";
import { TaskPipeline } from "./pipeline.ts";
import { ProtocolByAgent } from "./protocols/by-agent.ts";
import { PlainProtocol } from "./protocols/plain.ts";
import { remembersAllOf } from "./remembered.ts";
import { taskRoutes } from "./routes.ts";
import { socketCallerOf } from "./task-request.ts";
import { TaskSockets } from "./task-sockets.ts";

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

export interface RoutingRoomOptions {
  settings: RoutingSettings;
  http: HttpRoom;
  limits: Limits;
  dialer: Dialer;
  agents: AgentRegistry;
  credentials: AgentCredentials;
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
  const admission = new Admission({
    ...options,
    undelivered: http.undelivered,
    orgs,
    limiter: limits.limiter,
    authenticate,
    defaultLimit: { rate: settings.rateLimit, burst: settings.rateBurst },
    allowUnpaid: settings.allowUnpaid,
  });
  const plain = new PlainProtocol(dialer, credentials);
  const protocol = new ProtocolByAgent({ plain, lookingFor: options.lookingFor, find: (id) => agents.find(id) });
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
    admission,
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
  return {
    pipeline,
    admission,
    plain,
    learn: (language, spoken) => protocol.learn(language, spoken),
    routes: [...taskRoutes(pipeline, http.keepAlives, keyWatch), ...limitRoutes({ orgs, limiter: limits.limiter })],
    sockets: [
      {
        pattern: TASK_SOCKET,
        handler: (request, head, context) => sockets.accept(request, head, socketCallerOf(request.headers, context)),
        terminate: () => sockets.terminate(),
      },
    ],
    senderOf: (notifierOf) => bodySenders({ admission, rootAgentId: settings.rootAgent, notifierOf }),
    isRemembered: remembersAllOf({ principals, agents }),
    beginStop: () => sockets.close(),
    async close() {
      await dialer.close(0);
      await Promise.race([pipeline.idle(), new Promise<void>((resolve) => clock.after(SETTLE_MS, resolve))]);
    },
  };
}
