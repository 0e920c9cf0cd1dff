import type { Generated } from "kysely";

/** Sums of calls over time. Times here are seconds since the epoch where nothing else is said; histograms are JSON, counts by bin. */
export interface RollupDatabase {
  rollup_pending: RollupPendingTable;
  call_rollups: CallRollupsTable;
  call_pairs: CallPairsTable;
  agent_call_stats: AgentCallStatsTable;
  health_days: HealthDaysTable;
}

/** What was counted of a batch of calls, and the rollups do not hold yet; whoever adds a row to them deletes it in the same transaction. */
export interface RollupPendingTable {
  seq: Generated<bigint>;
  /** The beginning of the minute. */
  at: bigint;
  agent_id: string;
  org_id: string | null;
  payer_org_id: string | null;
  /** The kind of failure; empty for successes. */
  error: string;
  /** Whether everybody may know of the agent. */
  is_public: bigint;
  calls: bigint;
  /** Micro-dollars that the payers paid, and that the owners got of it. */
  paid: bigint;
  earned: bigint;
  agent_times: string;
  gateway_times: string;
  /** Of the latest call, microseconds since the epoch. */
  last_call_at: bigint;
}

/** Totals of one scope in one span of time. */
export interface CallRollupsTable {
  /** `total`, `public`, or `agent:`, `org:` (who owns the agents) or `payer:` with an id. */
  scope: string;
  /** The span's length in seconds. */
  step: bigint;
  /** The span's beginning. */
  at: bigint;
  ok: bigint;
  errors: bigint;
  paid: bigint;
  earned: bigint;
  agent_times: string;
  gateway_times: string;
}

/** Who called which agents how it went: what the largest parts of a total are found by. */
export interface CallPairsTable {
  agent_id: string;
  step: bigint;
  at: bigint;
  /** Empty for nobody. */
  payer_org_id: string;
  /** Empty for successes. */
  error: string;
  /** The agent's owner; empty for nobody. */
  org_id: string;
  calls: bigint;
  paid: bigint;
  earned: bigint;
}

/** An agent's last thirty days, as of a few minutes ago. */
export interface AgentCallStatsTable {
  agent_id: string;
  calls: bigint;
  errors: bigint;
  /** Of what the agent took; null while nothing is known. */
  p50_us: bigint | null;
  p95_us: bigint | null;
  /** Microseconds since the epoch. */
  last_success_at: bigint | null;
  computed_at: bigint;
  /** From when on it is to be computed anew; null while nothing happens. */
  due_at: bigint | null;
}

/** How often an agent was looked at on a day. */
export interface HealthDaysTable {
  agent_id: string;
  /** UTC days since the epoch. */
  day: bigint;
  checks: bigint;
  /** How many of these found it unwell. */
  failed: bigint;
}
