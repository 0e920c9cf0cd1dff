/** Whose a page is. */
export const org = {
  another: "Another organization",
  choose: "Whose? Choose an organization.",
  none: "No organization has been made yet. This makes one:",
  name: "Organization",
  tier: "Tier",
  balance: "Balance",
  created: "Since",
} as const;
