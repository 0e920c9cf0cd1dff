import type { AgentsForSale } from "../agents/index.ts";
import type { HealthRoom } from "../health/index.ts";
import type { HttpRoom, RouteDefinition } from "../http/index.ts";
import type { OrgRegistry } from "../orgs/index.ts";
import type { Clock, Sealer } from "../runtime/index.ts";
import type { Storage } from "../storage/index.ts";
import { Catalog } from "./catalog.ts";
import { catalogRoutes } from "./catalog-routes.ts";
import { Negotiation } from "./negotiation.ts";
import { profileRoutes } from "./profile-routes.ts";
import { SigningKeyStore } from "./signing-key-store.ts";
import { SigningKeys } from "./signing-keys.ts";

/** What the room reads of the gateway's settings. */
export interface UcpSettings {
  rootAgent: string | undefined;
}

export interface UcpRoomOptions {
  settings: UcpSettings;
  storage: Storage;
  http: Pick<HttpRoom, "publicUrl">;
  forSale: AgentsForSale;
  orgs: OrgRegistry;
  statuses: HealthRoom["statuses"];
  sealer: Sealer;
  clock: Clock;
  version: string;
}

export interface UcpRoom {
  routes: RouteDefinition[];
}

/** Sells agents' tasks through the Universal Commerce Protocol. */
export async function openUcp(options: UcpRoomOptions): Promise<UcpRoom> {
  const { settings, storage, http, sealer, clock, version } = options;
  const { publicUrl } = http;
  const keys = await SigningKeys.open(new SigningKeyStore(storage, sealer), clock);
  const catalog = new Catalog({ ...options, publicUrl });
  const negotiation = new Negotiation();
  return {
    routes: [
      ...profileRoutes({ keys, publicUrl, rootAgentId: settings.rootAgent, gatewayVersion: version }),
      ...catalogRoutes(catalog, negotiation),
    ],
  };
}
