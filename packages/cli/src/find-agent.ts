import { type AgentGateClient, GatewayError } from "@agentgate/client";
import type { Agent } from "@agentgate/protocol";
import { CliError } from "./cli-error.ts";

const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

export const isId = (text: string): boolean => UUID.test(text);

/** What an `<agent>` argument may be, for the help of commands. */
export const AGENT_ARGUMENT = "the agent's id, or its name";

/** The id of an agent that was named by its id, or by its name when only one has it. */
export async function findAgentId(client: AgentGateClient, given: string): Promise<string> {
  return isId(given) ? given : (await agentOfName(client, given)).id;
}

/** The agent that was named by its id, or by its name when only one has it. */
export async function findAgent(client: AgentGateClient, given: string): Promise<Agent> {
  return isId(given) ? client.getAgent(given) : agentOfName(client, given);
}

async function agentOfName(client: AgentGateClient, given: string): Promise<Agent> {
  const found = await client.getAgentsByName(given).catch((error: unknown) => {
    if (GatewayError.isInstance(error) && error.status === 404) return [];
    throw error;
  });
  const [only, ...others] = found;
  if (!only) throw await notFound(client, given);
  if (others.length > 0) {
    const ids = found.map(({ id, version }) => `${id}  (version ${version})`);
    throw new CliError("agent_ambiguous", [`${found.length} agents are called "${given}":`, ...ids].join("\n"), {
      hint: "Name the one you mean by its id",
    });
  }
  return only;
}

/** Agents whose names are looked at for one that was meant. */
const LOOKED_AT = 200;

async function notFound(client: AgentGateClient, given: string): Promise<CliError> {
  const [{ nearest }, names] = await Promise.all([import("@agentgate/protocol"), namesOf(client)]);
  const close = nearest(given, names);
  return new CliError("agent_not_found", `There is no agent "${given}"`, {
    hint: `${close === undefined ? "" : `Did you mean "${close}"? `}\`agentgate list\` shows them`,
  });
}

async function namesOf(client: AgentGateClient): Promise<string[]> {
  try {
    return [...new Set((await client.listAgents({ limit: LOOKED_AT })).map(({ name }) => name))];
  } catch {
    return [];
  }
}
