import { type AuditedChange, asIs, asSecret, type CompleteTelling, changesBetween } from "../audit/index.ts";
import type { Deployment } from "./store.ts";

/** What the audit log tells of a deployment. How it fares is not somebody's doing. */
const telling: CompleteTelling<
  Deployment,
  "agentId" | "owner" | "name" | "state" | "runningRelease" | "detail" | "containerId" | "restarts"
> = {
  release: ["release", asIs],
  runtime: ["runtime", asIs],
  node: ["node", asIs],
  nodeName: ["node_name", asIs],
};

export type Secrets = Readonly<Record<string, string | undefined>>;

const ofAgent = ({ agentId, owner, name }: Deployment) => ({
  orgId: owner || null,
  target: { kind: "deployment", id: agentId, name },
});

export const deploymentFields = (deployment: Deployment) => changesBetween(telling, undefined, deployment);

export const deploymentReplaced = (before: Deployment, after: Deployment): AuditedChange => ({
  ...ofAgent(after),
  action: "deployment.replaced",
  changes: changesBetween(telling, before, after),
});

/** @param secrets that were forgotten with it */
export const undeployed = (before: Deployment, secrets: Secrets): AuditedChange => ({
  ...ofAgent(before),
  action: "deployment.undeployed",
  changes: [{ field: "state", before: before.state, after: "undeployed" }, ...secretFields(secrets, {})],
});

export const secretsChanged = (deployment: Deployment, before: Secrets, after: Secrets): AuditedChange => ({
  ...ofAgent(deployment),
  action: "deployment.secrets_changed",
  changes: secretFields(before, after),
});

function secretFields(before: Secrets, after: Secrets) {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  return names
    .map((name) => ({ field: `secrets.${name}`, before: asSecret(before[name]), after: asSecret(after[name]) }))
    .filter((change) => change.before !== change.after);
}
