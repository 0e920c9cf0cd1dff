import type { Tier } from "@agentgate/protocol";

/** What may be changed of an organization. Absent fields stay as they are. */
export interface OrgFields {
  name?: string | undefined;
  /** US dollars. */
  costPerInvocation?: number | undefined;
  billingAlertThreshold?: number | undefined;
  /** US dollars: when the wallet falls below, the webhook `wallet.low` is told. */
  walletLowThreshold?: number | undefined;
  /** Requests per second. */
  rateLimit?: number | undefined;
  rateBurst?: number | undefined;
  tier?: Tier | undefined;
}

export interface NewOrg extends Omit<OrgFields, "name"> {
  /** Minted by the gateway, and answered once as `api_key`, when absent. */
  apiKey?: string | undefined;
}
