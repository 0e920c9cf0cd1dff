/** One call of an agent (contract section 2). */
export interface LogEntry {
  id: string;
  /** `X-Request-Id` of the answer that the caller got; null for calls that an earlier version logged. */
  request_id: string | null;
  agent_id: string;
  agent_name: string;
  caller_ip: string;
  task_id: string | null;
  status: "success" | "error";
  /** `timeout`, `connect_error`, `http_500`…; null for a success. */
  error_detail: string | null;
  /** One decimal. */
  latency_ms: number;
  created_at: string;
}
