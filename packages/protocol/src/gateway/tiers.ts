/** What an organization's tier allows and costs (contract section 2, `tier_limits`). */
export interface TierLimits {
  /** Most agents the organization may have registered. */
  max_agents: number;
  /** Requests per second. */
  rate_limit: number;
  /** Requests at once. */
  rate_burst: number;
  /** The platform's share of a paid task, as a fraction of the price. */
  fee_pct: number;
}

export const tierLimits = {
  free: { max_agents: 5, rate_limit: 10, rate_burst: 20, fee_pct: 0.03 },
  pro: { max_agents: 50, rate_limit: 100, rate_burst: 200, fee_pct: 0.025 },
  enterprise: { max_agents: 500, rate_limit: 1000, rate_burst: 2000, fee_pct: 0.02 },
} as const satisfies Record<string, TierLimits>;

export type Tier = keyof typeof tierLimits;

export const tiers = Object.keys(tierLimits) as Tier[];

export const isTier = (value: string): value is Tier => Object.hasOwn(tierLimits, value);
