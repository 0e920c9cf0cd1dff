import type { Agent, Chain, Org, WebhookEndpoint } from "@agentgate/protocol";
import { serverTerms } from "../agent-file/server-terms.ts";
import { CliError } from "../cli-error.ts";
import { isId } from "../find-agent.ts";
import { AgentNames } from "./agent-names.ts";
import type { CurrentState } from "./current-state.ts";
import {
  type AgentEntry,
  type ChainEntry,
  type GatewayFile,
  type Kind,
  kinds,
  nouns,
  type OrgEntry,
  type SecretReference,
  type WebhookEntry,
} from "./gateway-file.ts";
import { matcher } from "./match.ts";

/** A field that is not as the file says. */
export interface FieldChange {
  field: string;
  /** Undefined of what is made. */
  before?: unknown;
  after: unknown;
}

interface Step<K extends Kind, Entry, Record> {
  kind: K;
  /** `acme/translator` */
  name: string;
  fields: FieldChange[];
  entry: Entry;
  /** What there is; undefined of what is to be made. */
  current?: Record | undefined;
}

export type Change =
  | Step<"orgs", OrgEntry, Org>
  | Step<"agents", AgentEntry, Agent>
  | Step<"webhooks", WebhookEntry, WebhookEndpoint>
  | Step<"chains", ChainEntry, Chain>;

/** What is in the gateway and not in the file. */
export interface Deletion {
  kind: Kind;
  name: string;
  id: string;
}

export interface Plan {
  /** In the order in which they are made. */
  changes: Change[];
  /** In the order in which they are made, after the changes. */
  deletions: Deletion[];
  /** What would be deleted, and is not, with the reason. */
  kept: (Deletion & { reason: string })[];
  unchanged: number;
  names: AgentNames;
}

export interface PlanOptions {
  /** Deletes what is in the gateway and not in the file, of the kinds that the file has. */
  prune: boolean;
  /** Sends the keys that the file refers to also where one is kept already, of which nobody can say whether it is the same. */
  updateSecrets: boolean;
}

/**
 * What has to be done so that the gateway is as the file says.
 * @throws {@link CliError} when the file names what there is not, or what there is several times
 */
export function planOf(file: GatewayFile, state: CurrentState, { prune, updateSecrets }: PlanOptions): Plan {
  const problems: string[] = [];
  const orgNameOf = (id: string | null) => (id === null ? "" : (state.orgs.find((org) => org.id === id)?.name ?? id));
  // Said in whatever way, an entry's owner is the name of an organization, or nobody.
  const ownerOf = ({ org }: { org?: string }) => org ?? state.own?.name ?? "";
  const named = (owner: string, name: string) =>
    owner === "" || owner === state.own?.name ? name : `${owner}/${name}`;
  const plan: Plan = {
    changes: [],
    deletions: [],
    kept: [],
    unchanged: 0,
    names: new AgentNames(state.own?.name ?? ""),
  };
  const match = matcher(problems);

  const orgs = match(nouns.orgs, file.orgs ?? [], state.orgs, {
    entry: ({ name }) => [name],
    record: ({ name }) => [name],
  });
  for (const [entry, current] of orgs.pairs) {
    if (!current && state.own)
      problems.push(`orgs: only the admin creates organizations, and there is no "${entry.name}" for this key`);
    const fields = differences(entry, current, ORG_FIELDS, current ? undefined : entry.api_key);
    if (current && updateSecrets && entry.api_key)
      problems.push(`orgs: the key of "${entry.name}" is changed by \`agentgate org rotate-key\` alone`);
    add({ kind: "orgs", name: entry.name, fields, entry, current });
  }
  const orgNames = new Set([...state.orgs.map(({ name }) => name), ...(file.orgs ?? []).map(({ name }) => name), ""]);
  const demandOrg = (what: string, entry: { org?: string }, current: { org_id: string | null } | undefined) => {
    const owner = ownerOf(entry);
    if (!orgNames.has(owner)) problems.push(`${what}: there is no organization "${owner}"`);
    else if (current && orgNameOf(current.org_id) !== owner) problems.push(`${what}: its owner cannot be changed`);
  };

  const managed = state.agents.filter(({ deployed }) => !deployed);
  const agents = match(nouns.agents, file.agents ?? [], managed, {
    entry: (entry) => [ownerOf(entry), entry.name, entry.version ?? ""],
    record: ({ org_id, name, version }) => [orgNameOf(org_id), name, version],
  });
  for (const [entry, current] of agents.pairs) {
    const name = named(ownerOf(entry), entry.name);
    demandOrg(`agent ${name}`, entry, current);
    plan.names.add({ org: ownerOf(entry), name: entry.name, id: current?.id, entry });
    const seen = current && {
      ...{ ...current, protocol: current.protocol_setting, webhook_url: current.webhook_url ?? "" },
      tools: current.tools?.include ? includedTools(current.tools.include) : undefined,
    };
    const wanted = { ...entry, ...(entry.tools && { tools: includedTools(entry.tools.include) }) };
    const term = serverTerms.find((field) => entry[field] !== undefined);
    if (term && (entry.protocol ?? current?.protocol) !== "mcp")
      problems.push(`agent ${name}: ${term} is said of MCP servers alone; say mcp: in place of url: for one`);
    const isKept = current?.requires_key === true && !updateSecrets;
    add({
      kind: "agents",
      name,
      fields: differences(wanted, seen, AGENT_FIELDS, isKept ? undefined : entry.agent_api_key),
      entry,
      current,
    });
  }

  const webhooks = match(nouns.webhooks, file.webhooks ?? [], state.webhooks, {
    entry: (entry) => [ownerOf(entry), entry.url],
    record: ({ org_id, url }) => [orgNameOf(org_id), url],
  });
  for (const [entry, current] of webhooks.pairs) {
    const name = named(ownerOf(entry), entry.url);
    demandOrg(`webhook ${name}`, entry, current);
    const sorted = (value: string[] | undefined) => value && [...value].sort();
    const wanted = { ...entry, ...(entry.events && { events: sorted(entry.events) }) };
    const seen = current && { ...current, events: sorted(current.events) };
    add({ kind: "webhooks", name, fields: differences(wanted, seen, WEBHOOK_FIELDS), entry, current });
  }

  const chains = match(nouns.chains, file.chains ?? [], state.chains, {
    entry: (entry) => [ownerOf(entry), entry.name],
    record: ({ org_id, name }) => [orgNameOf(org_id), name],
  });
  const isPruned = (kind: Kind) => prune && file[kind] !== undefined;
  const keptChains = isPruned("chains") ? [] : chains.left;
  const inUse = new Set(keptChains.flatMap(({ steps }) => steps.map(({ agent_id }) => agent_id)));
  for (const agent of state.agents) {
    if (agents.pairs.some(([, current]) => current?.id === agent.id)) continue;
    // One that goes is not there any more for the chains of the file.
    if (isPruned("agents") && !agent.deployed && !inUse.has(agent.id)) continue;
    plan.names.add({ org: orgNameOf(agent.org_id), name: agent.name, id: agent.id });
  }
  for (const [entry, current] of chains.pairs) {
    const name = named(ownerOf(entry), entry.name);
    demandOrg(`chain ${name}`, entry, current);
    const wanted = { ...entry, steps: entry.steps.map((step, index) => wantedStep(step, index, entry)) };
    const seen = current && {
      ...current,
      steps: current.steps.map(({ agent_id, input_template, skill }) => ({ agent: agent_id, input_template, skill })),
    };
    const fields = differences(wanted, seen, CHAIN_FIELDS);
    const isLocked = (index: number) => current?.steps[index]?.has_agent_api_key === true && !updateSecrets;
    for (const [index, { agent_api_key }] of entry.steps.entries()) {
      if (agent_api_key && !isLocked(index))
        fields.push(secretChange(`steps.${index + 1}.agent_api_key`, agent_api_key));
    }
    add({ kind: "chains", name, fields, entry, current });
  }

  function wantedStep({ agent, input_template, skill }: ChainEntry["steps"][number], index: number, entry: ChainEntry) {
    const what = `chain ${entry.name}, step ${index + 1}`;
    const found = plan.names.find(agent, ownerOf(entry));
    if (found.length > 1)
      problems.push(`${what}: several agents are called "${agent}"; name it ORGANIZATION/NAME or by its id`);
    // Of an id nothing is asked: it may be one that this key does not see.
    if (found.length === 0 && !isId(agent)) problems.push(`${what}: there is no agent "${agent}"`);
    return { agent: found[0]?.id ?? agent, input_template: input_template ?? null, skill: skill ?? null };
  }

  function add(change: Change): void {
    if (change.current && change.fields.length === 0) plan.unchanged++;
    else plan.changes.push(change);
  }

  if (problems.length > 0) throw new CliError("gateway_file_invalid", problems.join("\n"));
  const left: Record<Kind, { id: string; name: string }[]> = {
    orgs: orgs.left,
    agents: agents.left.map(({ id, org_id, name }) => ({ id, name: named(orgNameOf(org_id), name) })),
    webhooks: webhooks.left.map(({ id, org_id, url }) => ({ id, name: named(orgNameOf(org_id), url) })),
    chains: chains.left.map(({ id, org_id, name }) => ({ id, name: named(orgNameOf(org_id), name) })),
  };
  for (const kind of kinds.toReversed().filter(isPruned)) {
    for (const { id, name } of left[kind]) {
      const reason = kind === "agents" && inUse.has(id) ? "a chain that stays has it among its steps" : undefined;
      if (reason) plan.kept.push({ kind, id, name, reason });
      else plan.deletions.push({ kind, id, name });
    }
  }
  return plan;
}

const ORG_FIELDS = [
  ...(["name", "tier", "cost_per_invocation", "billing_alert_threshold"] as const),
  ...(["wallet_low_threshold", "rate_limit", "rate_burst"] as const),
];
const AGENT_FIELDS = [
  ...(["name", "url", "description", "version", "skills", "tags"] as const),
  ...(["price_per_task", "prices", "webhook_url", "timeout_ms", "protocol", "visibility"] as const),
  ...serverTerms,
];
const WEBHOOK_FIELDS = ["url", "events", "description"] as const;
const CHAIN_FIELDS = ["name", "description", "steps"] as const;

/** A set of tools, in one order. */
const includedTools = (names: readonly string[]) => ({ include: [...new Set(names)].sort() });

/** Of the fields that the file says, those that are not so. */
function differences(
  entry: object,
  current: object | undefined,
  fields: readonly string[],
  secret?: SecretReference,
): FieldChange[] {
  const changes: FieldChange[] = [];
  for (const field of fields) {
    const after = (entry as Record<string, unknown>)[field];
    if (after === undefined) continue;
    const before = (current as Record<string, unknown> | undefined)?.[field];
    if (!current) changes.push({ field, after });
    else if (canonical(before) !== canonical(after)) changes.push({ field, before, after });
  }
  if (secret) changes.push(secretChange("key", secret));
  return changes;
}

const secretChange = (field: string, { env }: SecretReference): FieldChange => ({ field, after: `from ${env}` });

/** JSON in which the order of members does not count. */
const canonical = (value: unknown): string =>
  JSON.stringify(value ?? null, (_, part) =>
    typeof part === "object" && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
