import type { Principal } from "../http/index.ts";

/** What is known of a caller. It is told to no other room: they ask what the caller may do. */
export interface KnownPrincipal extends Principal {
  readonly kind: "admin" | "org";
  /** The organization whose key it is. */
  readonly orgId: string | undefined;
}

export const adminPrincipal = { kind: "admin", orgId: undefined } as unknown as Principal;

export const orgPrincipal = (orgId: string): Principal => ({ kind: "org", orgId }) as unknown as Principal;

export const known = (principal: Principal): KnownPrincipal => principal as KnownPrincipal;
