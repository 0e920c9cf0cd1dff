import type { AgentGateClient } from "@agentgate/client";
import type { Chain } from "@agentgate/protocol";
import { CliError } from "./cli-error.ts";
import { isId } from "./find-agent.ts";

/** A chain that was named by its id, or by its name when only one of those that the key sees has it. */
export async function findChain(client: AgentGateClient, given: string): Promise<Chain> {
  if (isId(given)) return client.getChain(given);
  const found = (await client.listChains()).filter(({ name }) => name === given);
  const [only, ...others] = found;
  if (!only) {
    throw new CliError("chain_not_found", `There is no chain "${given}"`, {
      hint: "`agentgate chains list` shows them",
    });
  }
  if (others.length === 0) return only;
  const ids = found.map(({ id, org_id }) => `${id}  (${org_id === null ? "the admin's" : `organization ${org_id}`})`);
  throw new CliError("chain_ambiguous", [`${found.length} chains are called "${given}":`, ...ids].join("\n"), {
    hint: "Name the one you mean by its id",
  });
}
