import type { CallLogTable } from "../storage/index.ts";
import type { CallEntry, LoggedCall } from "./entry.ts";

/** Each column, and what of an entry stands in it. */
const FIELDS: readonly (readonly [keyof CallLogTable & string, (entry: CallEntry) => unknown])[] = [
  ["id", ({ id }) => id],
  ["request_id", ({ requestId }) => requestId],
  ["agent_id", ({ agentId }) => agentId],
  ["agent_name", ({ agentName }) => agentName],
  ["org_id", ({ orgId }) => orgId],
  ["payer_org_id", ({ payerOrgId }) => payerOrgId],
  ["caller_ip", ({ callerIp }) => callerIp],
  ["task_id", ({ taskId }) => taskId],
  ["status", ({ errorDetail }) => (errorDetail === null ? "success" : "error")],
  ["error_detail", ({ errorDetail }) => errorDetail],
  ["latency_us", ({ latencyMicros }) => latencyMicros],
  ["created_at", ({ createdAt }) => createdAt],
  ["entrance", ({ entrance }) => entrance],
  ["protocol", ({ protocol }) => protocol],
  ["http_status", ({ httpStatus }) => httpStatus],
  ["asked_us", ({ askedMicros }) => askedMicros],
  ["reserve_us", ({ reserveMicros }) => reserveMicros],
  ["agent_us", ({ agentMicros }) => agentMicros],
  ["first_byte_us", ({ firstByteMicros }) => firstByteMicros],
  ["event_count", ({ eventCount }) => eventCount],
  ["context_id", ({ contextId }) => contextId],
  ["key_id", ({ keyId }) => keyId],
  ["request_bytes", ({ requestBytes }) => requestBytes],
  ["response_bytes", ({ responseBytes }) => responseBytes],
  ["price", ({ price }) => price],
  ["transaction_id", ({ transactionId }) => transactionId],
  ["trace_id", ({ traceId }) => traceId],
  ["parent_id", ({ parentId }) => parentId],
  ["skill", ({ skill }) => skill],
];

export const COLUMNS = FIELDS.map(([column]) => column);

/** The entries as they are kept: one row's values behind the other's, in the order of the columns. */
export function valuesOf(entries: readonly CallEntry[]): unknown[] {
  const values: unknown[] = [];
  for (const entry of entries) for (const [, read] of FIELDS) values.push(read(entry));
  return values;
}

/** What is kept of an entry. */
export const ofRow = (row: CallLogTable): LoggedCall => ({
  id: row.id,
  requestId: row.request_id,
  agentId: row.agent_id,
  agentName: row.agent_name,
  orgId: row.org_id,
  payerOrgId: row.payer_org_id,
  callerIp: row.caller_ip,
  taskId: row.task_id,
  errorDetail: row.error_detail,
  latencyMicros: Number(row.latency_us),
  createdAt: row.created_at,
  entrance: row.entrance as LoggedCall["entrance"],
  protocol: row.protocol as LoggedCall["protocol"],
  httpStatus: number(row.http_status),
  askedMicros: number(row.asked_us),
  reserveMicros: number(row.reserve_us),
  agentMicros: number(row.agent_us),
  firstByteMicros: number(row.first_byte_us),
  eventCount: number(row.event_count),
  contextId: row.context_id,
  keyId: row.key_id,
  requestBytes: number(row.request_bytes),
  responseBytes: number(row.response_bytes),
  price: row.price,
  transactionId: row.transaction_id,
  traceId: row.trace_id,
  parentId: row.parent_id,
  skill: row.skill,
});

const number = (value: bigint | null): number | null => (value === null ? null : Number(value));
