/**
 * Pages of the admin, each by name. Below `/admin` there are operations of the API as well, and no page has the address of one: an operation that
 * comes later is free to take any other.
 */
export const adminPages = [
  "/admin",
  "/admin/orgs",
  "/admin/orgs/:id",
  "/admin/agents",
  "/admin/approvals",
  "/admin/ledger",
  "/admin/health",
  "/admin/audit",
  "/admin/settings",
] as const;
