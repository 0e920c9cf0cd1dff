import type { AgentGateClient, ApiKeys } from "@agentgate/client";
import type { ApiKey } from "@agentgate/protocol";
import { CliError } from "./cli-error.ts";
import { isId } from "./find-agent.ts";
import { findOrgId, ME } from "./find-org.ts";

/** Whose keys a command is about. */
export interface KeyHolder {
  org?: string;
  admin?: boolean;
}

/** The organization of the key in use, unless another or the admin is named. */
export async function keysOf(client: AgentGateClient, { org, admin }: KeyHolder): Promise<ApiKeys> {
  if (admin) return client.keysOf(null);
  if (org !== undefined && org !== ME) return client.keysOf(await findOrgId(client, org));
  const { org_id } = await client.me();
  if (org_id !== null) return client.keysOf(org_id);
  throw new CliError("org_not_found", "The admin key belongs to no organization", {
    hint: "Name one with --org, or give --admin for the admin's own further keys",
    exitCode: 2,
  });
}

/** A key by its id, or by a name that only one has. */
export async function findKey(keys: ApiKeys, given: string): Promise<ApiKey> {
  if (isId(given)) return keys.get(given);
  const named = (await keys.list()).filter(({ name, role }) => role === "named" && name === given);
  if (named.length === 1) return named[0]!;
  throw named.length === 0
    ? new CliError("key_not_found", `There is no key "${given}"`, { hint: "`agentgate keys list` shows them" })
    : new CliError("key_ambiguous", `${named.length} keys are called "${given}"`, {
        hint: `Name it by its id: ${named.map(({ id }) => id).join(", ")}`,
      });
}
