import { actions, demandOwn, type ListedAction, limitsOf, organization, orgOf } from "../../access/index.ts";
import { type Principal, Problem } from "../../http/index.ts";
import type { Range, Selection } from "./rollup-reader.ts";

/** Agents that one question may name. */
export const AGENTS_MAX = 50;
/** Seconds: what is older is not kept. */
const RANGE_MAX = 400n * 86_400n;

/** The agent, if this caller may do this to it. @throws Problem 404 or 403. */
export type ManagedAgent = (
  id: string,
  caller: Principal,
  action: ListedAction,
) => Promise<{ id: string; name: string }>;

export interface SelectionQuery {
  role: "owner" | "payer";
  org_id?: string | undefined;
  agent_id?: readonly string[] | undefined;
}

/**
 * The calls that this caller asks for and may know of: an organization's those of its own agents, or those that it pays for, and with a key
 * for some agents those of these alone.
 *
 * @throws Problem 403 for another organization or somebody else's agent, 404 for no such agent
 */
export async function selectionOf(
  { role, org_id, agent_id }: SelectionQuery,
  caller: Principal,
  managedAgent: ManagedAgent,
): Promise<Selection> {
  if (org_id !== undefined) demandOwn(caller, actions.readUsage, organization(org_id), "organization");
  const orgId = orgOf(caller) ?? org_id;
  const agentIds = withinKey(agent_id, caller);
  if (role === "payer") return { payerOrgId: orgId, agentIds };
  if (agentIds === undefined) return { orgId };
  const owned: string[] = [];
  for (const id of agentIds) {
    const isAsked = agent_id !== undefined;
    // Of the agents that a key is for, those that are its organization's are meant.
    const agent = await managedAgent(id, caller, actions.readUsage).catch((error) => {
      if (isAsked || !(error instanceof Problem)) throw error;
      return undefined;
    });
    if (agent) owned.push(agent.id);
  }
  return { orgId, agentIds: owned };
}

/** The agents asked for, as far as the key is for them; undefined for all. */
export function withinKey(asked: readonly string[] | undefined, caller: Principal): readonly string[] | undefined {
  const bounds = limitsOf(caller)?.agentIds;
  if (bounds === undefined) return asked;
  if (asked === undefined) return [...bounds];
  const beyond = asked.find((id) => !bounds.has(id));
  if (beyond !== undefined) {
    throw new Problem(403, `This API key is not for the agent ${beyond}`, { code: "agent_not_allowed" });
  }
  return asked;
}

/** @throws Problem 422 for a range that ends before it begins, or is too long */
export function demandRange(range: Range): Range {
  const finding = (msg: string) => new Problem(422, [{ type: "value_error", loc: ["query", "from"], msg }]);
  if (range.from >= range.to) throw finding("Must be before `to`");
  if (range.to - range.from > RANGE_MAX)
    throw finding("Must be at most 400 days before `to`: older calls are not kept");
  return range;
}
