/** What the calls of an organization's own agents are metered at, in US dollars. */
export interface OrgBilling {
  org_id: string;
  org_name: string;
  cost_per_invocation: number;
  total_invocations: number;
  total_errors: number;
  total_cost: number;
  alert_threshold: number | null;
  alert_triggered: boolean;
}

/** The same by day, for 30 days. */
export interface OrgBillingBreakdown {
  org_id: string;
  org_name: string;
  cost_per_invocation: number;
  breakdown: BillingPeriod[];
}

export interface BillingPeriod {
  /** `2026-11-21`. */
  period: string;
  invocations: number;
  errors: number;
  cost: number;
}
