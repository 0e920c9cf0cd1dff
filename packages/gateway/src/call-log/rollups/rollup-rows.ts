import type { AgentCallStatsTable, CallPairsTable, CallRollupsTable, RollupPendingTable } from "../../storage/index.ts";
import type { KeyQuota } from "./key-quota.ts";
import { addText, type Histogram, toText } from "./latency-histogram.ts";

export const MINUTE = 60n;
export const HOUR = 3_600n;
export const DAY = 86_400n;

/** What stands for payers and kinds of failures beyond those that are told apart. */
export const OTHER = "other";

export const scopes = {
  total: "total",
  public: "public",
  agent: (id: string) => `agent:${id}`,
  org: (id: string) => `org:${id}`,
  payer: (id: string) => `payer:${id}`,
};

export type PendingGroup = Omit<RollupPendingTable, "seq">;

type RollupSums = Omit<CallRollupsTable, "agent_times" | "gateway_times"> & {
  agentTimes: Histogram;
  gatewayTimes: Histogram;
};

export interface RollupRows {
  rollups: CallRollupsTable[];
  pairs: CallPairsTable[];
  stats: Pick<AgentCallStatsTable, "agent_id" | "last_success_at">[];
}

/** What is to be added to the rollups for these groups; of each table in the order of its keys, as whoever else adds to it. */
export function rowsOf(groups: readonly PendingGroup[], quota: KeyQuota): RollupRows {
  const rollups = new Map<string, RollupSums>();
  const pairs = new Map<string, CallPairsTable>();
  const lastSuccesses = new Map<string, bigint | null>();
  for (const group of groups) {
    for (const [scope, step] of spansOf(group)) addToRollup(rollups, scope, step, group);
    for (const step of [HOUR, DAY]) addToPair(pairs, step, group, quota);
    const before = lastSuccesses.get(group.agent_id) ?? null;
    const last = group.error === "" ? group.last_call_at : null;
    lastSuccesses.set(group.agent_id, last === null || (before !== null && before > last) ? before : last);
  }
  return {
    rollups: sortedByKey(rollups).map(({ agentTimes, gatewayTimes, ...sums }) => ({
      ...sums,
      agent_times: toText(agentTimes),
      gateway_times: toText(gatewayTimes),
    })),
    pairs: sortedByKey(pairs),
    stats: sortedByKey(
      new Map([...lastSuccesses].map(([agent_id, last_success_at]) => [agent_id, { agent_id, last_success_at }])),
    ),
  };
}

function spansOf({ agent_id, org_id, payer_org_id, is_public }: PendingGroup): [scope: string, step: bigint][] {
  const ofAgent = scopes.agent(agent_id);
  const shared = [
    scopes.total,
    ...(is_public === 1n ? [scopes.public] : []),
    ...(org_id === null ? [] : [scopes.org(org_id)]),
    ...(payer_org_id === null ? [] : [scopes.payer(payer_org_id)]),
    ofAgent,
  ];
  return [
    ...shared.flatMap((scope): [string, bigint][] => [
      [scope, MINUTE],
      [scope, HOUR],
    ]),
    [ofAgent, DAY],
  ];
}

function addToRollup(rollups: Map<string, RollupSums>, scope: string, step: bigint, group: PendingGroup): void {
  const at = group.at - (group.at % step);
  const key = `${scope} ${padded(step)} ${padded(at)}`;
  let sums = rollups.get(key);
  if (!sums) {
    sums = {
      scope,
      step,
      at,
      ok: 0n,
      errors: 0n,
      paid: 0n,
      earned: 0n,
      agentTimes: new Map(),
      gatewayTimes: new Map(),
    };
    rollups.set(key, sums);
  }
  sums[group.error === "" ? "ok" : "errors"] += group.calls;
  sums.paid += group.paid;
  sums.earned += group.earned;
  addText(sums.agentTimes, group.agent_times);
  addText(sums.gatewayTimes, group.gateway_times);
}

function addToPair(pairs: Map<string, CallPairsTable>, step: bigint, group: PendingGroup, quota: KeyQuota): void {
  const { agent_id, calls, paid, earned } = group;
  const at = group.at - (group.at % step);
  const org_id = group.org_id ?? "";
  let [payer_org_id, error] = [group.payer_org_id ?? "", group.error];
  if (!quota.has(`${org_id || agent_id} ${step} ${at}`, `${agent_id} ${payer_org_id} ${error}`)) {
    payer_org_id &&= OTHER;
    error &&= OTHER;
  }
  const key = `${agent_id} ${padded(step)} ${padded(at)} ${payer_org_id} ${error}`;
  const sums = pairs.get(key);
  if (!sums) {
    pairs.set(key, { agent_id, step, at, payer_org_id, error, org_id, calls, paid, earned });
    return;
  }
  sums.calls += calls;
  sums.paid += paid;
  sums.earned += earned;
}

/** So that keys sort as the database's do. */
const padded = (number: bigint): string => `${number}`.padStart(12, "0");

const sortedByKey = <T>(rows: ReadonlyMap<string, T>): T[] =>
  [...rows].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
