import {
  type AuditedChange,
  asIs,
  asReceiver,
  asSecret,
  type CompleteTelling,
  changesBetween,
} from "../audit/index.ts";
import type { Endpoint } from "./endpoint.ts";

/** What the audit log tells of an endpoint: of its secrets the one that is the newest. */
const telling: CompleteTelling<
  Endpoint,
  "id" | "orgId" | "agentId" | "receiver" | "failingSince" | "createdAt" | "updatedAt"
> = {
  url: ["url", asReceiver],
  events: ["events", asIs],
  description: ["description", asIs],
  disabledReason: ["disabled_reason", asIs],
  secrets: ["secret", (secrets: Endpoint["secrets"]) => asSecret(secrets[0]?.secret)],
};

export type EndpointDeed = "created" | "changed" | "secret_rotated" | "disabled" | "deleted";

export function endpointChange(
  deed: EndpointDeed,
  before: Endpoint | undefined,
  after: Endpoint | undefined,
): AuditedChange {
  const { id, orgId, agentId } = (after ?? before)!;
  return {
    action: `webhook_endpoint.${deed}`,
    orgId,
    target: { kind: "webhook_endpoint", id, name: agentId === null ? null : `webhook_url of agent ${agentId}` },
    changes: changesBetween(telling, before, after),
  };
}
