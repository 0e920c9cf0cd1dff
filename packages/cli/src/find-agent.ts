import { type AgentGateClient, GatewayError } from "@agentgate/client";
import { CliError } from "./cli-error.ts";

const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

export const isId = (text: string): boolean => UUID.test(text);

/** The id of an agent that was named by its id, or by its name when only one has it. */
export async function findAgentId(client: AgentGateClient, given: string): Promise<string> {
  if (isId(given)) return given;
  const found = await client.getAgentsByName(given).catch((error: unknown) => {
    if (GatewayError.isInstance(error) && error.status === 404) return [];
    throw error;
  });
  const [only, ...others] = found;
  if (!only) {
    throw new CliError("agent_not_found", `There is no agent "${given}"`, { hint: "`agentgate list` shows them" });
  }
  if (others.length > 0) {
    const ids = found.map(({ id, version }) => `${id}  (version ${version})`);
    throw new CliError("agent_ambiguous", [`${found.length} agents are called "${given}":`, ...ids].join("\n"), {
      hint: "Name the one you mean by its id",
    });
  }
  return only.id;
}
