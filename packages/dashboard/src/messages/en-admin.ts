import { adminAgents } from "./en/admin-agents.ts";
import { adminAudit } from "./en/admin-audit.ts";
import { adminHealth } from "./en/admin-health.ts";
import { adminLedger } from "./en/admin-ledger.ts";
import { adminOrgs } from "./en/admin-orgs.ts";
import { adminOverview } from "./en/admin-overview.ts";
import { adminSettings } from "./en/admin-settings.ts";

/** What the admin's pages say, loaded with the first of them: organizations never need it. Of the same shape as `en`. */
export const enAdmin = {
  adminAgents,
  adminAudit,
  adminHealth,
  adminLedger,
  adminOrgs,
  adminOverview,
  adminSettings,
} as const;
