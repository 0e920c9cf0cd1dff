/** What may be spent with a key in a time, in US dollars. */
export interface KeyBudget {
  amount: number;
  /** In UTC; a week begins on Monday, `total` never ends. */
  period: "day" | "week" | "month" | "total";
  /** Parts of the amount that are told as they are reached. */
  alerts: number[];
  /** In the window of now. */
  spent: number;
  /** Put aside for calls under way. */
  held: number;
  resets_at: string | null;
}

/** A key as it is told: never what is shown to use it. */
export interface ApiKey {
  /** `primary` and `secondary` are the organization's own. */
  id: string;
  name: string;
  role: "primary" | "secondary" | "named";
  prefix: string | null;
  last4: string | null;
  /** Names of actions, or `["*"]` for everything. */
  scopes: string[];
  /** The agents that may be called with it; null for all. */
  agents: string[] | null;
  /** Tasks per second, and at once. */
  rate_limit: number | null;
  rate_burst: number | null;
  /** The most that one call may cost, in US dollars. */
  per_call_max: number | null;
  /** Addresses and CIDR ranges that it may be shown from; null for all. */
  ip_allow: string[] | null;
  budgets: KeyBudget[];
  created_at: string;
  /** Within a minute. */
  last_used_at: string | null;
  expires_at: string | null;
  disabled_at: string | null;
}

/** With the key itself, which is shown this once. */
export interface MintedKey extends ApiKey {
  key: string;
}

/** Whose key is used, and what it may do. */
export interface Me {
  kind: "admin" | "org";
  org_id: string | null;
  scopes: string[];
  /** Null for an organization's own key and for the admin key of the settings. */
  key: ApiKey | null;
}
