import type { AgentRegistry } from "../agents/index.ts";
import type { AuditLog } from "../audit/index.ts";
import type { HttpRoom, RouteDefinition } from "../http/index.ts";
import type { Idempotency } from "../idempotency/index.ts";
import type { OrgsRoom } from "../orgs/index.ts";
import type { RoutingRoom } from "../routing/index.ts";
import type { AddGauge, Clock, Log, Random, Sealer, Timestamps } from "../runtime/index.ts";
import type { Storage } from "../storage/index.ts";
import type { Tracing } from "../telemetry/index.ts";
import { ChainRegistry } from "./registry.ts";
import { chainRoutes } from "./routes.ts";
import { chainRunRoutes } from "./run-routes.ts";
import { ChainRunner } from "./runner.ts";
import { StepRunner } from "./step-runner.ts";
import { ChainStore } from "./store.ts";

export interface ChainsRoomOptions {
  /** What the room reads of the gateway's settings. */
  settings: { taskTimeoutMs: number; settleMarginMs: number };
  storage: Storage;
  auditLog: AuditLog;
  sealer: Sealer;
  agents: AgentRegistry;
  idempotency: Idempotency;
  http: Pick<HttpRoom, "keepAlives">;
  orgs: Pick<OrgsRoom, "keyWatch">;
  routing: Pick<RoutingRoom, "pipeline">;
  gauge: AddGauge;
  tracing: Tracing;
  clock: Clock;
  random: Random;
  timestamps: Timestamps;
  log: Log;
}

export interface ChainsRoom {
  routes: RouteDefinition[];
  /** Waits for runs whose callers are gone. */
  close(): Promise<void>;
}

/** Agents that work one after the other. */
export function openChains(options: ChainsRoomOptions): ChainsRoom {
  const { settings, storage, sealer, http, orgs, routing, gauge, clock } = options;
  const chains = new ChainRegistry({ ...options, store: new ChainStore(storage, sealer) });
  const steps = new StepRunner({ pipeline: routing.pipeline, clock });
  const runner = new ChainRunner({ ...options, ...settings, chains, steps });
  gauge("agentgate_chains_running", "Runs of chains under way", () => runner.running);
  return {
    routes: [
      ...chainRoutes(chains),
      ...chainRunRoutes(runner, { keepAlives: http.keepAlives, keyWatch: orgs.keyWatch, clock }),
    ],
    close: () => runner.close(),
  };
}
