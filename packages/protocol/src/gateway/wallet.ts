import type { Tier, TierLimits } from "./tiers.ts";

/** An organization's money and limits. Amounts in US dollars. */
export interface Wallet {
  org_id: string;
  org_name: string;
  /** All money in the wallet. */
  balance: number;
  /** The part of it that paid tasks under way have set aside. */
  held: number;
  /** balance − held: what may be spent. */
  available: number;
  tier: Tier;
  tier_limits: TierLimits;
  agent_count: number;
  max_agents: number;
  /** How whoever asks puts money in: at once, by the admin alone, or through a payment provider. Gateways before this was told say nothing. */
  topup?: "open" | "admin" | "provider";
}

/** The money is in the wallet. */
export interface Topup {
  org_id: string;
  org_name: string;
  amount_added: number;
  new_balance: number;
}

/** The money comes once somebody has paid at `checkout_url`: what a gateway answers that uses a payment provider. */
export interface PendingTopup {
  org_id: string;
  org_name: string;
  amount: number;
  checkout_url: string;
  status: "pending";
}
