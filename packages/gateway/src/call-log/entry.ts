import { type Micros, renderTimestamp } from "../runtime/index.ts";

/** What became of one call to an agent. Every call leaves exactly one. */
export interface CallEntry {
  readonly id: string;
  /** Of the request that asked for it, as its answer's X-Request-Id has it; null for calls of earlier versions. */
  readonly requestId: string | null;
  readonly agentId: string;
  readonly agentName: string;
  /** The agent's owner at the time. */
  readonly orgId: string | null;
  readonly payerOrgId: string | null;
  readonly callerIp: string;
  /** Whose task it is: `org:` and an id, `key:` and the hash of an agent's own key, `ip:` and an address or network, or `admin`. */
  readonly caller: string;
  /** The caller's own name for the task, when it gave one. */
  readonly taskId: string | null;
  /** Null for a success, else the kind of failure: `timeout`, `connect_error`, `http_500`… (contract section 4). */
  readonly errorDetail: string | null;
  /** From the call's arrival to its answer, in microseconds. */
  readonly latencyMicros: bigint;
  readonly createdAt: Micros;
  /** The agent has a `webhook_url`. Not kept. */
  readonly hasWebhook?: boolean;
}

/** What the log's row keeps of it. */
export type LoggedCall = Omit<CallEntry, "caller">;

/** The failure of a call whose payment may have happened: then the call is logged as a success already. */
export const PAYMENT_UNKNOWN = "payment_unknown";

/** The entry on the wire (contract section 2, LogEntry). */
export const toWireLogEntry = (entry: LoggedCall) => ({
  id: entry.id,
  request_id: entry.requestId,
  agent_id: entry.agentId,
  agent_name: entry.agentName,
  caller_ip: entry.callerIp,
  task_id: entry.taskId,
  status: entry.errorDetail === null ? ("success" as const) : ("error" as const),
  error_detail: entry.errorDetail,
  latency_ms: toMilliseconds(entry.latencyMicros),
  created_at: renderTimestamp(entry.createdAt),
});

/** Milliseconds with one decimal. */
export const toMilliseconds = (micros: bigint | number): number => Math.round(Number(micros) / 100) / 10;
