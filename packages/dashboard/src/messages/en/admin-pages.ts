/** The frame of the admin's pages. */
export const adminPages = {
  admin: "Admin",
  overview: "Overview",
  orgs: "Organizations",
  agents: "Agents",
  approvals: "Approvals",
  ledger: "Ledger",
  health: "Health",
  audit: "Audit",
  settings: "Settings",
  toDashboard: "Dashboard",
  notAdmin: "These pages are the admin's",
  whoMay: (org: string) =>
    `You are signed in as ${org}, an organization. Whoever has the admin key, or a key made from it, may look in here.`,
  back: "Back to the dashboard",
  otherKey: "Sign in with another key",
} as const;
