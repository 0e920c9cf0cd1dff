import {
  type MicroDollars,
  microDollarsToJson,
  microDollarsToNumber,
  type Tier,
  tierLimits,
} from "@agentgate/protocol";
import { type Micros, renderTimestamp } from "../runtime/index.ts";

/** An organization: the owner of agents and of a wallet. Immutable: a change makes a new record. */
export interface Org {
  readonly id: string;
  readonly name: string;
  /** What metering counts for each call of the org's own agents. */
  readonly costPerInvocation: MicroDollars;
  readonly billingAlertThreshold: MicroDollars | null;
  /** Below which its wallet's falling is told; null tells nothing. */
  readonly walletLowThreshold: MicroDollars | null;
  /** Requests per second, when set apart from the tier's. */
  readonly rateLimit: number | null;
  readonly rateBurst: number | null;
  readonly tier: Tier;
  readonly createdAt: Micros;
  readonly updatedAt: Micros;
}

/** The rate limit in force: an explicit value wins over the tier's. */
export const rateLimitOf = (org: Org): { rate: number; burst: number } => ({
  rate: org.rateLimit ?? tierLimits[org.tier].rate_limit,
  burst: org.rateBurst ?? tierLimits[org.tier].rate_burst,
});

/** The organization on the wire (contract section 2). */
export const toWireOrg = (org: Org, balance: MicroDollars) => {
  const { rate, burst } = rateLimitOf(org);
  return {
    id: org.id,
    name: org.name,
    cost_per_invocation: microDollarsToNumber(org.costPerInvocation),
    billing_alert_threshold:
      org.billingAlertThreshold === null ? null : microDollarsToNumber(org.billingAlertThreshold),
    wallet_low_threshold: org.walletLowThreshold === null ? null : microDollarsToNumber(org.walletLowThreshold),
    rate_limit: rate,
    rate_burst: burst,
    balance: microDollarsToJson(balance),
    tier: org.tier,
    created_at: renderTimestamp(org.createdAt),
  };
};
