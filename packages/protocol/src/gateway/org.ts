import type { Tier, TierLimits } from "./tiers.ts";

/** An organization: it owns agents and pays for tasks (contract section 2). Money in US dollars. */
export interface Org {
  id: string;
  name: string;
  /** What one call of the organization's own agents is metered at. */
  cost_per_invocation: number;
  /** Metered cost from which `alert_triggered` is set; null for none. */
  billing_alert_threshold: number | null;
  /** US dollars: when the wallet falls below, the webhook `wallet.low` is told. */
  wallet_low_threshold?: number | null;
  /** Requests per second. */
  rate_limit: number;
  /** Requests at once. */
  rate_burst: number;
  balance: number;
  tier: Tier;
  created_at: string;
  /** How many agents it has; in lists, where that is asked for. */
  agents?: number;
}

/** The organization whose key is used. */
export interface MyOrg extends Org {
  /** There while a rotation is not confirmed: which of the two keys is used. The confirmation ends the old one. */
  pending_rotation?: { this_key: "old" | "new" };
}

/** The answer to creating an organization. The key is there, once, when the gateway minted it. */
export interface CreatedOrg extends Org {
  api_key?: string;
}

/** A new key that works beside the old one until the rotation is confirmed. */
export interface KeyRotation {
  new_api_key: string;
  status: "pending_confirmation";
  /** There when a key of an earlier rotation, which was not confirmed, is dead now. */
  ended_pending_key?: true;
}

export interface TierChange {
  org_id: string;
  org_name: string;
  old_tier: Tier;
  new_tier: Tier;
  tier_limits: TierLimits;
}
