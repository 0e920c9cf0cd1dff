import { type AgentGateClient, GatewayError } from "@agentgate/client";
import type { Agent, Chain, Org, WebhookEndpoint } from "@agentgate/protocol";
import type { Kind } from "./gateway-file.ts";

/** What a gateway has now, as far as the key sees it. */
export interface CurrentState {
  /** The organization whose key is used; undefined for the admin. */
  own: Org | undefined;
  orgs: Org[];
  agents: Agent[];
  /** Endpoints of organizations; an agent's `webhook_url` belongs to the agent. */
  webhooks: WebhookEndpoint[];
  chains: Chain[];
}

/** Reads it, all of it. @param needed agents and chains are read in any case: each may refer to the other */
export async function readState(client: AgentGateClient, needed: readonly Kind[]): Promise<CurrentState> {
  const own = await client.getMyOrg().catch((error: unknown) => {
    // The admin's key belongs to none.
    if (GatewayError.isInstance(error) && error.status === 404) return undefined;
    throw error;
  });
  return {
    own,
    orgs: own ? [own] : await client.listOrgs(),
    agents: await proposed(client, own ? await client.listOrgAgents(own.id) : await client.listAgents()),
    webhooks: needed.includes("webhooks")
      ? (await client.listWebhookEndpoints()).filter(({ agent_id }) => agent_id === null)
      : [],
    chains: await client.listChains(),
  };
}

/**
 * Agents as they are to be: what was sent in and waits for approval is not sent in again. An MCP server tells its terms where it is answered
 * by itself.
 */
const proposed = (client: AgentGateClient, agents: readonly Agent[]): Promise<Agent[]> =>
  Promise.all(
    agents.map(async (agent) => {
      const isPending = agent.approval?.change === "pending";
      if (!isPending && agent.protocol !== "mcp") return agent;
      const { pending, tools, trust, session } = await client.getAgent(agent.id);
      if (agent.protocol === "mcp") Object.assign(agent, { tools, trust, session });
      const changes = (isPending ? (pending?.changes ?? []) : []).filter(({ field }) => Object.hasOwn(agent, field));
      return { ...agent, ...Object.fromEntries(changes.map(({ field, after }) => [field, after])) };
    }),
  );
