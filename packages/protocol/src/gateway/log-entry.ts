import type { AgentProtocol } from "./agent.ts";

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
  // What follows is null for calls that an earlier version logged.
  /** Who owned the agent at the time. */
  org_id: string | null;
  payer_org_id: string | null;
  /** `rest`, `sse`, `websocket`, `a2a_jsonrpc`, `a2a_rest`, `chain`, `ucp`, `mcp`. */
  entrance: string | null;
  /** What the agent speaks. */
  protocol: AgentProtocol | null;
  /** What the caller was answered with; on a stream, what it would have been. */
  http_status: number | null;
  /** What of `latency_ms` the agent took. */
  agent_ms: number | null;
  /** From the call's arrival to the first byte of the agent's answer. */
  first_byte_ms: number | null;
  /** Events of the agent's answer; null when it was no stream. */
  event_count: number | null;
  /** The A2A context. */
  context_id: string | null;
  /** The key made for something that the caller showed. */
  key_id: string | null;
  request_bytes: number | null;
  response_bytes: number | null;
  /** What was paid, in US dollars: 0 when nothing was, null when it is not known. */
  price: number | null;
  transaction_id: string | null;
  /** Of the W3C trace. */
  trace_id: string | null;
  /** The call whose agent made this one, as it says. */
  parent_id: string | null;
  /** The skill that the task named. */
  skill: string | null;
}

/** A page of the log, newest first. */
export interface LogPage {
  entries: LogEntry[];
  /** `before` of the next page; null when there is none. */
  next: string | null;
  /** Not null when the search's time was over: what is older was not looked at yet. */
  searched_to: string | null;
}

/** Everything that is known of one call. */
export interface LogDetails extends LogEntry {
  timing: { name: "admit" | "reserve" | "wait" | "receive"; start_ms: number; ms: number }[];
  /** What the ledger says of the payment; null when nothing was charged. */
  transaction: {
    id: string;
    payer_org_id: string | null;
    receiver_org_id: string | null;
    amount: number;
    fee: number;
    net: number;
    tx_type: string;
    created_at: string;
  } | null;
  /** Webhooks that told of it, for the agent's owner. */
  deliveries: {
    id: string;
    endpoint_id: string | null;
    event: string;
    status: string;
    attempts: number;
    created_at: string;
  }[];
  /** Calls that its agent made, as it says, of those that one may know of. */
  children: LogEntry[];
}

export interface LogHistogram {
  step_ms: number;
  buckets: { t: string; ok: number; error: number }[];
  searched_to: string | null;
}

export interface LogFacetValue {
  value: string;
  count: number;
}

/** What calls have in common: the values that most of them have. */
export interface LogFacets {
  status: LogFacetValue[];
  error: LogFacetValue[];
  entrance: LogFacetValue[];
  protocol: LogFacetValue[];
  agent: (LogFacetValue & { name: string | null })[];
  payer: LogFacetValue[];
  /** Of tasks that named one. */
  skill: LogFacetValue[];
  searched_to: string | null;
}
