/** An agent's calls since it was registered. */
export interface AgentUsage {
  agent_id: string;
  agent_name: string;
  total_invocations: number;
  total_errors: number;
  avg_latency_ms: number;
  last_invocation: string | null;
}

export type UsagePeriodLength = "day" | "month";

/** An agent's calls by day or month, oldest first. */
export interface UsageBreakdown {
  agent_id: string;
  agent_name: string;
  period: UsagePeriodLength;
  /** How many days back. */
  days: number;
  breakdown: UsagePeriod[];
}

export interface UsagePeriod {
  /** `2026-11-21` or `2026-11`. */
  period: string;
  invocations: number;
  errors: number;
  avg_latency_ms: number;
}
