import type { Insertable } from "kysely";
import type { RollupPendingTable, UsagePendingTable } from "../../storage/index.ts";
import type { CallEntry } from "../entry.ts";
import { countTime, type Histogram, toText } from "./latency-histogram.ts";

/** What the rollups count of one call. */
export type RolledCall = Pick<
  UsagePendingTable,
  "agent_id" | "org_id" | "payer_org_id" | "error" | "is_public" | "agent_us" | "gateway_us" | "paid" | "earned"
> & { last_call_at: bigint; latency_us: bigint };

/** A kind of failure longer than that is cut. */
const ERROR_CHARACTERS_MAX = 64;
const MICROS_PER_MINUTE = 60_000_000n;

export function rolledOf(entry: CallEntry): Omit<RolledCall, "last_call_at" | "latency_us"> {
  const { agentMicros, latencyMicros } = entry;
  return {
    agent_id: entry.agentId,
    org_id: entry.orgId,
    payer_org_id: entry.payerOrgId,
    error: entry.errorDetail?.slice(0, ERROR_CHARACTERS_MAX) ?? null,
    is_public: entry.isPublic === false ? 0n : 1n,
    agent_us: agentMicros,
    // What is left of a call without its agent.
    gateway_us: agentMicros === null || agentMicros > latencyMicros ? null : latencyMicros - agentMicros,
    paid: entry.price ?? 0n,
    earned: entry.earned ?? 0n,
  };
}

interface Group {
  row: Insertable<RollupPendingTable>;
  calls: bigint;
  paid: bigint;
  earned: bigint;
  lastCallAt: bigint;
  agentTimes: Histogram;
  gatewayTimes: Histogram;
}

/** Rows for what calls have in common: few for many calls. */
export function groupsOf(calls: readonly RolledCall[]): Insertable<RollupPendingTable>[] {
  const groups = new Map<string, Group>();
  for (const call of calls) {
    const { agent_id, org_id, payer_org_id, last_call_at } = call;
    const error = call.error ?? "";
    const at = (last_call_at / MICROS_PER_MINUTE) * 60n;
    const is_public = call.is_public ?? 1n;
    const key = `${agent_id} ${at} ${payer_org_id} ${org_id} ${is_public} ${error}`;
    let group = groups.get(key);
    if (!group) {
      const row = { at, agent_id, org_id, payer_org_id, error, is_public } as Group["row"];
      group = { row, calls: 0n, paid: 0n, earned: 0n, lastCallAt: 0n, agentTimes: new Map(), gatewayTimes: new Map() };
      groups.set(key, group);
    }
    group.calls += 1n;
    group.paid += call.paid ?? 0n;
    group.earned += call.earned ?? 0n;
    if (last_call_at > group.lastCallAt) group.lastCallAt = last_call_at;
    countTime(group.agentTimes, Number(call.agent_us ?? call.latency_us));
    if (call.gateway_us !== null) countTime(group.gatewayTimes, Number(call.gateway_us));
  }
  return [...groups.values()].map(({ row, calls, paid, earned, lastCallAt, agentTimes, gatewayTimes }) => ({
    ...row,
    calls,
    paid,
    earned,
    agent_times: toText(agentTimes),
    gateway_times: toText(gatewayTimes),
    last_call_at: lastCallAt,
  }));
}
