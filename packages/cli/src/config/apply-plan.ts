import type { AgentGateClient } from "@agentgate/client";
import type { Agent } from "@agentgate/protocol";
import { CliError } from "../cli-error.ts";
import { isId } from "../find-agent.ts";
import type { CurrentState } from "./current-state.ts";
import { type Kind, nouns, type SecretReference } from "./gateway-file.ts";
import type { Change, Plan } from "./plan.ts";

/** What was done. */
export interface Done {
  action: "created" | "changed" | "deleted";
  kind: Kind;
  name: string;
  id: string;
  /** What the gateway shows this once: an organization's key, a webhook's secret. */
  secret?: string | undefined;
  /** What waits for approval: an agent that was made, or the change of one. */
  waits?: "agent" | "change" | undefined;
}

/** The keys that the plan needs. @throws {@link CliError} naming the variables that are not set, before anything is done */
export function secretsOf({ changes }: Plan, environment: NodeJS.ProcessEnv): (reference: SecretReference) => string {
  const missing = changes
    .flatMap(({ fields }) => fields.map(({ after }) => after))
    .map((after) => (typeof after === "string" ? /^from (.+)$/.exec(after)?.[1] : undefined))
    .filter((name) => name !== undefined && !environment[name]);
  if (missing.length > 0) {
    throw new CliError(
      "secret_missing",
      `The file takes keys from ${[...new Set(missing)].join(", ")}, which is not set`,
      {
        exitCode: 2,
      },
    );
  }
  return ({ env }) => environment[env]!;
}

/**
 * Makes the gateway as the plan says, in one order: an organization before what it owns, an agent before the chains that name it, and what is
 * deleted last, a chain before its agents.
 * @param tell told of each step when it is done
 */
export async function applyPlan(
  client: AgentGateClient,
  plan: Plan,
  { state, secret, tell }: { state: CurrentState; secret(reference: SecretReference): string; tell(done: Done): void },
): Promise<void> {
  const orgIds = new Map(state.orgs.map(({ id, name }) => [name, id]));
  const orgIdOf = (org: string | undefined): string | undefined => (org === undefined ? undefined : orgIds.get(org));
  for (const change of plan.changes) {
    const { kind, name, current } = change;
    const made = await make(client, change, { plan, orgIdOf, secret });
    if (kind === "orgs") orgIds.set(change.entry.name, made.id);
    if (kind === "agents") plan.names.made(change.entry, made.id);
    tell({ action: current ? "changed" : "created", kind, name, ...made });
  }
  for (const { kind, name, id } of plan.deletions) {
    await remove(client, kind, id);
    tell({ action: "deleted", kind, name, id });
  }
}

interface Making {
  plan: Plan;
  orgIdOf(org: string | undefined): string | undefined;
  secret(reference: SecretReference): string;
}

async function make(
  client: AgentGateClient,
  change: Change,
  making: Making,
): Promise<Pick<Done, "id" | "secret" | "waits">> {
  const { plan, orgIdOf, secret } = making;
  const isSet = (field: string) => change.fields.some((one) => one.field === field);
  switch (change.kind) {
    case "orgs": {
      const { entry, current } = change;
      const { name, ...fields } = orgFields(change);
      if (current) return { id: (await client.updateOrg(current.id, { ...fields, name })).id };
      const apiKey = entry.api_key && secret(entry.api_key);
      const org = await client.createOrg(entry.name, { ...fields, apiKey });
      return { id: org.id, secret: org.api_key };
    }
    case "agents": {
      const { entry, current } = change;
      const said = pick(change, {
        ...{ name: "name", url: "url", description: "description", version: "version", skills: "skills", tags: "tags" },
        ...{ price_per_task: "pricePerTask", webhook_url: "webhookUrl", timeout_ms: "timeoutMs", protocol: "protocol" },
        ...{ visibility: "visibility", prices: "prices" },
        ...{ tools: "tools", trust: "trust", session: "session" },
      });
      const fields = { ...said, ...(isSet("key") && { agentApiKey: secret(entry.agent_api_key!) }) };
      const agent = current
        ? await client.updateAgent(current.id, fields)
        : await client.registerAgent(entry.name, entry.url, { ...fields, orgId: orgIdOf(entry.org) });
      return { id: agent.id, secret: agent.webhook_secret, waits: waitingOf(agent) };
    }
    case "webhooks": {
      const { entry, current } = change;
      const fields = pick(change, { url: "url", events: "events", description: "description" });
      if (current) return { id: (await client.updateWebhookEndpoint(current.id, fields)).id };
      const made = await client.createWebhookEndpoint(entry.url, { ...fields, orgId: orgIdOf(entry.org) });
      return { id: made.id, secret: made.secret };
    }
    case "chains": {
      const { entry, current } = change;
      const owner = entry.org ?? plan.names.own;
      const steps = entry.steps.map(({ agent, input_template, skill, agent_api_key }, index) => ({
        agentId: plan.names.find(agent, owner)[0]?.id ?? demandId(agent),
        inputTemplate: input_template ?? null,
        skill: skill ?? null,
        ...(isSet(`steps.${index + 1}.agent_api_key`) && { agentApiKey: secret(agent_api_key!) }),
      }));
      const { name, description } = entry;
      const chain = current
        ? await client.updateChain(current.id, { name, description, steps })
        : await client.createChain(name, steps, { description, orgId: orgIdOf(entry.org) });
      return { id: chain.id };
    }
  }
}

const orgFields = (change: Change): { name?: string } & Record<string, unknown> =>
  pick(change, {
    ...{ name: "name", tier: "tier", cost_per_invocation: "costPerInvocation", rate_limit: "rateLimit" },
    ...{ billing_alert_threshold: "billingAlertThreshold", wallet_low_threshold: "walletLowThreshold" },
    rate_burst: "rateBurst",
  });

/** The fields that change, as the client calls them. */
function pick({ fields }: Change, names: Record<string, string>): Record<string, never> {
  const changed = fields.filter(({ field }) => Object.hasOwn(names, field));
  return Object.fromEntries(changed.map(({ field, after }) => [names[field]!, after as never]));
}

function demandId(agent: string): string {
  if (isId(agent)) return agent;
  throw new CliError("agent_not_found", `There is no agent "${agent}"`);
}

function remove(client: AgentGateClient, kind: Kind, id: string): Promise<void> {
  switch (kind) {
    case "orgs":
      return client.deleteOrg(id);
    case "agents":
      return client.deleteAgent(id);
    case "webhooks":
      return client.deleteWebhookEndpoint(id);
    case "chains":
      return client.deleteChain(id);
  }
}

const waitingOf = ({ approval }: Agent): Done["waits"] =>
  approval?.state === "pending" ? "agent" : approval?.change === "pending" ? "change" : undefined;

/** `org acme`, for people. */
export const spokenOf = ({ kind, name }: { kind: Kind; name: string }): string => `${nouns[kind]} ${name}`;
