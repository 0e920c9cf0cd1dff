import { type AgentProtocol, type MicroDollars, microDollarsToJson } from "@agentgate/protocol";
import { type Micros, renderTimestamp } from "../runtime/index.ts";

/** By which of the gateway's entrances a task came. */
export const entrances = ["rest", "sse", "websocket", "a2a_jsonrpc", "a2a_rest", "chain", "ucp", "mcp"] as const;
export type Entrance = (typeof entrances)[number];

/** What became of one call to an agent. Every call leaves exactly one. What is null may be so for calls of earlier versions alone. */
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
  readonly latencyMicros: number;
  readonly createdAt: Micros;
  readonly entrance: Entrance | null;
  /** What the agent speaks. */
  readonly protocol: AgentProtocol | null;
  /** What the caller was answered with; on a stream or socket, what it would have been. */
  readonly httpStatus: number | null;
  /** From the call's arrival until its agent was asked, in microseconds. */
  readonly askedMicros: number | null;
  /** What of that it took to put the price aside; null when nobody pays. */
  readonly reserveMicros: number | null;
  /** From asking the agent to its whole answer, or to its failure. A caller who reads slowly holds its agent back. */
  readonly agentMicros: number | null;
  /** From the call's arrival to the first byte of the agent's answer; null when none came. */
  readonly firstByteMicros: number | null;
  /** Events that the agent's answer came in; null when it was no stream. */
  readonly eventCount: number | null;
  /** The A2A context; null for a call without. */
  readonly contextId: string | null;
  /** The key made for something that the caller has shown; null for an organization's own, or none. */
  readonly keyId: string | null;
  /** Bytes of the task, as it was forwarded. */
  readonly requestBytes: number | null;
  /** Bytes of all that the agent has answered. */
  readonly responseBytes: number | null;
  /** What was paid, in micro-dollars: 0 when nothing was, null when it is not known. */
  readonly price: MicroDollars | null;
  /** Of the payment, in the ledger. */
  readonly transactionId: string | null;
  /** Of the W3C trace that the call belongs to: 32 hexadecimal digits. */
  readonly traceId: string | null;
  /** The call whose agent made this one, as that agent says. */
  readonly parentId: string | null;
  /** The skill that the task named; null for none. */
  readonly skill: string | null;
  /** What of the price the agent's owner gets, in micro-dollars; it is counted, and not kept with the call. */
  readonly earned?: MicroDollars;
  /** Whether everybody may know of the agent; the call is counted in what everybody is told then. Not kept. */
  readonly isPublic?: boolean;
  /** The agent has a `webhook_url`. Not kept. */
  readonly hasWebhook?: boolean;
}

/** What the log's row keeps of it. */
export type LoggedCall = Omit<CallEntry, "caller" | "earned" | "hasWebhook" | "isPublic">;

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
  org_id: entry.orgId,
  payer_org_id: entry.payerOrgId,
  entrance: entry.entrance,
  protocol: entry.protocol,
  http_status: entry.httpStatus,
  agent_ms: milliseconds(entry.agentMicros),
  first_byte_ms: milliseconds(entry.firstByteMicros),
  event_count: entry.eventCount,
  context_id: entry.contextId,
  key_id: entry.keyId,
  request_bytes: entry.requestBytes,
  response_bytes: entry.responseBytes,
  price: entry.price === null ? null : microDollarsToJson(entry.price),
  transaction_id: entry.transactionId,
  trace_id: entry.traceId,
  parent_id: entry.parentId,
  skill: entry.skill,
});

const milliseconds = (micros: number | null): number | null => (micros === null ? null : toMilliseconds(micros));

/** Milliseconds with one decimal. */
export const toMilliseconds = (micros: bigint | number): number => Math.round(Number(micros) / 100) / 10;
