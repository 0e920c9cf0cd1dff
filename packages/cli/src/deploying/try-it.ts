import type { AgentGateClient } from "@agentgate/client";
import type { Agent, Me } from "@agentgate/protocol";
import type { GlobalOptions } from "../global-options.ts";

/** Lines that can be pasted as they are, to call an agent that was registered just now: each works, or is left out. */
export async function tryItLines(
  client: AgentGateClient,
  { connection, server }: Pick<GlobalOptions, "connection" | "server">,
  { kind, org_id }: Me,
  agent: Agent,
): Promise<string[]> {
  const { id, price_per_task: price, requires_key, visibility = "public" } = agent;
  // Which arguments a tool takes is not known here.
  if (agent.protocol === "mcp" || agent.protocol === "site") return [];
  if (price > 0 && kind !== "admin" && !(org_id && (await canPay(client, org_id, price)))) return [];
  const where = connection.serverFrom === "option" ? ` --server ${server}` : "";
  // By its id: others may have its name, also as an earlier version of it.
  const call = `  agentgate call ${id} "Hello!"${where}`;
  const isOpen = price === 0 && !requires_key && visibility === "public";
  // What the shell does not know cannot be pasted.
  if (!isOpen && connection.keyFrom !== "environment") return [call];
  const key = isOpen ? "" : `-H "Authorization: Bearer $AGENTGATE_API_KEY" `;
  return [
    call,
    `  curl -s ${server}/agents/${id}/task ${key}-H 'Content-Type: application/json' \\`,
    `    -d '{"message":{"parts":[{"type":"text","text":"Hello!"}]}}'`,
  ];
}

const canPay = (client: AgentGateClient, orgId: string, price: number): Promise<boolean> =>
  client.getOrgWallet(orgId).then(
    ({ available }) => available >= price,
    () => false,
  );
