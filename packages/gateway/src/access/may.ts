import { invalidApiKey, type Principal, Problem } from "../http/index.ts";
import { type KeyLimits, known } from "./principals.ts";

/** Whose keys allow an action: anybody, without a key as well; any organization's, for what is its own; the admin's alone. */
export type Right = "anyone" | "owner" | "admin";

/** What is looked at of an action. */
export interface Judged {
  readonly name: string;
  readonly right: Right;
  /** Done with any key, whatever it was made for. */
  readonly needsNoScope?: boolean;
}

/** What belongs to an organization, or to nobody but the gateway. */
export interface Owned {
  readonly orgId: string | null;
}

/** Whether this caller may do this to what belongs to that owner; without one, whether to anything at all. */
export function may(caller: Principal | undefined, action: Judged, resource?: Owned): boolean {
  if (action.right === "anyone") return true;
  if (!caller) return false;
  const { kind, orgId, key } = known(caller);
  if (key && !isFor(key, action)) return false;
  if (kind === "admin") return true;
  if (action.right === "admin") return false;
  return resource === undefined || resource.orgId === orgId;
}

const isFor = ({ ended, scopes }: KeyLimits, { name, needsNoScope }: Judged): boolean =>
  ended === undefined && (needsNoScope === true || scopes === undefined || scopes.has(name));

/** The organization itself as what something is done to. */
export const organization = (id: string): Owned => ({ orgId: id });

/**
 * The caller as a route with this action sees it. Who needs no key and shows one that opens nothing is a caller without a key.
 *
 * @throws Problem 401 for a caller whose kind of key never opens this, the key of an organization being none on an admin's route, and for
 *   a key that has ended; 403 for one that was not made for this
 */
export function admitted(caller: Principal | undefined, action: Judged, address: string): Principal | undefined {
  if (action.right === "anyone") return usable(caller, address);
  if (!caller || (action.right === "admin" && known(caller).kind !== "admin")) throw invalidApiKey();
  demandUse(caller, action, address);
  return caller;
}

/** The caller, unless the key that it shows opens nothing: its time is over, or it may not be shown from this address. */
export function usable(caller: Principal | undefined, address: string): Principal | undefined {
  const key = caller && known(caller).key;
  return key === undefined || (key.ended === undefined && key.isShownFrom(address)) ? caller : undefined;
}

/** @throws Problem 401 for a key that has ended, 403 for one that was not made for this, or to be shown from elsewhere */
export function demandUse(caller: Principal, action: Judged, address: string): void {
  const { key } = known(caller);
  if (key === undefined) return;
  demandAlive(key);
  if (!key.isShownFrom(address)) {
    throw new Problem(403, "This API key may not be used from this address", { code: "address_not_allowed" });
  }
  if (!isFor(key, action)) throw insufficientScope(action.name);
}

/** The same, to call this agent. What it may cost, {@link demandPrice} asks. @throws Problem 401 or 403 */
export function demandCall(caller: Principal, action: Judged, agent: { readonly id: string }, address: string): void {
  const { key } = known(caller);
  if (key === undefined) return;
  demandUse(caller, action, address);
  if (key.agentIds?.has(agent.id) === false) {
    throw new Problem(403, "This API key may not call this agent", { code: "agent_not_allowed" });
  }
}

/** @throws Problem 403 for a key one call with which may not cost so much */
export function demandPrice(caller: Principal, price: bigint): void {
  const { key } = known(caller);
  if (key?.perCallMax !== undefined && price > key.perCallMax) {
    throw new Problem(403, "The agent's price is more than one call with this API key may cost", {
      code: "per_call_max_exceeded",
    });
  }
}

function demandAlive({ ended }: KeyLimits): void {
  if (ended === "expired") throw new Problem(401, "This API key has expired", { code: "key_expired" });
  if (ended === "disabled") throw new Problem(401, "This API key is disabled", { code: "key_disabled" });
}

const insufficientScope = (name: string) =>
  new Problem(403, `This API key was not made for this: it lacks the scope ${name}`, { code: "insufficient_scope" });

/** @throws Problem 403 for what belongs to somebody else. `what` is as the caller reads it: "organization", "agent" */
export function demandOwn(caller: Principal, action: Judged, resource: Owned, what: string): void {
  if (may(caller, action, resource)) return;
  const { key } = known(caller);
  if (key && !isFor(key, action)) throw insufficientScope(action.name);
  throw new Problem(403, `Access denied to this ${what}`);
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

/** Who somebody is, to be written down beside what he did. */
export interface Actor {
  readonly kind: "admin" | "org" | "gateway";
  readonly orgId: string | null;
  /** Null for the admin's and an organization's own keys. */
  readonly keyId: string | null;
  readonly keyName: string | null;
}

export function actorOf(caller: Principal): Actor {
  const { kind, isItself, orgId = null, key } = known(caller);
  return { kind: isItself ? "gateway" : kind, orgId, keyId: key?.keyId ?? null, keyName: key?.name ?? null };
}

/** The key's own limits; undefined for one that was made for everything. */
export const limitsOf = (caller: Principal | undefined): KeyLimits | undefined => caller && known(caller).key;

/** Whether a key with these scopes may do nothing that this caller may not: nobody gives what he has not. */
export function mayGive(caller: Principal, scopes: readonly string[]): boolean {
  const own = known(caller).key?.scopes;
  return own === undefined || scopes.every((scope) => own.has(scope));
}
