import type { AuditLog } from "../audit/index.ts";
import type { RouteDefinition } from "../http/index.ts";
import { type Clock, type Log, microsNow, type Random, type Timestamps } from "../runtime/index.ts";
import type { Storage } from "../storage/index.ts";
import { budgetName, budgetWindow } from "./budget-window.ts";
import { LastUse } from "./last-use.ts";
import { meRoutes } from "./me-routes.ts";
import { KeyRegistry, type KeyRegistryOptions } from "./registry.ts";
import { type KeyFaceOptions, keyRoutes } from "./routes.ts";
import { KeyStore } from "./store.ts";

export interface KeysRoomOptions {
  storage: Storage;
  auditLog: AuditLog;
  clock: Clock;
  random: Random;
  timestamps: Timestamps;
  log: Log;
  /** The accounts of budgets, in the order of what they count. */
  budgetAccounts(of: readonly { budget: string; window: string }[]): Promise<{ posted: bigint; held: bigint }[]>;
}

export interface KeysRoom {
  keys: KeyRegistry;
  lastUse: LastUse;
  /** @param demandOrg asks the organizations, who are above */
  routesFor(demandOrg: KeyFaceOptions["demandOrg"]): RouteDefinition[];
  /** Writes when keys were last used. */
  close(): Promise<void>;
}

/** What each budget says of its window of now. */
const budgetStates =
  ({ clock, budgetAccounts }: KeysRoomOptions): KeyRegistryOptions["budgetStates"] =>
  async (keys) => {
    const now = microsNow(clock);
    const windows = keys.map(({ id, budgets }) =>
      budgets.map((budget) => ({ budget: budgetName(id, budget), window: budgetWindow(budget.period, now) })),
    );
    const accounts = await budgetAccounts(
      windows.flat().map(({ budget, window }) => ({ budget, window: window.name })),
    );
    let at = 0;
    return windows.map((each) =>
      each.map(({ window }) => {
        const { posted, held } = accounts[at++]!;
        return { spent: -posted, held, resetsAt: window.until };
      }),
    );
  };

/** Keys that were made for something. */
export function openKeys(options: KeysRoomOptions): KeysRoom {
  const store = new KeyStore(options.storage);
  const keys = new KeyRegistry({ ...options, store, budgetStates: budgetStates(options) });
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
