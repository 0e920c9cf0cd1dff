import { orgScope, scopeOf } from "../access/index.ts";
import type { Agent } from "../agents/index.ts";
import type { Principal } from "../http/index.ts";
import { hashKey } from "../runtime/index.ts";
import type { TaskCaller } from "./task.ts";

const NOBODY = "ip:";

/** Of a caller who shows no key that anybody has. */
export const nobodysScope = (network: string): string => NOBODY + network;

/** Whether a scope is that of a client's address alone, and so of nobody in particular. */
export const isNobodys = (scope: string): boolean => scope.startsWith(NOBODY);

/**
 * Each caller's tasks and Idempotency-Keys are its own: an organization's, the admin's, those of an agent's key. Undefined for one
 * without a key or with one that nobody has, who is known by the network only.
 */
export function knownScope(
  caller: Principal | undefined,
  payerOrgId: string | null,
  agentKey: string | undefined,
): string | undefined {
  if (caller) return scopeOf(caller);
  if (payerOrgId !== null) return orgScope(payerOrgId);
  return agentKey === undefined ? undefined : `key:${agentKey}`;
}

/** The hash of the agent's own key, when it is this one. */
export function agentKeyOf({ keyHash }: Agent, bearer: string | undefined): string | undefined {
  return keyHash !== null && bearer !== undefined && hashKey(bearer) === keyHash ? keyHash : undefined;
}

/** The keys of a request that are somebody's: the caller's own, and the payer's where that is another. */
export function knownKeys(
  { bearer, payerKey }: Pick<TaskCaller, "bearer" | "payerKey">,
  caller: Principal | undefined,
  payer: Principal | undefined,
): string[] {
  const keys = caller && bearer !== undefined ? [bearer] : [];
  if (payer && payer !== caller && payerKey !== undefined) keys.push(payerKey);
  return keys;
}
