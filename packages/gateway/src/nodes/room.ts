import type { RouteDefinition } from "../http/index.ts";
import type { Leases } from "../leases/index.ts";
import type { Clock, Log } from "../runtime/index.ts";
import type { Storage } from "../storage/index.ts";
import { Heartbeat } from "./heartbeat.ts";
import { nodeRoutes, type ShownSetting } from "./routes.ts";

export interface NodesRoomOptions {
  /** What the room reads of the gateway's settings. */
  settings: { nodeName: string };
  /** All of them, as an operator may see them. */
  settingsInForce: readonly ShownSetting[];
  version: string;
  storage: Storage;
  leases: Leases;
  clock: Clock;
  log: Log;
  /** What a gauge says now, by its metric's name. */
  valueOfGauge(metric: string): number | undefined;
}

export interface NodesRoom {
  routes: RouteDefinition[];
  start(): void;
  close(): Promise<void>;
}

/** Which nodes there are, and how they are set. */
export function openNodes(options: NodesRoomOptions): NodesRoom {
  const heartbeat = new Heartbeat({ ...options, name: options.settings.nodeName });
  return {
    routes: nodeRoutes({ heartbeat, settings: options.settingsInForce }),
    start: () => heartbeat.start(),
    close: () => heartbeat.close(),
  };
}
