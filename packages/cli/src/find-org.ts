import { type AgentGateClient, GatewayError } from "@agentgate/client";
import { CliError } from "./cli-error.ts";
import { isId } from "./find-agent.ts";

/** The id of an organization that was named by its id, or by its name with the admin key. */
export async function findOrgId(client: AgentGateClient, given: string): Promise<string> {
  if (isId(given)) return given;
  const orgs = await client.listOrgs().catch((error: unknown) => {
    if (GatewayError.isInstance(error) && error.status === 401) return undefined;
    throw error;
  });
  if (!orgs) {
    throw new CliError("org_not_found", `"${given}" is not the id of an organization`, {
      hint: "Without the admin key organizations are named by their id",
    });
  }
  const org = orgs.find(({ name }) => name === given);
  if (!org) throw new CliError("org_not_found", `There is no organization "${given}"`);
  return org.id;
}
