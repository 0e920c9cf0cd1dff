import { type AgentFields, type AgentGateClient, GatewayError } from "@agentgate/client";
import type { Agent } from "@agentgate/protocol";
import type { CardSource } from "../agent-file/read-card.ts";
import { CliError } from "../cli-error.ts";

/** What the gateway takes where neither file nor card says one. */
const FIRST_VERSION = "1.0.0";

/** @throws {@link CliError} when its owner has an agent of this name and version already */
export async function demandNew(
  client: AgentGateClient,
  owner: string | null,
  fields: AgentFields,
  card: CardSource | undefined,
  path: string,
): Promise<void> {
  const named = await nameOf(client, fields, card);
  const same = named && (await findSame(client, owner, named));
  if (!same) return;
  const { name, version, id } = same;
  throw new CliError("agent_exists", `${name} ${version} is registered already (${id})`, {
    hint: [
      `Change it: agentgate update ${id} --file ${path}`,
      `Or raise the version first: agentgate bump patch ${path}`,
      "Or register another one beside it: --new",
    ].join("\n  "),
  });
}

export interface NameAndVersion {
  name: string;
  version: string;
}

/** The agent of this name and version that an owner has. */
export async function findSame(
  client: AgentGateClient,
  owner: string | null,
  { name, version }: NameAndVersion,
): Promise<Agent | undefined> {
  const found = await client.getAgentsByName(name, { version, orgId: owner ?? undefined }).catch((error: unknown) => {
    if (GatewayError.isInstance(error) && error.status === 404) return [];
    throw error;
  });
  return found.find(({ org_id }) => org_id === owner);
}

/** What an agent will be called; undefined where only its registration tells. */
export async function nameOf(
  client: AgentGateClient,
  { name, version, url }: AgentFields,
  card: CardSource | undefined,
): Promise<NameAndVersion | undefined> {
  if (name !== undefined && (version !== undefined || card === undefined)) {
    return { name, version: version ?? FIRST_VERSION };
  }
  const place = card === undefined ? url : card;
  const said = typeof place === "string" ? await client.previewAgent(place).catch(() => undefined) : place;
  const found = { name: name ?? said?.name, version: version ?? said?.version };
  return typeof found.name === "string" && typeof found.version === "string" ? (found as NameAndVersion) : undefined;
}
