import type { MicroDollars } from "@agentgate/protocol";
import type { Micros } from "../runtime/index.ts";
import type { CallEntry } from "./entry.ts";
import { countTime, type Histogram } from "./rollups/latency-histogram.ts";

/** What of a call is counted. */
export type CountedCall = Pick<
  CallEntry,
  | "agentId"
  | "orgId"
  | "payerOrgId"
  | "errorDetail"
  | "isPublic"
  | "createdAt"
  | "latencyMicros"
  | "agentMicros"
  | "price"
  | "earned"
>;

/** Calls that are counted together: those of one agent, owner, payer and outcome in one minute. */
export interface CallGroup {
  readonly agentId: string;
  readonly orgId: string | null;
  readonly payerOrgId: string | null;
  /** The kind of failure; empty for a success. */
  readonly error: string;
  readonly isPublic: boolean;
  /** Since the epoch. */
  readonly minute: number;
  calls: number;
  latencyMicros: number;
  paid: MicroDollars;
  earned: MicroDollars;
  lastCallAt: Micros;
  readonly agentTimes: Histogram;
  readonly gatewayTimes: Histogram;
}

/** A kind of failure longer than that is cut. */
const ERROR_CHARACTERS_MAX = 64;
const MICROS_PER_MINUTE = 60_000_000;

export const kindOfError = (errorDetail: string | null): string => errorDetail?.slice(0, ERROR_CHARACTERS_MAX) ?? "";

/** What is left of a call without its agent, in microseconds; null where that is not known. */
export const gatewayMicrosOf = ({ agentMicros, latencyMicros }: CountedCall): number | null =>
  agentMicros === null || agentMicros > latencyMicros ? null : latencyMicros - agentMicros;

/** Few for many calls. */
export function groupsOf(calls: readonly CountedCall[]): CallGroup[] {
  const groups: CallGroup[] = [];
  const byAgent = new Map<string, CallGroup[]>();
  let last: CallGroup | undefined;
  for (const call of calls) {
    const minute = Math.floor(Number(call.createdAt) / MICROS_PER_MINUTE);
    const error = kindOfError(call.errorDetail);
    // Calls in a row are often alike.
    if (!last || !isIn(last, call, minute, error)) {
      let ofAgent = byAgent.get(call.agentId);
      if (!ofAgent) {
        ofAgent = [];
        byAgent.set(call.agentId, ofAgent);
      }
      last = ofAgent.find((group) => isIn(group, call, minute, error));
      if (!last) {
        last = newGroup(call, minute, error);
        ofAgent.push(last);
        groups.push(last);
      }
    }
    count(last, call);
  }
  return groups;
}

const isIn = (group: CallGroup, call: CountedCall, minute: number, error: string): boolean =>
  group.agentId === call.agentId &&
  group.minute === minute &&
  group.error === error &&
  group.payerOrgId === call.payerOrgId &&
  group.orgId === call.orgId &&
  group.isPublic === (call.isPublic !== false);

const newGroup = ({ agentId, orgId, payerOrgId, isPublic }: CountedCall, minute: number, error: string): CallGroup => ({
  agentId,
  orgId,
  payerOrgId,
  error,
  isPublic: isPublic !== false,
  minute,
  calls: 0,
  latencyMicros: 0,
  paid: 0n,
  earned: 0n,
  lastCallAt: 0n,
  agentTimes: new Map(),
  gatewayTimes: new Map(),
});

function count(group: CallGroup, call: CountedCall): void {
  const { price, earned, createdAt, latencyMicros, agentMicros } = call;
  group.calls++;
  group.latencyMicros += latencyMicros;
  if (price) group.paid += price;
  if (earned) group.earned += earned;
  if (createdAt > group.lastCallAt) group.lastCallAt = createdAt;
  countTime(group.agentTimes, agentMicros ?? latencyMicros);
  const gatewayMicros = gatewayMicrosOf(call);
  if (gatewayMicros !== null) countTime(group.gatewayTimes, gatewayMicros);
}
