import { type KeyLimits, limitedAdmin, limitsOf, mayGive, orgPrincipal } from "../access/index.ts";
import type { AuditLog, By } from "../audit/index.ts";
import { notFound, type Principal, Problem } from "../http/index.ts";
import { type Clock, hashKey, mintKey, type Random, type Timestamps } from "../runtime/index.ts";
import type { GivenKey, GivenKeyChanges } from "./fields.ts";
import { HeldKey } from "./held-key.ts";
import type { ApiKey, BudgetState } from "./key.ts";
import { type KeyDeed, keyChange } from "./key-changes.ts";
import type { KeyListPage, KeyStore } from "./store.ts";

export interface KeyRegistryOptions {
  store: KeyStore;
  auditLog: AuditLog;
  clock: Clock;
  random: Random;
  timestamps: Timestamps;
  /** How the budgets of keys stand in the ledger, in their order. */
  budgetStates(keys: readonly Pick<ApiKey, "id" | "budgets">[]): Promise<BudgetState[][]>;
}

/** Keys that one organization, or the admin, may have; those that have ended by themselves make room. */
const KEYS_MAX = 1_000;
const MICROS_PER_SECOND = 1_000_000n;

/** A key, and what is told of it this once. */
export interface Minted {
  key: ApiKey;
  text: string;
}

/**
 * Makes, changes and ends keys that were made for something: an organization's, or the admin's where `orgId` is null. Whether the caller
 * may do so at all is asked before.
 */
export class KeyRegistry {
  readonly #store: KeyStore;
  readonly #auditLog: AuditLog;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #timestamps: Timestamps;
  readonly #budgetStates: KeyRegistryOptions["budgetStates"];

  constructor({ store, auditLog, clock, random, timestamps, budgetStates }: KeyRegistryOptions) {
    this.#store = store;
    this.#auditLog = auditLog;
    this.#clock = clock;
    this.#random = random;
    this.#timestamps = timestamps;
    this.#budgetStates = budgetStates;
  }

  /** Who shows the key with this hash, also one that has ended; undefined for a hash of no key. */
  async principalOf(hash: string): Promise<Principal | undefined> {
    const found = await this.#store.byHash(hash);
    if (!found) return undefined;
    const { orgId } = found.key;
    const held = new HeldKey(found.key, found.endsAt, this.#clock);
    return orgId === null ? limitedAdmin(held) : orgPrincipal(orgId, held);
  }

  /** @throws Problem 422 for scopes that the caller has not, 403 when there are as many keys as there may be */
  async create(orgId: string | null, given: GivenKey, by: By): Promise<Minted> {
    demandUnbounded(by.caller);
    demandOwnScopes(by.caller, given.scopes);
    const minted = this.#mint(orgId);
    const now = this.#timestamps();
    const key: ApiKey = {
      id: this.#random.uuid(),
      orgId,
      name: given.name,
      last4: minted.last4,
      scopes: given.scopes,
      agents: given.agents,
      rateLimit: given.rate_limit,
      rateBurst: given.rate_burst,
      perCallMax: given.per_call_max,
      ipAllow: given.ip_allow,
      budgets: given.budgets,
      createdAt: now,
      expiresAt: given.expires_in === null ? null : now + BigInt(given.expires_in) * MICROS_PER_SECOND,
      disabledAt: null,
      lastUsedAt: null,
    };
    const hashes = { before: null, after: minted.hash };
    const room = { countMax: KEYS_MAX, now };
    const isKept = await this.#store.insert(key, minted.hash, room, {
      along: (trx) => this.#auditLog.rowIn(trx, by, keyChange("created", undefined, key, hashes)),
      forgotten: (trx, ended) => this.#auditLog.rowIn(trx, by, keyChange("deleted", ended, undefined)),
    });
    if (!isKept) {
      throw new Problem(403, `There may be ${KEYS_MAX} keys; delete one`, { code: "key_limit_reached" });
    }
    return { key, text: minted.text };
  }

  find(orgId: string | null, id: string): Promise<ApiKey | undefined> {
    return this.#store.find(orgId, id);
  }

  /** @throws Problem 404 */
  async get(orgId: string | null, id: string): Promise<ApiKey> {
    const key = await this.find(orgId, id);
    if (!key) throw notFound("API key");
    return key;
  }

  list(orgId: string | null, page: KeyListPage): Promise<{ keys: ApiKey[]; next: string | null }> {
    return this.#store.list(orgId, page);
  }

  /** @throws Problem 404; 422 for scopes that the caller has not, 403 for a key that may more than the caller's */
  async update(orgId: string | null, id: string, given: GivenKeyChanges, by: By): Promise<ApiKey> {
    await this.#managed(orgId, id, by.caller);
    if (given.scopes) demandOwnScopes(by.caller, given.scopes);
    const now = this.#timestamps();
    return this.#change("changed", by, { orgId, id }, (key) => ({
      ...key,
      name: given.name ?? key.name,
      scopes: given.scopes ?? key.scopes,
      agents: given.agents === undefined ? key.agents : given.agents,
      rateLimit: given.rate_limit === undefined ? key.rateLimit : given.rate_limit,
      rateBurst: given.rate_burst === undefined ? key.rateBurst : given.rate_burst,
      perCallMax: given.per_call_max === undefined ? key.perCallMax : given.per_call_max,
      ipAllow: given.ip_allow === undefined ? key.ipAllow : given.ip_allow,
      budgets: given.budgets === undefined ? key.budgets : (given.budgets ?? []),
      expiresAt: expiryAfter(given.expires_in, key.expiresAt, now),
    }));
  }

  /** How a key's budgets stand, in their order. */
  budgetStates(keys: readonly ApiKey[]): Promise<BudgetState[][]> {
    return this.#budgetStates(keys);
  }

  /** A new key in the place of this one, which works beside it for so long. */
  async rotate(orgId: string | null, id: string, graceSeconds: number, by: By): Promise<Minted> {
    await this.#managed(orgId, id, by.caller);
    const { text, hash, last4 } = this.#mint(orgId);
    const until = this.#timestamps() + BigInt(graceSeconds) * MICROS_PER_SECOND;
    const key = await this.#change("rotated", by, { orgId, id }, (current) => ({ ...current, last4 }), { hash, until });
    return { key, text };
  }

  /** A key that is disabled opens nothing until it is enabled again. */
  async setDisabled(orgId: string | null, id: string, isDisabled: boolean, by: By): Promise<ApiKey> {
    await this.#managed(orgId, id, by.caller);
    const now = this.#timestamps();
    const disabledAt = (key: ApiKey) => (isDisabled ? (key.disabledAt ?? now) : null);
    const deed = isDisabled ? "disabled" : "enabled";
    return this.#change(deed, by, { orgId, id }, (key) => ({ ...key, disabledAt: disabledAt(key) }));
  }

  async remove(orgId: string | null, id: string, by: By): Promise<void> {
    await this.#managed(orgId, id, by.caller);
    const isGone = await this.#store.delete(orgId, id, (trx, key) =>
      this.#auditLog.rowIn(trx, by, keyChange("deleted", key, undefined)),
    );
    if (!isGone) throw notFound("API key");
  }

  async #change(
    deed: KeyDeed,
    by: By,
    key: Pick<ApiKey, "orgId" | "id">,
    change: (current: ApiKey) => ApiKey,
    renewal?: { hash: string; until: bigint },
  ): Promise<ApiKey> {
    const along: Parameters<KeyStore["update"]>[2] = (trx, before, after, hash) => {
      const hashes = renewal && { before: hash, after: renewal.hash };
      return this.#auditLog.rowIn(trx, by, keyChange(deed, before, after, hashes));
    };
    const changed = await this.#store.update(key, change, along, renewal);
    if (!changed) throw notFound("API key");
    return changed;
  }

  /** Nobody takes over, shuts or widens a key that may more than his own. */
  async #managed(orgId: string | null, id: string, caller: Principal): Promise<void> {
    demandUnbounded(caller);
    const { scopes } = await this.get(orgId, id);
    if (mayGive(caller, scopes)) return;
    throw new Problem(403, "This key may do what yours may not", { code: "insufficient_scope" });
  }

  #mint(orgId: string | null) {
    const text = mintKey(orgId === null ? "admin" : "org", this.#random);
    return { text, hash: hashKey(text), last4: text.slice(-4) };
  }
}

const expiryAfter = (seconds: number | null | undefined, before: bigint | null, now: bigint): bigint | null => {
  if (seconds === undefined) return before;
  return seconds === null ? null : now + BigInt(seconds) * MICROS_PER_SECOND;
};

/** What a bounded key would make, or change, could be without its bounds. @throws Problem 403 */
function demandUnbounded(caller: Principal): void {
  const limits: KeyLimits | undefined = limitsOf(caller);
  if (!limits?.isBounded) return;
  throw new Problem(403, "A key that is bounded by agents, addresses, money, rate or time manages no keys", {
    code: "bounded_key",
  });
}

/** @throws Problem 422 */
function demandOwnScopes(caller: Principal, scopes: readonly string[]): void {
  if (mayGive(caller, scopes)) return;
  const msg = "Your own key has not all of these scopes, and nobody gives what he has not; GET /me tells what it has";
  throw new Problem(422, [{ type: "value_error", loc: ["body", "scopes"], msg, input: scopes }], {
    code: "validation_failed",
  });
}
