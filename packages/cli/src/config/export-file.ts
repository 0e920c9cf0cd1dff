import { type Agent, isTier, tierLimits } from "@agentgate/protocol";
import { stringify } from "yaml";
import type { serverTerms } from "../agent-file/server-terms.ts";
import { AgentNames } from "./agent-names.ts";
import type { CurrentState } from "./current-state.ts";
import {
  type AgentEntry,
  type ChainEntry,
  type GatewayFile,
  kinds,
  type OrgEntry,
  type WebhookEntry,
} from "./gateway-file.ts";

const HEAD = `# Written by \`agentgate export\`; \`agentgate apply -f FILE --dry-run\` shows what differs.
# Keys do not stand here: where one is needed, the file names the variable that holds it.
`;

/** The file that says what the gateway has; applied to the same gateway it changes nothing. */
export const exportText = (state: CurrentState): string => {
  const file = exportFile(state);
  const sections = kinds.map((kind) =>
    stringify({ [kind]: file[kind] }, { lineWidth: 0, aliasDuplicateObjects: false }),
  );
  return `${HEAD}version: 1\n\n${sections.join("\n")}`;
};

export function exportFile(state: CurrentState): Required<GatewayFile> {
  const { own } = state;
  const orgNames = new Map(state.orgs.map(({ id, name }) => [id, name]));
  const nameOf = (orgId: string | null) => (orgId === null ? "" : (orgNames.get(orgId) ?? orgId));
  const ownerOf = (orgId: string | null) => (orgId === null || orgId === own?.id ? {} : { org: nameOf(orgId) });
  const agents = state.agents.filter(({ deployed }) => !deployed);
  const names = new AgentNames(own?.name ?? "");
  for (const { id, org_id, name } of state.agents) names.add({ id, org: nameOf(org_id), name });
  const ambiguousAgents = repeated(agents, ({ org_id, name }) => `${org_id} ${name}`);
  const ambiguousChains = repeated(state.chains, ({ org_id, name }) => `${org_id} ${name}`);
  const ambiguousWebhooks = repeated(state.webhooks, ({ org_id, url }) => `${org_id} ${url}`);
  return {
    orgs: state.orgs.toReversed().map((org): OrgEntry => {
      const limits = isTier(org.tier) ? tierLimits[org.tier] : undefined;
      return {
        name: org.name,
        tier: org.tier,
        cost_per_invocation: org.cost_per_invocation,
        ...some({
          billing_alert_threshold: org.billing_alert_threshold,
          wallet_low_threshold: org.wallet_low_threshold,
        }),
        // What the tier gives anyhow need not be said: it moves with the tier.
        ...(org.rate_limit !== limits?.rate_limit && { rate_limit: org.rate_limit }),
        ...(org.rate_burst !== limits?.rate_burst && { rate_burst: org.rate_burst }),
      };
    }),
    agents: agents.toReversed().map(
      (agent): AgentEntry => ({
        ...idIf(ambiguousAgents, agent),
        name: agent.name,
        ...ownerOf(agent.org_id),
        ...placeOf(agent),
        description: agent.description,
        version: agent.version,
        ...(!isRead(agent) && { skills: agent.skills }),
        tags: agent.tags,
        price_per_task: agent.price_per_task,
        ...some({ prices: agent.prices }),
        ...termsOf(agent),
        ...some({ webhook_url: agent.webhook_url, timeout_ms: agent.timeout_ms }),
        ...(agent.visibility !== undefined && agent.visibility !== "public" && { visibility: agent.visibility }),
        ...(agent.requires_key && { agent_api_key: { env: variable("AGENT_KEY", agent.name) } }),
      }),
    ),
    webhooks: state.webhooks.toReversed().map(
      (webhook): WebhookEntry => ({
        ...idIf(ambiguousWebhooks, webhook),
        url: webhook.url,
        ...ownerOf(webhook.org_id),
        events: webhook.events,
        description: webhook.description,
      }),
    ),
    chains: state.chains.toReversed().map(
      (chain): ChainEntry => ({
        ...idIf(ambiguousChains, chain),
        name: chain.name,
        ...ownerOf(chain.org_id),
        description: chain.description,
        steps: chain.steps.map(({ agent_id, input_template, skill, has_agent_api_key }) => {
          const agent = names.callIt(agent_id, nameOf(chain.org_id));
          return {
            agent,
            ...some({ input_template, skill }),
            ...(has_agent_api_key && { agent_api_key: { env: variable("AGENT_KEY", agent) } }),
          };
        }),
      }),
    ),
  };
}

/** What it can do is read where it is, and not said. */
const isRead = ({ protocol }: Agent): boolean => protocol === "site" || protocol === "mcp";

/** Where an agent is and what was said that it speaks, as a file says it: `site: https://myshop.com`. */
const placeOf = ({ url, protocol_setting: protocol }: Agent): Pick<AgentEntry, "url"> =>
  protocol === "site" || protocol === "mcp" ? ({ [protocol]: url } as never) : { url, ...some({ protocol }) };

/** What was said of an MCP server and is not so by itself. */
const termsOf = ({ tools, trust, session }: Agent): Pick<AgentEntry, (typeof serverTerms)[number]> => ({
  ...(tools?.include && { tools: { include: tools.include } }),
  ...(trust === "auto" && { trust }),
  ...(session === "shared" && { session }),
});

/** The fields that are set. */
const some = <T extends object>(fields: T): { [K in keyof T]?: NonNullable<T[K]> } =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value != null)) as never;

/** Names tell those apart that have one of their own. */
const idIf = <Record extends { id: string }>(ambiguous: ReadonlySet<Record>, record: Record) =>
  ambiguous.has(record) ? { id: record.id } : {};

function repeated<Record>(records: readonly Record[], nameOf: (record: Record) => string): Set<Record> {
  const groups = Map.groupBy(records, nameOf);
  return new Set([...groups.values()].filter((group) => group.length > 1).flat());
}

/** `AGENTGATE_AGENT_KEY_MY_AGENT`. */
const variable = (what: string, name: string): string =>
  `AGENTGATE_${what}_${
    name
      .toUpperCase()
      .replace(/[^A-Z0-9]+/g, "_")
      .replace(/^_+|_+$/g, "") || "1"
  }`;
