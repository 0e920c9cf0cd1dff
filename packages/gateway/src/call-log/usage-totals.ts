import { type EngineName, RowInsert, type Statement, type UsageDailyTable } from "../storage/index.ts";
import type { CallGroup } from "./call-groups.ts";

/**
 * The statements that add calls to the totals. Totals are rows that all writers share, and a transaction that adds to some holds them
 * until its end: therefore each of these transactions locks them in one order, agents' days before organizations, each by their
 * keys, and after them only whom agents have served, by their keys; and no payment, which would make the whole ledger wait, is among these transactions.
 */
export class UsageTotals {
  readonly #daily: RowInsert<"usage_daily">;
  readonly #orgs: RowInsert<"usage_orgs">;

  constructor(engine: EngineName) {
    this.#daily = new RowInsert(engine, "usage_daily", DAILY_COLUMNS, ADD_DAILY);
    this.#orgs = new RowInsert(engine, "usage_orgs", ["org_id", "invocations", "errors"], ADD_ORG);
  }

  adding(groups: readonly CallGroup[]): Statement[] {
    const daily = new Map<string, { -readonly [K in keyof UsageDailyTable]: UsageDailyTable[K] }>();
    const orgs = new Map<string, { org_id: string; invocations: bigint; errors: bigint }>();
    for (const { agentId, orgId, minute, error, calls, latencyMicros, lastCallAt } of groups) {
      const day = BigInt(Math.floor(minute / MINUTES_PER_DAY));
      const invocations = BigInt(calls);
      const errors = error === "" ? 0n : invocations;
      const key = `${agentId} ${day}`;
      let total = daily.get(key);
      if (!total) {
        total = {
          agent_id: agentId,
          day,
          org_id: orgId,
          invocations: 0n,
          errors: 0n,
          latency_us: 0n,
          last_call_at: 0n,
        };
        daily.set(key, total);
      }
      total.invocations += invocations;
      total.errors += errors;
      total.latency_us += BigInt(latencyMicros);
      if (lastCallAt > total.last_call_at) total.last_call_at = lastCallAt;
      if (orgId === null) continue;
      let org = orgs.get(orgId);
      if (!org) {
        org = { org_id: orgId, invocations: 0n, errors: 0n };
        orgs.set(orgId, org);
      }
      org.invocations += invocations;
      org.errors += errors;
    }
    return [...this.#daily.statements(sortedByKey(daily)), ...this.#orgs.statements(sortedByKey(orgs))];
  }
}

const MINUTES_PER_DAY = 1_440;

const sortedByKey = <T>(rows: ReadonlyMap<string, T>): T[] =>
  [...rows].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);

const DAILY_COLUMNS = [
  "agent_id",
  "day",
  "org_id",
  "invocations",
  "errors",
  "latency_us",
  "last_call_at",
] as const satisfies (keyof UsageDailyTable)[];

const ADD_DAILY = `on conflict (agent_id, day) do update set
  invocations = usage_daily.invocations + excluded.invocations,
  errors = usage_daily.errors + excluded.errors,
  latency_us = usage_daily.latency_us + excluded.latency_us,
  last_call_at = case when excluded.last_call_at > usage_daily.last_call_at
    then excluded.last_call_at else usage_daily.last_call_at end`;

const ADD_ORG = `on conflict (org_id) do update set
  invocations = usage_orgs.invocations + excluded.invocations,
  errors = usage_orgs.errors + excluded.errors`;
