import { microDollarsToNumber } from "@agentgate/protocol";
import {
  type AuditedChange,
  asHashed,
  asIs,
  asMoney,
  asTime,
  type CompleteTelling,
  changesBetween,
  type FieldChange,
} from "../audit/index.ts";
import type { ApiKey } from "./key.ts";

/** What the audit log tells of a key. */
const telling: CompleteTelling<ApiKey, "id" | "orgId" | "createdAt" | "lastUsedAt"> = {
  name: ["name", asIs],
  last4: ["last4", asIs],
  scopes: ["scopes", asIs],
  agents: ["agents", asIs],
  rateLimit: ["rate_limit", asIs],
  rateBurst: ["rate_burst", asIs],
  perCallMax: ["per_call_max", asMoney],
  ipAllow: ["ip_allow", asIs],
  budgets: [
    "budgets",
    (budgets: ApiKey["budgets"]) =>
      asIs(budgets.map((budget) => ({ ...budget, amount: microDollarsToNumber(budget.amount) }))),
  ],
  expiresAt: ["expires_at", asTime],
  disabledAt: ["disabled_at", asTime],
};

export type KeyDeed = "created" | "changed" | "rotated" | "disabled" | "enabled" | "deleted";

/** @param hashes of the key itself, where these change */
export function keyChange(
  deed: KeyDeed,
  before: ApiKey | undefined,
  after: ApiKey | undefined,
  hashes?: { before: string | null; after: string | null },
): AuditedChange {
  const { id, name, orgId } = (after ?? before)!;
  const kind = orgId === null ? "admin_key" : "key";
  const ownHash: FieldChange[] = hashes
    ? [{ field: "key", before: asHashed(hashes.before), after: asHashed(hashes.after) }]
    : [];
  return {
    action: `${kind}.${deed}`,
    orgId,
    target: { kind, id, name },
    changes: [...changesBetween(telling, before, after), ...ownHash],
  };
}
