import type { AgentRegistry } from "../agents/index.ts";
import type { AuditLog } from "../audit/index.ts";
import type { CallEntry, CallLog, CallLogStore } from "../call-log/index.ts";
import type { RouteDefinition } from "../http/index.ts";
import type { Idempotency } from "../idempotency/index.ts";
import type { Ledger } from "../ledger/index.ts";
import type { OrgRegistry, OrgsRoom } from "../orgs/index.ts";
import type { Clock, Log, Random, Timestamps } from "../runtime/index.ts";
import type { Storage } from "../storage/index.ts";
import type { WebhooksRoom } from "../webhooks/index.ts";
import { BillingAlerts } from "./alerts.ts";
import { entryRoutes } from "./entry-routes.ts";
import { meteringRoutes } from "./metering-routes.ts";
import { OrphanedWallets } from "./orphaned-wallets.ts";
import { type BillingSettings, topupModeOf } from "./settings.ts";
import { Statements } from "./statement.ts";
import { statementRoutes } from "./statement-routes.ts";
import { transactionRoutes } from "./transaction-routes.ts";
import { verifyRoutes } from "./verify-routes.ts";
import { walletRoutes } from "./wallet-routes.ts";

export interface BillingRoomOptions {
  settings: BillingSettings;
  storage: Storage;
  agents: AgentRegistry;
  orgs: OrgRegistry;
  keyWatch: Pick<OrgsRoom["keyWatch"], "watch">;
  onOrgDeleted: OrgsRoom["onDeleted"];
  ledger: Ledger;
  idempotency: Idempotency;
  callLog: CallLog;
  callLogStore: CallLogStore;
  webhooks: Pick<WebhooksRoom, "announcer">;
  auditLog: AuditLog;
  clock: Clock;
  random: Random;
  timestamps: Timestamps;
  log: Log;
}

export interface BillingRoom {
  /** A call was recorded. */
  onRecorded(entry: CallEntry): void;
  routes: RouteDefinition[];
  close(): void;
}

/** The views of money: wallets, transactions, metering, statements, alerts. */
export function openBilling(options: BillingRoomOptions): BillingRoom {
  const { settings, orgs, ledger, onOrgDeleted } = options;
  const orphanedWallets = new OrphanedWallets(options);
  onOrgDeleted(() => orphanedWallets.touch());
  const { announcer } = options.webhooks;
  const alerts = new BillingAlerts({ ...options, announcer });
  return {
    onRecorded: ({ orgId }) => alerts.touch(orgId),
    routes: [
      ...walletRoutes({ ...options, announcer, topupMode: topupModeOf(settings) }),
      ...transactionRoutes({ orgs, ledger }),
      ...entryRoutes({ orgs, ledger, clock: options.clock }),
      ...meteringRoutes(options),
      ...statementRoutes(orgs, new Statements(options), options.keyWatch),
      ...verifyRoutes(ledger, options.clock),
    ],
    close() {
      alerts.close();
      orphanedWallets.close();
    },
  };
}
