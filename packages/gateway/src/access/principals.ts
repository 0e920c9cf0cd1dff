import type { Principal } from "../http/index.ts";

/** What may be spent with a key in each window of time. */
export interface KeyBudget {
  /** Micro-dollars. */
  readonly amount: bigint;
  /** Windows are in UTC, a week from its Monday; `total` has one without an end. */
  readonly period: "day" | "week" | "month" | "total";
  /** Parts of the amount, each told once in a window when it is reached: 0.5, 0.8. */
  readonly alerts: readonly number[];
}

/** What a key was made for, where it was not made for everything. */
export interface KeyLimits {
  readonly keyId: string;
  readonly name: string;
  /** Names of actions; undefined for all that the kind of key may do. */
  readonly scopes: ReadonlySet<string> | undefined;
  /** The agents that may be called with it; undefined for all. */
  readonly agentIds: ReadonlySet<string> | undefined;
  /** Whether it may be shown from this address. */
  isShownFrom(address: string): boolean;
  /** Tasks per second and at once, beside what limits the organization. */
  readonly rate: { rate: number; burst: number } | undefined;
  /** The most that one call may cost. */
  readonly perCallMax: bigint | undefined;
  readonly budgets: readonly KeyBudget[];
  /** Whether it is bounded otherwise than by its scopes: what it would hand on might not be. */
  readonly isBounded: boolean;
  /** When it ends by itself, in milliseconds of the wall clock. */
  readonly endsAt: number | undefined;
  /** Why it opens nothing any more. */
  readonly ended: "expired" | "disabled" | undefined;
}

/** What is known of a caller. It is told to no other room: they ask what the caller may do. */
export interface KnownPrincipal extends Principal {
  readonly kind: "admin" | "org";
  /** It is the gateway itself, which may what the admin may. */
  readonly isItself?: true;
  /** The organization whose key it is. */
  readonly orgId: string | undefined;
  readonly key: KeyLimits | undefined;
}

const principal = (fields: Omit<KnownPrincipal, keyof Principal>): Principal => fields as unknown as Principal;

/** Whoever shows the admin key. */
export const adminPrincipal = principal({ kind: "admin", orgId: undefined, key: undefined });

/** The gateway itself, where it changes something that nobody has asked for at that moment. */
export const gatewayPrincipal = principal({ kind: "admin", isItself: true, orgId: undefined, key: undefined });

/** Whoever shows another key of the admin's. */
export const limitedAdmin = (key: KeyLimits): Principal => principal({ kind: "admin", orgId: undefined, key });

/** Whoever shows a key of this organization; its own, unless `key` says otherwise. */
export const orgPrincipal = (orgId: string, key?: KeyLimits): Principal => principal({ kind: "org", orgId, key });

export const known = (caller: Principal): KnownPrincipal => caller as KnownPrincipal;
