import type { Generated } from "kysely";

/** The call log and its totals. */
export interface CallLogDatabase {
  call_log: CallLogTable;
  paid_calls: PaidCallsTable;
  agent_callers: AgentCallersTable;
  usage_daily: UsageDailyTable;
  usage_pending: UsagePendingTable;
  usage_orgs: UsageOrgsTable;
  log_sinks: LogSinksTable;
}

/** One row per call. No foreign keys: the log outlives what it speaks of. */
export interface CallLogTable {
  id: string;
  /** Null in rows of earlier versions. */
  request_id: string | null;
  agent_id: string;
  agent_name: string;
  /** The agent's owner at the time. */
  org_id: string | null;
  payer_org_id: string | null;
  caller_ip: string;
  task_id: string | null;
  status: "success" | "error";
  error_detail: string | null;
  latency_us: bigint;
  created_at: bigint;
  // What follows is null in rows of earlier versions.
  entrance: string | null;
  protocol: string | null;
  http_status: bigint | null;
  asked_us: bigint | null;
  reserve_us: bigint | null;
  agent_us: bigint | null;
  first_byte_us: bigint | null;
  event_count: bigint | null;
  context_id: string | null;
  key_id: string | null;
  request_bytes: bigint | null;
  response_bytes: bigint | null;
  price: bigint | null;
  transaction_id: string | null;
  trace_id: string | null;
  parent_id: string | null;
  /** The skill that the task named. */
  skill: string | null;
}

/** Paid calls that the log keeps no row of any more. */
export interface PaidCallsTable {
  id: string;
}

/** Whom an agent has done a task for. No foreign keys, as of the log. */
export interface AgentCallersTable {
  agent_id: string;
  /** `org:` and an id, `key:` and the hash of the agent's own key, or `ip:` and an address or network. */
  caller: string;
}

/** Totals of the call log per agent and UTC day, but for the calls in `usage_pending`. */
export interface UsageDailyTable {
  agent_id: string;
  /** Days since the epoch. */
  day: bigint;
  /** The agent's owner. */
  org_id: string | null;
  invocations: bigint;
  errors: bigint;
  latency_us: bigint;
  last_call_at: bigint;
}

/** Calls in the log that the totals do not count yet; whoever adds one to the totals deletes it in the same transaction. */
export interface UsagePendingTable extends Omit<UsageDailyTable, "invocations"> {
  /** In the order of arrival. */
  seq: Generated<bigint>;
  /** Whose task it was, where it was done: names with blanks between them. */
  callers: string | null;
  /** What the rollups count of it; null in rows of earlier versions. */
  payer_org_id: string | null;
  /** The kind of failure. */
  error: string | null;
  is_public: bigint | null;
  agent_us: bigint | null;
  gateway_us: bigint | null;
  paid: bigint | null;
  earned: bigint | null;
}

/** Totals of all calls to agents of an organization, written with those of `usage_daily`. */
export interface UsageOrgsTable {
  org_id: string;
  invocations: bigint;
  errors: bigint;
}

/** How far the call log was written to each sink. Times are in microseconds of the database's clock. */
export interface LogSinksTable {
  /** The target, without secrets. */
  name: string;
  /** Up to where it has all, in the order of commits. */
  position_order: bigint;
  position_time: bigint;
  position_id: string;
  /** Rows that it took. */
  taken: bigint;
  /** Rows that the log forgot before it took them. */
  lost: bigint;
  written_at: bigint | null;
  /** When the oldest row was made that it has not taken, as was last seen; null when it has all. */
  waiting_since: bigint | null;
  /** What is wrong; null while it takes what it is given. */
  trouble: string | null;
  /** When a node last spoke for it. */
  seen_at: bigint;
}
