import { type AuditedChange, asHashed, asIs, asMoney, type CompleteTelling, changesBetween } from "../audit/index.ts";
import type { Org } from "./org.ts";

/** What the audit log tells of an organization. */
const telling: CompleteTelling<Org, "id" | "createdAt" | "updatedAt"> = {
  name: ["name", asIs],
  costPerInvocation: ["cost_per_invocation", asMoney],
  billingAlertThreshold: ["billing_alert_threshold", asMoney],
  walletLowThreshold: ["wallet_low_threshold", asMoney],
  rateLimit: ["rate_limit", asIs],
  rateBurst: ["rate_burst", asIs],
  tier: ["tier", asIs],
};

const ofOrg = ({ id, name }: Pick<Org, "id" | "name">) => ({ orgId: id, target: { kind: "org", id, name } });

export const orgCreated = (org: Org, keyHash: string): AuditedChange => ({
  ...ofOrg(org),
  action: "org.created",
  changes: [...changesBetween(telling, undefined, org), { field: "api_key", before: null, after: asHashed(keyHash) }],
});

export const orgChanged = (before: Org, after: Org): AuditedChange => ({
  ...ofOrg(after),
  action: "org.changed",
  changes: changesBetween(telling, before, after),
});

export const orgDeleted = (org: Org): AuditedChange => ({
  ...ofOrg(org),
  action: "org.deleted",
  changes: changesBetween(telling, org, undefined),
});

/** A key of the organization's own comes in the place of another; null for none. */
export const ownKeyChanged = (
  org: Pick<Org, "id" | "name">,
  stage: "rotated" | "confirmed",
  before: string | null,
  after: string,
): AuditedChange => ({
  ...ofOrg(org),
  action: `org_key.${stage}`,
  changes: [
    { field: stage === "rotated" ? "pending_api_key" : "api_key", before: asHashed(before), after: asHashed(after) },
  ],
});
