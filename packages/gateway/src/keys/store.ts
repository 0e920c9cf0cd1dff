import type { Selectable, Transaction } from "kysely";
import type { KeyBudget } from "../access/index.ts";
import type { Micros } from "../runtime/index.ts";
import type { ApiKeysTable, Database, Storage } from "../storage/index.ts";
import type { ApiKey, KeyRestrictions, OwnKey } from "./key.ts";

/** The change feed's topic: keys of organizations and of the admin, by their hashes. */
export const KEYS_TOPIC = "keys";

/** A key's place in the list: when it was made, and its id. */
export const KEY_PLACE = /^(\d{1,18})-([0-9a-f-]{1,40})$/;

export interface KeyListPage {
  limit: number;
  before?: string | undefined;
}

/** What else is done in the transaction of a change. */
type Along<T extends unknown[] = []> = (trx: Transaction<Database>, ...of: T) => Promise<void>;

/** Where keys that were made for something live; each change of one is noted for all nodes. */
export class KeyStore {
  readonly #storage: Storage;

  constructor(storage: Storage) {
    this.#storage = storage;
  }

  /** The key with this hash, and when what has the hash ends. */
  async byHash(hash: string): Promise<{ key: ApiKey; endsAt: Micros | null } | undefined> {
    const all = this.#storage.db.selectFrom("api_keys").selectAll();
    const current = await all.where("hash", "=", hash).executeTakeFirst();
    if (current) return { key: fromRow(current), endsAt: current.expires_at };
    const renewed = await all.where("previous_hash", "=", hash).executeTakeFirst();
    return renewed && { key: fromRow(renewed), endsAt: earlier(renewed.previous_until, renewed.expires_at) };
  }

  /** @param orgId null for the admin's */
  async find(orgId: string | null, id: string): Promise<ApiKey | undefined> {
    const row = await this.#own(orgId).where("id", "=", id).executeTakeFirst();
    return row && fromRow(row);
  }

  /** Newest first. */
  async list(orgId: string | null, { limit, before }: KeyListPage): Promise<{ keys: ApiKey[]; next: string | null }> {
    let query = this.#own(orgId).orderBy("created_at", "desc").orderBy("id", "desc");
    if (before !== undefined) {
      const [, createdAt, id] = KEY_PLACE.exec(before)!;
      const at = BigInt(createdAt!);
      query = query.where("created_at", "<=", at).where((eb) => eb.or([eb("created_at", "<", at), eb("id", "<", id!)]));
    }
    const rows = await query.limit(limit + 1).execute();
    const keys = rows.slice(0, limit).map(fromRow);
    const last = keys.at(-1);
    return { keys, next: rows.length > limit && last ? `${last.createdAt}-${last.id}` : null };
  }

  /** An organization's own keys, the one that waits to be confirmed after the other. */
  async ownKeys(orgId: string): Promise<OwnKey[]> {
    const rows = await this.#storage.db.selectFrom("org_keys").selectAll().where("org_id", "=", orgId).execute();
    return rows
      .map(({ role, created_at, last_used_at }) => ({ role, createdAt: created_at, lastUsedAt: last_used_at ?? null }))
      .sort((a, b) => (a.role < b.role ? -1 : 1));
  }

  /**
   * False when the organization has as many as it may that have not ended by themselves. Of those that have, what ended first makes room:
   * `forgotten` is told of it.
   */
  insert(
    key: ApiKey,
    hash: string,
    { countMax, now }: { countMax: number; now: Micros },
    { along, forgotten }: { along: Along; forgotten: Along<[key: ApiKey]> },
  ): Promise<boolean> {
    return this.#storage.changes.transaction(async (trx, note) => {
      // One at a time for each organization, so that none has more than it may; that one is gone shows when the key refers to it.
      if (key.orgId !== null)
        await trx.updateTable("orgs").set({ id: key.orgId }).where("id", "=", key.orgId).execute();
      const own = trx.selectFrom("api_keys").where("org_id", key.orgId === null ? "is" : "=", key.orgId);
      const { count } = await trx
        .selectFrom(own.select("id").limit(countMax).as("own"))
        .select((eb) => eb.fn.countAll<bigint>().as("count"))
        .executeTakeFirstOrThrow();
      if (Number(count) >= countMax) {
        const ended = await own
          .selectAll()
          .where("expires_at", "<=", now)
          .orderBy("expires_at")
          .limit(1)
          .executeTakeFirst();
        if (!ended) return false;
        await trx.deleteFrom("api_keys").where("id", "=", ended.id).execute();
        note(KEYS_TOPIC, hashesOf(ended));
        await forgotten(trx, fromRow(ended));
      }
      note(KEYS_TOPIC, [hash]);
      await trx.insertInto("api_keys").values(toRow(key, hash)).execute();
      await along(trx);
      return true;
    });
  }

  /**
   * Replaces a key by `change` of what is stored now, here at once and on every node within a second; `along` is told the hash that it had.
   * Undefined when it is gone.
   *
   * @param renewal the hash of the key's successor, and how long the one before works beside it
   */
  update(
    { orgId, id }: Pick<ApiKey, "orgId" | "id">,
    change: (current: ApiKey) => ApiKey,
    along: Along<[before: ApiKey, after: ApiKey, hash: string]>,
    renewal?: { hash: string; until: Micros },
  ): Promise<ApiKey | undefined> {
    return this.#storage.changes.transaction(async (trx, note) => {
      await trx.updateTable("api_keys").set({ id }).where("id", "=", id).execute();
      const row = await trx
        .selectFrom("api_keys")
        .selectAll()
        .where("org_id", orgId === null ? "is" : "=", orgId)
        .where("id", "=", id)
        .executeTakeFirst();
      if (!row) return undefined;
      const before = fromRow(row);
      const changed = change(before);
      note(KEYS_TOPIC, hashesOf(row));
      const renewed = renewal && { hash: renewal.hash, previous_hash: row.hash, previous_until: renewal.until };
      await trx
        .updateTable("api_keys")
        .set({ ...columnsOf(changed), ...renewed })
        .where("id", "=", id)
        .execute();
      await along(trx, before, changed, row.hash);
      return changed;
    });
  }

  /** False when there is none. */
  delete(orgId: string | null, id: string, along: Along<[key: ApiKey]>): Promise<boolean> {
    return this.#storage.changes.transaction(async (trx, note) => {
      const removed = await trx
        .deleteFrom("api_keys")
        .where("org_id", orgId === null ? "is" : "=", orgId)
        .where("id", "=", id)
        .returningAll()
        .executeTakeFirst();
      if (!removed) return false;
      note(KEYS_TOPIC, hashesOf(removed));
      await along(trx, fromRow(removed));
      return true;
    });
  }

  #own(orgId: string | null) {
    return this.#storage.db
      .selectFrom("api_keys")
      .selectAll()
      .where("org_id", orgId === null ? "is" : "=", orgId);
  }
}

const hashesOf = ({ hash, previous_hash }: Pick<ApiKeysTable, "hash" | "previous_hash">): string[] =>
  previous_hash === null ? [hash] : [hash, previous_hash];

const earlier = (a: Micros | null, b: Micros | null): Micros | null => (a === null || (b !== null && b < a) ? b : a);

/** What of a key's restrictions no query asks for. */
type StoredLimits = Omit<KeyRestrictions, "perCallMax" | "budgets"> & {
  perCallMax: string | null;
  budgets?: (Omit<KeyBudget, "amount"> & { amount: string })[];
};

function fromRow(row: Selectable<ApiKeysTable>): ApiKey {
  const { perCallMax, budgets = [], ...limits } = JSON.parse(row.limits) as StoredLimits;
  return {
    ...limits,
    perCallMax: perCallMax === null ? null : BigInt(perCallMax),
    budgets: budgets.map((budget) => ({ ...budget, amount: BigInt(budget.amount) })),
    id: row.id,
    orgId: row.org_id,
    name: row.name,
    last4: row.last4,
    scopes: JSON.parse(row.scopes) as string[],
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    disabledAt: row.disabled_at,
    lastUsedAt: row.last_used_at,
  };
}

const toRow = (key: ApiKey, hash: string): ApiKeysTable => ({
  ...{ id: key.id, org_id: key.orgId, hash, previous_hash: null, previous_until: null },
  ...{ created_at: key.createdAt, last_used_at: key.lastUsedAt },
  ...columnsOf(key),
});

/** What of a key can be changed. */
function columnsOf(key: ApiKey) {
  const { agents, rateLimit, rateBurst, perCallMax, ipAllow, budgets } = key;
  const limits: StoredLimits = {
    ...{ agents, rateLimit, rateBurst, ipAllow },
    perCallMax: perCallMax?.toString() ?? null,
    budgets: budgets.map((budget) => ({ ...budget, amount: `${budget.amount}` })),
  };
  return {
    name: key.name,
    last4: key.last4,
    scopes: JSON.stringify(key.scopes),
    limits: JSON.stringify(limits),
    expires_at: key.expiresAt,
    disabled_at: key.disabledAt,
  };
}
