import type { Tier, TierLimits } from "./tiers.ts";

/** An organization's money and limits. Amounts in US dollars. */
export interface Wallet {
  org_id: string;
  org_name: string;
  /** What may be spent. */
  balance: number;
  /** Set aside for paid tasks that are running. */
  held: number;
  tier: Tier;
  tier_limits: TierLimits;
  agent_count: number;
  max_agents: number;
}

export interface Topup {
  org_id: string;
  org_name: string;
  amount_added: number;
  new_balance: number;
}
