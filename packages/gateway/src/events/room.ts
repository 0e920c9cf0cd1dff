import type { AgentRegistry } from "../agents/index.ts";
import { CallTail } from "../call-log/index.ts";
import type { HealthRoom } from "../health/index.ts";
import type { HttpRoom, RouteDefinition } from "../http/index.ts";
import type { Balance, Ledger } from "../ledger/index.ts";
import type { OrgsRoom } from "../orgs/index.ts";
import type { AddGauge, Clock, Log } from "../runtime/index.ts";
import type { Storage } from "../storage/index.ts";
import type { DeliveryState, WebhooksRoom } from "../webhooks/index.ts";
import { CallFeed } from "./call-feed.ts";
import { Listeners } from "./listeners.ts";
import { eventRoutes } from "./routes.ts";
import { StateFeed } from "./state-feed.ts";

export interface EventsRoomOptions {
  storage: Storage;
  http: Pick<HttpRoom, "keepAlives">;
  agents: Pick<AgentRegistry, "see">;
  ledger: Pick<Ledger, "queries">;
  orgs: Pick<OrgsRoom, "keyWatch">;
  health: Pick<HealthRoom, "onTurned" | "statuses">;
  webhooks: Pick<WebhooksRoom, "recentDeliveries">;
  clock: Clock;
  log: Log;
  gauge: AddGauge;
}

export interface EventsRoom {
  routes: RouteDefinition[];
  /** Whoever listens goes on at another node. */
  beginStop(): void;
  close(): void;
}

const STATES_EVERY_MS = 1_000;

/** What happens, told to whoever listens as it happens. */
export function openLiveEvents(options: EventsRoomOptions): EventsRoom {
  const { ledger, webhooks, orgs, http, gauge } = options;
  const tail = new CallTail(options.storage);
  const feed = new CallFeed({ ...options, tail });
  const everyMs = STATES_EVERY_MS;
  const wallets = new StateFeed<Balance>({ ...options, everyMs, read: (ids) => ledger.queries.balances(ids) });
  const deliveries = new StateFeed<DeliveryState[]>({ ...options, everyMs, read: webhooks.recentDeliveries });
  const { keyWatch } = orgs;
  const listeners = new Listeners({
    ...options,
    tail,
    feed,
    wallets,
    deliveries,
    keyWatch,
    keepAlives: http.keepAlives,
  });
  gauge("agentgate_listeners", "Readers of events", () => listeners.count);
  return {
    routes: eventRoutes(listeners),
    beginStop: () => listeners.close(),
    close() {
      listeners.close();
      feed.close();
      wallets.close();
      deliveries.close();
    },
  };
}
