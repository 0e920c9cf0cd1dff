import {
  type AuditedChange,
  asHashed,
  asIs,
  asMoney,
  asReceiver,
  asSecret,
  asTime,
  asUrl,
  type CompleteTelling,
  changesBetween,
  type FieldChange,
} from "../audit/index.ts";
import { hashKey } from "../runtime/index.ts";
import type { Agent } from "./agent.ts";
import type { Grant } from "./grant.ts";
import { toWirePrices } from "./skills/prices.ts";

/** What the audit log tells of an agent. */
const telling: CompleteTelling<Agent, "id" | "hasGrants" | "createdAt" | "updatedAt"> = {
  name: ["name", asIs],
  description: ["description", asIs],
  url: ["url", asUrl],
  version: ["version", asIs],
  skills: ["skills", asIs],
  tags: ["tags", asIs],
  webhookUrl: ["webhook_url", asReceiver],
  pricePerTask: ["price_per_task", asMoney],
  prices: ["prices", (prices: Agent["prices"]) => asIs(toWirePrices(prices))],
  slug: ["slug", asIs],
  orgId: ["org_id", asIs],
  keyHash: ["agent_api_key", asHashed],
  deployed: ["deployed", asIs],
  timeoutMs: ["timeout_ms", asIs],
  protocol: ["protocol", asIs],
  protocolSetting: ["protocol_setting", asIs],
  visibility: ["visibility", asIs],
  approval: ["approval", ({ state, reason, change }: Agent["approval"]) => ({ state, reason, change })],
};

/** What is not in the agent's record, but changed with it. */
export interface AlongsideAgent {
  /** The documents of its card. */
  card?: { before: string | undefined; after: string | undefined } | undefined;
  /** The secret of a `webhook_url` that is new. */
  webhookSecret?: string | undefined;
  /** The agent as it was and is to be when what waits is approved. */
  proposed?: { before: Agent; after: Agent } | undefined;
}

export function agentChange(
  deed: "registered" | "changed" | "approved" | "rejected" | "suspended" | "resumed" | "deleted",
  before: Agent | undefined,
  after: Agent | undefined,
  { card, webhookSecret, proposed }: AlongsideAgent = {},
): AuditedChange {
  const { id, name, orgId } = (after ?? before)!;
  const own = changesBetween(telling, before, after);
  const waits = proposed ? changesBetween(telling, proposed.before, proposed.after) : [];
  return {
    action: `agent.${deed}`,
    orgId,
    target: { kind: "agent", id, name },
    changes: [
      ...own,
      ...(card ? documentChange("card", card.before, card.after) : []),
      ...(webhookSecret === undefined
        ? []
        : [{ field: "webhook_secret", before: null, after: asSecret(webhookSecret) }]),
      // What took effect is told already.
      ...waits
        .filter(({ field }) => field !== "approval" && !own.some((change) => change.field === field))
        .map((change) => ({ ...change, field: `pending.${change.field}` })),
    ],
  };
}

/** A document is told by its digest: what is in it has a place of its own. */
function documentChange(field: string, before: string | undefined, after: string | undefined): FieldChange[] {
  const [from, to] = [before, after].map((text) => (text === undefined ? null : { sha256: hashKey(text) }));
  return before === after ? [] : [{ field, before: from!, after: to! }];
}

const grantTelling: CompleteTelling<Grant, "agentId" | "createdAt" | "updatedAt"> = {
  orgId: ["org_id", asIs],
  mayCall: ["may_call", asIs],
  price: ["price", asMoney],
  expiresAt: ["expires_at", asTime],
};

/** What an agent's owner grants an organization changes; undefined for nothing. */
export const grantChange = (
  agent: Pick<Agent, "id" | "name" | "orgId">,
  before: Grant | undefined,
  after: Grant | undefined,
): AuditedChange => ({
  action: after ? "agent_grant.set" : "agent_grant.deleted",
  orgId: agent.orgId,
  target: { kind: "agent", id: agent.id, name: agent.name },
  changes: grantFields(before, after),
});

/** Whom it is about is told in any case. */
function grantFields(before: Grant | undefined, after: Grant | undefined): FieldChange[] {
  const changes = changesBetween(grantTelling, before, after);
  if (changes.length === 0 || !before || !after) return changes;
  return [{ field: "org_id", before: before.orgId, after: after.orgId }, ...changes];
}

/** Whatever it is made of. */
type Credential = { readonly type: string };

/** What the gateway shows an agent changes; undefined for nothing. */
export const credentialChange = (
  agent: Pick<Agent, "id" | "name" | "orgId">,
  before: Credential | undefined,
  after: Credential | undefined,
): AuditedChange => ({
  action: after ? "agent_credential.set" : "agent_credential.deleted",
  orgId: agent.orgId,
  target: { kind: "agent", id: agent.id, name: agent.name },
  changes: changesBetween(credentialTelling, before && flat(before), after && flat(after)),
});

const flat = (credential: Credential) => ({ type: credential.type, secret: JSON.stringify(credential) });
const credentialTelling: CompleteTelling<ReturnType<typeof flat>, never> = {
  type: ["type", asIs],
  secret: ["credential", asSecret],
};
