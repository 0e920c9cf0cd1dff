import type { AuditLog } from "../audit/index.ts";
import type { RouteDefinition } from "../http/index.ts";
import { type Leases, Retention } from "../leases/index.ts";
import type { Dialer } from "../outbound/index.ts";
import { Dispatcher } from "../outbox/index.ts";
import type { AddGauge, Clock, Log, Random, Sealer, Timestamps } from "../runtime/index.ts";
import type { Storage } from "../storage/index.ts";
import { AgentHooks } from "./agent-hooks.ts";
import { Announcer } from "./announcer.ts";
import { Backlog } from "./backlog.ts";
import { type CallDelivery, type CallTold, toCallDelivery } from "./call-deliveries.ts";
import { Courier, dispatchLimits } from "./courier.ts";
import { Deliveries } from "./deliveries.ts";
import { deliveryRoutes } from "./delivery-routes.ts";
import { DeliveryStore, type HeldDelivery, laneOf } from "./delivery-store.ts";
import { EndpointCondition } from "./endpoint-condition.ts";
import { endpointRoutes } from "./endpoint-routes.ts";
import { EndpointStore } from "./endpoint-store.ts";
import { Endpoints } from "./endpoints.ts";
import { keptDeliveries } from "./kept-deliveries.ts";
import { type DeliveryState, recentDeliveries } from "./recent-deliveries.ts";
import type { Sender } from "./sender.ts";
import { TestDeliveries } from "./test-deliveries.ts";

/** What the room reads of the gateway's settings. */
export interface WebhooksSettings {
  webhookRetentionHours: number;
}

export interface WebhooksRoomOptions {
  settings: WebhooksSettings;
  storage: Storage;
  auditLog: AuditLog;
  leases: Leases;
  dialer: Dialer;
  sealer: Sealer;
  clock: Clock;
  random: Random;
  timestamps: Timestamps;
  log: Log;
  gauge: AddGauge;
}

export interface WebhooksRoom {
  /** What was told of a call. */
  deliveriesOfCall(call: CallTold): Promise<CallDelivery[]>;
  /** Writes down what is to be told. */
  announcer: Announcer;
  /** The receivers that agents have. */
  agentHooks: AgentHooks;
  /** Makes and signs the deliveries that a room writes with `announcer.send` under this name. */
  addSender(name: string, sender: Sender): void;
  /** The last deliveries of these organizations, and of everybody under the empty name. */
  recentDeliveries(orgIds: readonly string[]): Promise<Map<string, DeliveryState[]>>;
  routes: RouteDefinition[];
  start(): void;
  /** Lets the deliveries under way end, or ends them. */
  close(): Promise<void>;
}

/** Of what waits in the transactions of others: most are committed by then. */
const WAKE_MS = 20;

/** Tells receivers what happened. */
export function openWebhooks(options: WebhooksRoomOptions): WebhooksRoom {
  const { storage, clock, log, gauge } = options;
  const endpoints = new EndpointStore(options);
  const store = new DeliveryStore(storage, clock);
  const backlog = new Backlog({ store, clock, log });
  const announcer: Announcer = new Announcer({ ...options, endpoints, backlog, wake: () => dispatcher.wake(WAKE_MS) });
  const condition = new EndpointCondition({ ...options, endpoints, announcer });
  const courier = new Courier({ ...options, endpoints, condition });
  const attempts = { delivered: 0, failed: 0, gone: 0, postponed: 0 };
  const dispatcher = new Dispatcher<HeldDelivery>({
    ...options,
    store,
    limits: dispatchLimits,
    deliver: async (held, lane, stopping) => {
      const delivery = await courier.deliver(held, lane, stopping);
      attempts[delivery.kind]++;
      return delivery;
    },
    onRemoved: ({ owner }, bytes) => backlog.removed(owner, bytes),
  });
  const hurry = (delivery: Parameters<typeof laneOf>[0]) => dispatcher.hurry(laneOf(delivery));
  const deliveries = new Deliveries({ ...options, endpoints, backlog, hurry });
  const keptMs = options.settings.webhookRetentionHours * 3_600_000;
  const retention = new Retention(options, keptDeliveries(storage, keptMs));
  gauge("agentgate_webhooks_waiting", "Webhooks not yet delivered, as counted last", () => backlog.waiting);
  gauge("agentgate_webhooks_left_out_total", "Webhooks not told for too many waited.", () => backlog.leftOut);
  gauge("agentgate_webhooks_delivering", "Deliveries of webhooks under way.", () => dispatcher.underWay);
  gauge(
    "agentgate_webhook_attempts_total",
    "Attempts at delivering webhooks, by what came of them.",
    () => Object.entries(attempts).map(([outcome, value]) => ({ labels: { outcome }, value })),
    ["outcome"],
  );
  return {
    announcer,
    deliveriesOfCall: async (call) => (await deliveries.ofCall(call)).map(toCallDelivery),
    agentHooks: new AgentHooks({ ...options, endpoints }),
    addSender: (name, sender) => courier.addSender(name, sender),
    recentDeliveries: (orgIds) => recentDeliveries(storage, orgIds),
    routes: [
      ...endpointRoutes(new Endpoints({ ...options, endpoints }), new TestDeliveries({ storage, announcer, hurry })),
      ...deliveryRoutes(deliveries, clock),
    ],
    start() {
      retention.start();
      backlog.start();
      dispatcher.start();
    },
    async close() {
      backlog.close();
      await Promise.all([dispatcher.close(), retention.close()]);
    },
  };
}
