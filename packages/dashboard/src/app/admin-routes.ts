import { adminAgentsRoutes } from "../features/admin-agents/routes.tsx";
import { adminAuditRoutes } from "../features/admin-audit/routes.tsx";
import { adminHealthRoutes } from "../features/admin-health/routes.tsx";
import { adminLedgerRoutes } from "../features/admin-ledger/routes.tsx";
import { adminOrgsRoutes } from "../features/admin-orgs/routes.tsx";
import { adminOverviewRoutes } from "../features/admin-overview/routes.tsx";
import { adminSettingsRoutes } from "../features/admin-settings/routes.tsx";

/** The admin's pages; the gateway serves each of these addresses by name. */
export const adminRoutes = [
  ...adminOverviewRoutes,
  ...adminOrgsRoutes,
  ...adminAgentsRoutes,
  ...adminLedgerRoutes,
  ...adminHealthRoutes,
  ...adminAuditRoutes,
  ...adminSettingsRoutes,
] as const;
