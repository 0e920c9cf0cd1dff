import { microDollarsToNumber } from "@agentgate/protocol";
import type { KeyBudget } from "../access/index.ts";
import { type Micros, renderTimestamp } from "../runtime/index.ts";

/** What a key may not, beside what its scopes leave out. */
export interface KeyRestrictions {
  /** The agents that may be called with it; null for all. */
  readonly agents: readonly string[] | null;
  /** Tasks per second, and at once. */
  readonly rateLimit: number | null;
  readonly rateBurst: number | null;
  /** The most that one call may cost, in micro-dollars. */
  readonly perCallMax: bigint | null;
  /** Addresses and CIDR ranges that it may be shown from; null for all. */
  readonly ipAllow: readonly string[] | null;
  /** One for a period at most. */
  readonly budgets: readonly KeyBudget[];
}

/** How a budget stands in its window of now. */
export interface BudgetState {
  readonly spent: bigint;
  readonly held: bigint;
  readonly resetsAt: Micros | null;
}

/** All that a key may do whose scopes are these. */
export const ALL_SCOPES = "*";

/** A key that was made for something: of an organization, or without one the admin's. */
export interface ApiKey extends KeyRestrictions {
  readonly id: string;
  readonly orgId: string | null;
  readonly name: string;
  readonly last4: string;
  /** Names of actions, or `["*"]`. */
  readonly scopes: readonly string[];
  readonly createdAt: Micros;
  readonly expiresAt: Micros | null;
  readonly disabledAt: Micros | null;
  readonly lastUsedAt: Micros | null;
}

/** An organization's own key, which may do everything, beside the one that waits for the confirmation of its rotation. */
export interface OwnKey {
  readonly role: "primary" | "secondary";
  readonly createdAt: Micros;
  readonly lastUsedAt: Micros | null;
}

const time = (at: Micros | null) => (at === null ? null : renderTimestamp(at));

/** A key on the wire. The key itself is told once, by whatever made it. */
export const toWireKey = (key: ApiKey, states: readonly BudgetState[]) => ({
  id: key.id,
  name: key.name,
  role: "named" as const,
  prefix: prefixOf(key.orgId),
  last4: key.last4,
  scopes: [...key.scopes],
  agents: key.agents && [...key.agents],
  rate_limit: key.rateLimit,
  rate_burst: key.rateBurst,
  per_call_max: key.perCallMax === null ? null : microDollarsToNumber(key.perCallMax),
  ip_allow: key.ipAllow && [...key.ipAllow],
  budgets: key.budgets.map(({ amount, period, alerts }, index) => ({
    amount: microDollarsToNumber(amount),
    period,
    alerts: [...alerts],
    spent: microDollarsToNumber(states[index]?.spent ?? 0n),
    held: microDollarsToNumber(states[index]?.held ?? 0n),
    resets_at: time(states[index]?.resetsAt ?? null),
  })),
  created_at: renderTimestamp(key.createdAt),
  last_used_at: time(key.lastUsedAt),
  expires_at: time(key.expiresAt),
  disabled_at: time(key.disabledAt),
});

/** One of an organization's own keys: named by its role, for neither its beginning nor its end is known. */
export const toWireOwnKey = ({ role, createdAt, lastUsedAt }: OwnKey) => ({
  id: role,
  name: role === "primary" ? "The organization's own key" : "Waits for the confirmation of its rotation",
  role,
  prefix: null,
  last4: null,
  scopes: [ALL_SCOPES],
  agents: null,
  rate_limit: null,
  rate_burst: null,
  per_call_max: null,
  ip_allow: null,
  budgets: [],
  created_at: renderTimestamp(createdAt),
  last_used_at: time(lastUsedAt),
  expires_at: null,
  disabled_at: null,
});

const prefixOf = (orgId: string | null) => (orgId === null ? "ag_admin_" : "ag_org_");
