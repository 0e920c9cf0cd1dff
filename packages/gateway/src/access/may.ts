import { invalidApiKey, type Principal, Problem } from "../http/index.ts";
import { known } from "./principals.ts";

/** Whose keys allow an action: anybody, without a key as well; any organization's, for what is its own; the admin's alone. */
export type Right = "anyone" | "owner" | "admin";

/** What is looked at of an action. */
export interface Judged {
  readonly name: string;
  readonly right: Right;
}

/** What belongs to an organization, or to nobody but the gateway. */
export interface Owned {
  readonly orgId: string | null;
}

/** Whether this caller may do this to what belongs to that owner; without one, whether to anything at all. */
export function may(caller: Principal | undefined, action: Judged, resource?: Owned): boolean {
  if (action.right === "anyone") return true;
  if (!caller) return false;
  const { kind, orgId } = known(caller);
  if (kind === "admin") return true;
  if (action.right === "admin") return false;
  return resource === undefined || resource.orgId === orgId;
}

/** The organization itself as what something is done to. */
export const organization = (id: string): Owned => ({ orgId: id });

/** @throws Problem 401 for a caller whose kind of key never opens this; the key of an organization is none on an admin's route */
export function demandRoute(caller: Principal | undefined, action: Judged): void {
  if (!may(caller, action)) throw invalidApiKey();
}

/** @throws Problem 403 for what belongs to somebody else. `what` is as the caller reads it: "organization", "agent" */
export function demandOwn(caller: Principal, action: Judged, resource: Owned, what: string): void {
  if (!may(caller, action, resource)) throw new Problem(403, `Access denied to this ${what}`);
}

/** The organization whose key the caller shows, which is whose everything is that it makes and who pays for what it calls. */
export const orgOf = (caller: Principal | undefined): string | undefined => caller && known(caller).orgId;

/** Names the caller among all that do something here: the organization, whichever of its keys it shows, or "admin". */
export const subjectOf = (caller: Principal): string => known(caller).orgId ?? "admin";

/** The same, where ids of several kinds stand beside each other. */
export const scopeOf = (caller: Principal): string => {
  const { orgId } = known(caller);
  return orgId === undefined ? "admin" : orgScope(orgId);
};

/** The scope of an organization, whichever of its keys it shows. */
export const orgScope = (orgId: string): string => `org:${orgId}`;
