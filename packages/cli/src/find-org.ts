import { type AgentGateClient, GatewayError } from "@agentgate/client";
import type { Org } from "@agentgate/protocol";
import { CliError } from "./cli-error.ts";
import { isId } from "./find-agent.ts";

/** What an `<org>` argument may be, for the help of commands. */
export const ORG_ARGUMENT = "its id, or its name; me is the one whose key is used";

/** How a command names the organization of its own key. */
export const ME = "me";

/**
 * The id of an organization that was named by its id, by its name, or as `me`: the one whose key it is. The admin, who is none,
 * names any.
 */
export async function findOrgId(client: AgentGateClient, given: string): Promise<string> {
  if (isId(given)) return given;
  const own = await client.getMyOrg().catch((error: unknown) => {
    if (GatewayError.isInstance(error) && error.status === 404) return undefined;
    throw error;
  });
  if (own && (given === ME || given === own.name)) return own.id;
  if (own) {
    throw new CliError("org_not_found", `"${given}" is not the organization of this key, which is ${own.name}`, {
      hint: "Another one is named by its id, and opened by its own key or the admin's",
    });
  }
  const org = (await listAllOrgs(client)).find(({ name }) => name === given);
  if (org) return org.id;
  throw given === ME
    ? new CliError("org_not_found", "The admin key belongs to no organization", {
        hint: "Name one in its place; `agentgate org list` shows them",
      })
    : new CliError("org_not_found", `There is no organization "${given}"`, { hint: "`agentgate org list` shows them" });
}

const PAGE = 1000;

/** Every organization, newest first. */
export async function listAllOrgs(client: AgentGateClient): Promise<Org[]> {
  const all: Org[] = [];
  for (;;) {
    const page = await client.listOrgs({ limit: PAGE, offset: all.length });
    all.push(...page);
    if (page.length !== PAGE) return all;
  }
}
