import type { CallFilter } from "@agentgate/protocol";
import { type RawBuilder, sql } from "kysely";
import type { Micros } from "../../runtime/index.ts";

/** Whose calls are looked at: of an organization's agents, or those that it pays for; undefined for everybody's. */
export interface LogView {
  role: "owner" | "payer";
  orgId?: string | undefined;
}

/** Which calls are looked for. */
export interface LogFilter extends LogView, CallFilter {
  latencyMicrosMin?: bigint | undefined;
  /** Made at this time or later. */
  from: Micros;
  /** Made before. */
  to: Micros;
}

/** What a row has to fulfil beside its time, by the columns of `call_log`. */
export function conditionsOf(filter: LogFilter): RawBuilder<unknown>[] {
  const found: RawBuilder<unknown>[] = [];
  const equal = (column: string, value: string | undefined) => {
    if (value !== undefined) found.push(sql`${sql.ref(column)} = ${value}`);
  };
  const among = (column: string, values: readonly string[] | undefined) => {
    if (values === undefined) return;
    // No value at all is what nobody has.
    found.push(values.length === 0 ? sql`1 = 0` : sql`${sql.ref(column)} in (${sql.join(values)})`);
  };
  const notAmong = (column: string, values: readonly string[] | undefined) => {
    if (values === undefined || values.length === 0) return;
    found.push(sql`(${sql.ref(column)} is null or ${sql.ref(column)} not in (${sql.join(values)}))`);
  };
  equal(filter.role === "payer" ? "payer_org_id" : "org_id", filter.orgId);
  among("agent_id", filter.agentIds);
  equal("status", filter.status);
  among("error_detail", filter.errors);
  among("entrance", filter.entrances);
  among("skill", filter.skills);
  equal("payer_org_id", filter.payerOrgId);
  equal("task_id", filter.taskId);
  equal("trace_id", filter.traceId);
  equal("context_id", filter.contextId);
  equal("request_id", filter.requestId);
  equal("parent_id", filter.parentId);
  equal("key_id", filter.keyId);
  equal("caller_ip", filter.callerIp);
  notAmong("agent_id", filter.notAgentIds);
  notAmong("error_detail", filter.notErrors);
  notAmong("entrance", filter.notEntrances);
  notAmong("skill", filter.notSkills);
  notAmong("payer_org_id", filter.notPayerOrgIds);
  if (filter.latencyMicrosMin !== undefined) found.push(sql`latency_us >= ${filter.latencyMicrosMin}`);
  return found;
}

/** Where a page begins: behind the row with this time and id; without an id, at what is older than the time. */
export interface LogPlace {
  createdAt: Micros;
  id: string;
}

export const PLACE = /^(\d{1,18})-([0-9a-f-]{36})?$/;

export const placeText = ({ createdAt, id }: LogPlace): string => `${createdAt}-${id}`;

/** @param text as `PLACE` has it */
export function placeIn(text: string): LogPlace {
  const [, createdAt = "0", id = ""] = PLACE.exec(text) ?? [];
  return { createdAt: BigInt(createdAt), id };
}
