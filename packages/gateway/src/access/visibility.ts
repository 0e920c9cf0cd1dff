import type { Principal } from "../http/index.ts";
import type { Owned } from "./may.ts";
import { known } from "./principals.ts";

/** Who sees an agent: everybody; its organization alone; its organization and those that it is granted to. The admin sees all. */
export const visibilities = ["public", "org", "granted"] as const;
export type Visibility = (typeof visibilities)[number];

/** What may be shown to some and not to others. */
export interface Shown extends Owned {
  readonly id: string;
  readonly visibility: Visibility;
  /** One that is not approved is its owner's and the admin's alone, whatever its visibility. */
  readonly approval: { readonly state: string };
}

/** What was granted to the caller's organization, and still is. */
export interface Granted {
  readonly mayCall: boolean;
}

/** What a caller may do with an agent: nothing, and then there is none; see it; call it as well. */
export type Sight = "none" | "seen" | "callable";

/** Whether everybody sees it, and may call it. */
export const isPublic = (agent: Pick<Shown, "visibility" | "approval">): boolean =>
  agent.visibility === "public" && isApproved(agent);

/** Whether those see it whom it is granted to, and not everybody. */
export const isGrantable = (agent: Pick<Shown, "visibility" | "approval">): boolean =>
  agent.visibility === "granted" && isApproved(agent);

const isApproved = ({ approval }: Pick<Shown, "approval">): boolean => approval.state === "approved";

/** What this caller may do with this agent. @param granted by its owner to the caller's organization, see {@link granteeOf} */
export function sightOf(caller: Principal | undefined, agent: Shown, granted: Granted | undefined): Sight {
  if (isPublic(agent)) return "callable";
  if (!caller) return "none";
  const { kind, orgId, key } = known(caller);
  // A key that was made for some agents sees no others that not everybody sees.
  if (key && (key.ended !== undefined || key.agentIds?.has(agent.id) === false)) return "none";
  if (kind === "admin" || (orgId !== undefined && orgId === agent.orgId)) return "callable";
  if (!isGrantable(agent) || !granted) return "none";
  return granted.mayCall ? "callable" : "seen";
}

/** The organization whose grants count for this caller; undefined for one whom nothing can be granted to. */
export function granteeOf(caller: Principal | undefined): string | undefined {
  if (!caller) return undefined;
  const { orgId, key } = known(caller);
  return key?.ended === undefined ? orgId : undefined;
}

/** Which agents a caller sees beside the public ones: the same rule for those who look through all of them. */
export interface Reach {
  /** None, all there are, or those of `orgId` and what is granted to it. */
  readonly hidden: "none" | "all" | "own";
  readonly orgId: string | undefined;
  /** Only among these; undefined for all. */
  readonly among: ReadonlySet<string> | undefined;
}

const NOBODY: Reach = { hidden: "none", orgId: undefined, among: undefined };

export function reachOf(caller: Principal | undefined): Reach {
  if (!caller) return NOBODY;
  const { kind, orgId, key } = known(caller);
  if (key?.ended !== undefined) return NOBODY;
  return { hidden: kind === "admin" ? "all" : "own", orgId, among: key?.agentIds };
}
