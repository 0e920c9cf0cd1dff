import type { AgentRegistry, AgentsForSale } from "../agents/index.ts";
import type { AuditLog } from "../audit/index.ts";
import type { HealthRoom } from "../health/index.ts";
import type { HttpRoom, RouteDefinition } from "../http/index.ts";
import type { Idempotency } from "../idempotency/index.ts";
import { type Leases, Retention } from "../leases/index.ts";
import type { Ledger } from "../ledger/index.ts";
import type { Limits } from "../limits/index.ts";
import type { OrgsRoom } from "../orgs/index.ts";
import type { Dialer } from "../outbound/index.ts";
import type { RoutingRoom } from "../routing/index.ts";
import type { AddGauge, Clock, Log, NetworkOf, Random, Sealer, Timestamps } from "../runtime/index.ts";
import type { Storage } from "../storage/index.ts";
import type { WebhooksRoom } from "../webhooks/index.ts";
import { Buyers } from "./buyer.ts";
import { Catalog } from "./catalog.ts";
import { catalogRoutes } from "./catalog-routes.ts";
import { CheckoutMessages } from "./checkout-messages.ts";
import { checkoutRoutes } from "./checkout-routes.ts";
import { CheckoutStore } from "./checkout-store.ts";
import { Checkouts } from "./checkouts.ts";
import { keptOrders } from "./kept-orders.ts";
import { legacyRoutes } from "./legacy-routes.ts";
import { vendorNamesOf } from "./namespace.ts";
import { Negotiation } from "./negotiation.ts";
import { OrderNews } from "./order-news.ts";
import { orderRoutes } from "./order-routes.ts";
import { OrderRuns } from "./order-runs.ts";
import { OrderStore } from "./order-store.ts";
import { PassedRequests } from "./passed-requests.ts";
import { PlatformProfiles } from "./platform-profiles.ts";
import { profileRoutes } from "./profile-routes.ts";
import { purchaseRoutes } from "./purchase-routes.ts";
import { Purchases } from "./purchases.ts";
import { RestBinding } from "./rest-binding.ts";
import { ResultRoom } from "./result-room.ts";
import { SigningKeyStore } from "./signing-key-store.ts";
import { SigningKeys } from "./signing-keys.ts";
import { topupUrlOf } from "./topup-url.ts";
import { vendorRoutes } from "./vendor-routes.ts";

/** What the room reads of the gateway's settings. */
export interface UcpSettings {
  rootAgent: string | undefined;
  taskTimeoutMs: number;
  settleMarginMs: number;
  topup: "open" | "admin" | "provider";
  topupCheckoutUrl: string | undefined;
  ucpSessionMinutes: number;
  ucpWaitSeconds: number;
  ucpRetentionDays: number;
  ucpNegotiation: "lenient" | "enforce";
  ucpSignatures: "optional" | "required";
  allowPrivateNetworks: boolean;
}

export interface UcpRoomOptions {
  settings: UcpSettings;
  storage: Storage;
  auditLog: AuditLog;
  leases: Leases;
  http: Pick<HttpRoom, "publicUrl">;
  agents: AgentRegistry;
  forSale: AgentsForSale;
  orgs: OrgsRoom;
  statuses: HealthRoom["statuses"];
  ledger: Ledger;
  idempotency: Idempotency;
  limits: Pick<Limits, "limiter">;
  dialer: Dialer;
  webhooks: WebhooksRoom;
  routing: Pick<RoutingRoom, "pipeline">;
  sealer: Sealer;
  clock: Clock;
  random: Random;
  timestamps: Timestamps;
  networkOf: NetworkOf;
  log: Log;
  gauge: AddGauge;
  version: string;
}

export interface UcpRoom {
  routes: RouteDefinition[];
  /** What the protocol's other bindings ask. */
  binding: RestBinding;
  /** Checkouts over messages of A2A. */
  messages: CheckoutMessages;
  /** Takes up the tasks of orders that an earlier run left. */
  start(): void;
  close(): Promise<void>;
}

const DAY_MS = 86_400_000;

/** Sells agents' tasks through the Universal Commerce Protocol. */
export async function openUcp(options: UcpRoomOptions): Promise<UcpRoom> {
  const { settings, storage, http, sealer, clock, timestamps, version } = options;
  const { taskTimeoutMs, settleMarginMs, allowPrivateNetworks } = settings;
  const { publicUrl } = http;
  const completionMs = settings.ucpWaitSeconds * 1000;
  const { orgs, authenticate } = options.orgs;
  const keys = await SigningKeys.open(new SigningKeyStore(storage, sealer), options.auditLog, clock);
  const profiles = new PlatformProfiles({ ...options, limiter: options.limits.limiter, allowPrivateNetworks });
  const names = () => vendorNamesOf(publicUrl());
  const passed = new PassedRequests(options.random);
  const negotiation = new Negotiation({
    ...options,
    passed,
    profiles,
    publicUrl,
    names,
    mode: settings.ucpNegotiation,
    signatures: settings.ucpSignatures,
  });
  const buyers = new Buyers(authenticate, options.networkOf);
  const store = new CheckoutStore(storage, timestamps);
  const keptMs = settings.ucpRetentionDays * DAY_MS;
  const news = new OrderNews({ ...options, keys, publicUrl });
  const orders = new OrderStore({ storage, timestamps, checkouts: store, keptMs, tell: (order) => news.of(order) });
  const { pipeline } = options.routing;
  const runs = new OrderRuns({ ...options, store: orders, pipeline, taskTimeoutMs, settleMarginMs });
  const checkouts = new Checkouts({
    ...options,
    resultRoom: new ResultRoom({ storage, timestamps }),
    limiter: options.limits.limiter,
    store,
    orders,
    runs,
    extension: () => names().task,
    sessionMinutes: settings.ucpSessionMinutes,
    waitMs: completionMs,
  });
  const faces = {
    ...options,
    orgs,
    publicUrl,
    orders,
    checkouts,
    buyers,
    negotiation,
    keys,
    completionMs,
    topupUrl: topupUrlOf(settings),
  };
  const retention = new Retention(options, keptOrders(options.storage));
  options.gauge("agentgate_ucp_orders_running", "Orders whose tasks this node is at", () => runs.count);
  const binding = new RestBinding({ negotiation, passed });
  const extension = () => names().task;
  return {
    binding,
    messages: new CheckoutMessages({ ...options, binding, buyers, extension, completionMs }),
    routes: [
      ...profileRoutes({ keys, publicUrl, rootAgentId: settings.rootAgent, gatewayVersion: version }),
      ...vendorRoutes(publicUrl),
      ...catalogRoutes(new Catalog(faces), negotiation, buyers),
      ...checkoutRoutes(faces),
      ...orderRoutes(faces),
      ...legacyRoutes({ ...faces, taskTimeoutMs }),
      ...purchaseRoutes({ ...faces, purchases: new Purchases(storage) }),
    ],
    start() {
      runs.start();
      retention.start();
    },
    async close() {
      await runs.close();
      await retention.close();
    },
  };
}
