import { formatMicroDollars } from "@agentgate/protocol";
import type { LoggedCall } from "../call-log/index.ts";
import { type Micros, renderTimestamp } from "../runtime/index.ts";

/** A column of what is written, by the types of both engines. */
export interface Column {
  readonly name: string;
  readonly clickhouse: string;
  readonly parquet: string;
  /** The value as JSON text; undefined for none. */
  json(call: LoggedCall, exportedAt: Micros): string | undefined;
}

const column = (name: string, clickhouse: string, parquet: string, json: Column["json"]): Column => ({
  name,
  clickhouse,
  parquet,
  json,
});

/** What ClickHouse's DateTime64 holds with microseconds; a row of a wrong clock is written at the nearest time that it does. */
const EARLIEST = BigInt(Date.UTC(1970, 0, 1)) * 1000n;
const LATEST = BigInt(Date.UTC(2200, 0, 1)) * 1000n;

const NUL = /\0/g;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Neither engine's reader of JSON takes all that a database's text may hold. */
const text = (value: string | null): string | undefined =>
  value === null ? undefined : JSON.stringify(value.toWellFormed().replace(NUL, "\ufffd"));
const uuid = (value: string | null): string | undefined =>
  value !== null && UUID.test(value) ? `"${value}"` : undefined;
const integer = (value: bigint | number | null): string | undefined => (value === null ? undefined : `${value}`);
const instant = (value: Micros): string => `"${writtenTime(value)}"`;

/** A time as it is written. */
export const writtenTime = (value: Micros): string =>
  renderTimestamp(value < EARLIEST ? EARLIEST : value > LATEST ? LATEST : value);

const KIND = "LowCardinality(String)";
const MAYBE_KIND = "LowCardinality(Nullable(String))";
const TIME = "DateTime64(6, 'UTC')";
const MAYBE_UUID = "Nullable(UUID)";
const MAYBE_TEXT = "Nullable(String)";
const MAYBE_INTEGER = "Nullable(Int64)";

/**
 * A row of the log as it is written for good, named as `GET /logs` names it; spans are exact microseconds here, and money is decimal, exact.
 * The list only grows, at its end: a table that was made before gets what it lacks.
 */
export const columns: readonly Column[] = [
  column("id", "UUID", "VARCHAR", (call) => `"${call.id}"`),
  column("created_at", TIME, "TIMESTAMPTZ", (call) => instant(call.createdAt)),
  column("agent_id", "UUID", "VARCHAR", (call) => `"${call.agentId}"`),
  column("agent_name", KIND, "VARCHAR", (call) => text(call.agentName)),
  column("org_id", MAYBE_UUID, "VARCHAR", (call) => uuid(call.orgId)),
  column("payer_org_id", MAYBE_UUID, "VARCHAR", (call) => uuid(call.payerOrgId)),
  column("status", KIND, "VARCHAR", (call) => (call.errorDetail === null ? '"success"' : '"error"')),
  column("error_detail", MAYBE_KIND, "VARCHAR", (call) => text(call.errorDetail)),
  column("price", "Nullable(Decimal(18, 6))", "DECIMAL(18,6)", (call) =>
    call.price === null ? undefined : `"${formatMicroDollars(call.price)}"`,
  ),
  column("transaction_id", MAYBE_UUID, "VARCHAR", (call) => uuid(call.transactionId)),
  column("latency_us", "Int64", "BIGINT", (call) => integer(call.latencyMicros)),
  column("asked_us", MAYBE_INTEGER, "BIGINT", (call) => integer(call.askedMicros)),
  column("reserve_us", MAYBE_INTEGER, "BIGINT", (call) => integer(call.reserveMicros)),
  column("agent_us", MAYBE_INTEGER, "BIGINT", (call) => integer(call.agentMicros)),
  column("first_byte_us", MAYBE_INTEGER, "BIGINT", (call) => integer(call.firstByteMicros)),
  column("entrance", MAYBE_KIND, "VARCHAR", (call) => text(call.entrance)),
  column("protocol", MAYBE_KIND, "VARCHAR", (call) => text(call.protocol)),
  column("http_status", "Nullable(Int32)", "INTEGER", (call) => integer(call.httpStatus)),
  column("event_count", MAYBE_INTEGER, "BIGINT", (call) => integer(call.eventCount)),
  column("request_bytes", MAYBE_INTEGER, "BIGINT", (call) => integer(call.requestBytes)),
  column("response_bytes", MAYBE_INTEGER, "BIGINT", (call) => integer(call.responseBytes)),
  column("caller_ip", "String", "VARCHAR", (call) => text(call.callerIp)),
  column("key_id", MAYBE_UUID, "VARCHAR", (call) => uuid(call.keyId)),
  column("task_id", MAYBE_TEXT, "VARCHAR", (call) => text(call.taskId)),
  column("context_id", MAYBE_TEXT, "VARCHAR", (call) => text(call.contextId)),
  column("trace_id", MAYBE_TEXT, "VARCHAR", (call) => text(call.traceId)),
  column("parent_id", MAYBE_UUID, "VARCHAR", (call) => uuid(call.parentId)),
  column("request_id", MAYBE_TEXT, "VARCHAR", (call) => text(call.requestId)),
  // When it was read from the log: of two rows of one call, which are the same call, the later counts.
  column("exported_at", TIME, "TIMESTAMPTZ", (_, exportedAt) => instant(exportedAt)),
  column("skill", MAYBE_TEXT, "VARCHAR", (call) => text(call.skill)),
];

const named = columns.map(({ name, json }) => ({ start: `"${name}":`, json }));

/** One line of JSON, with its end; what a row has no value for is left out. */
export function lineOf(call: LoggedCall, exportedAt: Micros): string {
  let line = "";
  for (const { start, json } of named) {
    const value = json(call, exportedAt);
    if (value !== undefined) line += `${line === "" ? "{" : ","}${start}${value}`;
  }
  return `${line}}\n`;
}
