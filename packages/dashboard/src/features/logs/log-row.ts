/** A call as `GET /logs` tells it. Milliseconds and dollars; null for what is not known of it. */
export interface LogRow {
  id: string;
  request_id: string | null;
  agent_id: string;
  agent_name: string;
  org_id: string | null;
  payer_org_id: string | null;
  caller_ip: string;
  task_id: string | null;
  context_id: string | null;
  /** Which of the agent's skills the task named. */
  skill: string | null;
  status: "success" | "error";
  error_detail: string | null;
  latency_ms: number;
  agent_ms: number | null;
  http_status: number | null;
  entrance: string | null;
  protocol: string | null;
  price: number | null;
  transaction_id: string | null;
  trace_id: string | null;
  parent_id: string | null;
  key_id: string | null;
  created_at: string;
}

export interface LogPage {
  entries: LogRow[];
  next: string | null;
  searched_to: string | null;
}

export interface LogHistogram {
  step_ms: number;
  buckets: { t: string; ok: number; error: number }[];
  searched_to: string | null;
}

export interface LogDetails extends LogRow {
  timing: { name: "admit" | "reserve" | "wait" | "receive"; start_ms: number; ms: number }[];
  transaction: { id: string; amount: number; fee: number; net: number; tx_type: string } | null;
  deliveries: { id: string; event: string; status: string; attempts: number; created_at: string }[];
  children: LogRow[];
}

interface FacetCount {
  value: string;
  count: number;
}

export interface LogFacets {
  status: FacetCount[];
  error: FacetCount[];
  entrance: FacetCount[];
  protocol: FacetCount[];
  agent: (FacetCount & { name: string | null })[];
  payer: FacetCount[];
  skill: FacetCount[];
  searched_to: string | null;
}
