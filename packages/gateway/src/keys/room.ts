import type { RouteDefinition } from "../http/index.ts";
import type { Clock, Log, Random, Timestamps } from "../runtime/index.ts";
import type { Storage } from "../storage/index.ts";
import { LastUse } from "./last-use.ts";
import { meRoutes } from "./me-routes.ts";
import { KeyRegistry } from "./registry.ts";
import { type KeyFaceOptions, keyRoutes } from "./routes.ts";
import { KeyStore } from "./store.ts";

export interface KeysRoomOptions {
  storage: Storage;
  clock: Clock;
  random: Random;
  timestamps: Timestamps;
  log: Log;
}

export interface KeysRoom {
  keys: KeyRegistry;
  lastUse: LastUse;
  /** @param demandOrg asks the organizations, who are above */
  routesFor(demandOrg: KeyFaceOptions["demandOrg"]): RouteDefinition[];
  /** Writes when keys were last used. */
  close(): Promise<void>;
}

/** Keys that were made for something. */
export function openKeys(options: KeysRoomOptions): KeysRoom {
  const store = new KeyStore(options.storage);
  const keys = new KeyRegistry({ ...options, store });
  const lastUse = new LastUse(options);
  return {
    keys,
    lastUse,
    routesFor: (demandOrg) => [
      ...keyRoutes({ keys, ownKeysOf: (orgId) => store.ownKeys(orgId), demandOrg }),
      ...meRoutes(keys),
    ],
    close: () => lastUse.close(),
  };
}
