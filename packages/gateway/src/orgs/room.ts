import type { AgentRegistry } from "../agents/index.ts";
import type { AuditRoom } from "../audit/index.ts";
import type { Authenticate, RouteDefinition } from "../http/index.ts";
import type { KeysRoom } from "../keys/index.ts";
import type { Clock, Random, Timestamps } from "../runtime/index.ts";
import type { Storage } from "../storage/index.ts";
import type { WebhooksRoom } from "../webhooks/index.ts";
import { settleAdminKey } from "./admin-key.ts";
import { KeyWatch } from "./key-watch.ts";
import { Principals } from "./principals.ts";
import { OrgRegistry } from "./registry.ts";
import { type OrgFaceOptions, orgRoutes } from "./routes.ts";
import { type WatchWallet, walletWatch } from "./wallet-watch.ts";

/** What the room reads of the gateway's settings. */
export interface OrgsSettings {
  /** The admin key; minted at the first start when there is none. */
  apiKey: string | undefined;
  selfServiceTiers: boolean;
}

export interface OrgsRoomOptions
  extends Pick<OrgFaceOptions, "balancesOf" | "closeWallet">,
    Pick<AuditRoom, "auditLog" | "auditRoutesFor"> {
  settings: OrgsSettings;
  storage: Storage;
  agents: AgentRegistry;
  keys: KeysRoom;
  clock: Clock;
  random: Random;
  timestamps: Timestamps;
  webhooks: Pick<WebhooksRoom, "agentHooks" | "announcer">;
}

export interface OrgsRoom {
  orgs: OrgRegistry;
  principals: Principals;
  authenticate: Authenticate;
  /** Ends what was begun with a key once the key does not open it any more, or the agent that answers was suspended. */
  keyWatch: KeyWatch;
  /** What tells an organization that its wallet falls low, for a posting that it pays. */
  watchWallet: WatchWallet;
  /** The admin key, when this start minted it. */
  mintedAdminKey: string | undefined;
  /** Calls `listener` with the id of every organization that is deleted on this node, and waits for it. */
  onDeleted(listener: (orgId: string) => void | Promise<void>): void;
  routes: RouteDefinition[];
}

/** Organizations, and whose key is whose. */
export async function openOrgs(options: OrgsRoomOptions): Promise<OrgsRoom> {
  const { settings, storage } = options;
  const adminKey = await settleAdminKey(options, settings.apiKey);
  const principals = new Principals(storage, adminKey.hash, options.keys);
  // After the principals and the agents, who have forgotten what changed by the time that it is looked at again.
  const keyWatch = new KeyWatch({ storage, principals, agents: options.agents, clock: options.clock });
  const orgs = new OrgRegistry({ ...options, principals, selfService: settings.selfServiceTiers });
  const deleted: ((orgId: string) => void | Promise<void>)[] = [];
  const onDeleted = async (id: string) => {
    for (const listener of deleted) await listener(id);
  };
  return {
    orgs,
    principals,
    keyWatch,
    watchWallet: walletWatch((id) => orgs.find(id), options.webhooks.announcer),
    authenticate: (key) => principals.find(key),
    mintedAdminKey: adminKey.minted,
    onDeleted: (listener) => void deleted.push(listener),
    routes: [
      ...orgRoutes({ ...options, orgs, onDeleted }),
      ...options.keys.routesFor(orgs.get.bind(orgs)),
      ...options.auditRoutesFor({ demandOrg: orgs.get.bind(orgs), keyWatch }),
    ],
  };
}
