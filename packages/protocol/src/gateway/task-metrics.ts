/** `GET /metrics` as JSON (contract section 10): since the gateway started, times in milliseconds. */
export interface TaskMetricsReport {
  total_requests: number;
  total_errors: number;
  errors_by_type: Record<string, number>;
  avg_latency_ms: number;
  /** By agent name. */
  agents: Record<string, AgentTaskMetrics>;
}

export interface AgentTaskMetrics {
  requests: number;
  avg_latency_ms: number;
  p99_latency_ms: number;
}
