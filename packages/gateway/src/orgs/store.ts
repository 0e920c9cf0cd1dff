import { isTier } from "@agentgate/protocol";
import { type Selectable, sql, type Transaction } from "kysely";
import { AGENTS_TOPIC } from "../agents/index.ts";
import { KEYS_TOPIC } from "../keys/index.ts";
import { nameKey } from "../runtime/index.ts";
import type { Database, Note, OrgsTable, Storage } from "../storage/index.ts";
import type { Org } from "./org.ts";

function fromRow(row: Selectable<OrgsTable>): Org {
  return {
    id: row.id,
    name: row.name,
    costPerInvocation: row.cost_per_invocation,
    billingAlertThreshold: row.billing_alert_threshold,
    walletLowThreshold: row.wallet_low_threshold,
    rateLimit: row.rate_limit,
    rateBurst: row.rate_burst === null ? null : Number(row.rate_burst),
    tier: isTier(row.tier) ? row.tier : "free",
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

const toRow = (org: Org) => ({
  id: org.id,
  name: org.name,
  cost_per_invocation: org.costPerInvocation,
  billing_alert_threshold: org.billingAlertThreshold,
  wallet_low_threshold: org.walletLowThreshold,
  rate_limit: org.rateLimit,
  rate_burst: org.rateBurst === null ? null : BigInt(org.rateBurst),
  tier: org.tier,
  created_at: org.createdAt,
  updated_at: org.updatedAt,
});

/** The change feed's topic: what organizations are, by id. */
export const ORGS_TOPIC = "orgs";

/** What else is done in the transaction of a change. */
export type Along<T extends unknown[] = []> = (trx: Transaction<Database>, note: Note, ...of: T) => Promise<void>;

/** An organization's place in the list: when it was created, and its id. */
export const ORG_PLACE = /^(\d{1,18})-([0-9a-f-]{1,40})$/;

export interface OrgListPage {
  limit: number;
  offset: number;
  /** `next` of the page before. */
  after?: string | undefined;
}

/**
 * Where organizations and their keys live. Names and key hashes are unique: a second one throws a unique violation, a name that looks
 * like another's a NameTakenError.
 */
export class OrgStore {
  readonly #storage: Storage;

  constructor(storage: Storage) {
    this.#storage = storage;
  }

  async find(id: string): Promise<Org | undefined> {
    const row = await this.#storage.db.selectFrom("orgs").selectAll().where("id", "=", id).executeTakeFirst();
    return row && fromRow(row);
  }

  /**
   * Those whose names begin so, whatever their case and letters that look alike, in the order of their names. `after` is `next` of the page
   * before; undefined when the organization there is gone.
   */
  async listNamed(
    prefix: string,
    { limit, after }: Pick<OrgListPage, "limit" | "after">,
  ): Promise<{ orgs: Org[]; next: string | undefined } | undefined> {
    const key = nameKey(prefix);
    const byBytes = this.#storage.engine === "postgres" ? sql<string>`name_key collate "C"` : sql<string>`name_key`;
    let query = this.#storage.db
      .selectFrom("orgs")
      .selectAll()
      .where(byBytes, ">=", key)
      .where(byBytes, "<", `${key}\u{10ffff}`)
      .orderBy(byBytes)
      .orderBy("id");
    if (after !== undefined) {
      const [, , id] = ORG_PLACE.exec(after)!;
      const last = await this.#storage.db
        .selectFrom("orgs")
        .select("name_key")
        .where("id", "=", id!)
        .executeTakeFirst();
      if (!last) return undefined;
      query = query.where(sql<boolean>`(${byBytes}, id) > (${last.name_key}, ${id!})`);
    }
    return pageOf(await query.limit(limit + 1).execute(), limit);
  }

  /** Newest first. `after` is `next` of the page before. */
  async list({ limit, offset, after }: OrgListPage): Promise<{ orgs: Org[]; next: string | undefined }> {
    let query = this.#storage.db.selectFrom("orgs").selectAll().orderBy("created_at", "desc").orderBy("id");
    if (after !== undefined) {
      const [, createdAt, id] = ORG_PLACE.exec(after)!;
      const at = BigInt(createdAt!);
      query = query.where("created_at", "<=", at).where((eb) => eb.or([eb("created_at", "<", at), eb("id", ">", id!)]));
    }
    const rows = await query
      .limit(limit + 1)
      .offset(offset)
      .execute();
    return pageOf(rows, limit);
  }

  insert(org: Org, keyHash: string, along: Along): Promise<void> {
    return this.#storage.changes.transaction(async (trx, note) => {
      note(ORGS_TOPIC, [org.id]);
      note(KEYS_TOPIC, [keyHash]);
      await trx
        .insertInto("orgs")
        .values({ ...toRow(org), ...(await claimName(trx, org)) })
        .execute();
      const key = { hash: keyHash, org_id: org.id, role: "primary", created_at: org.createdAt } as const;
      await trx.insertInto("org_keys").values(key).execute();
      await along(trx, note);
    });
  }

  /** Whether an organization has a name that looks like this one. */
  async hasName(name: string): Promise<boolean> {
    const query = this.#storage.db.selectFrom("orgs").select("id").where("name_key", "=", nameKey(name));
    return (await query.limit(1).executeTakeFirst()) !== undefined;
  }

  /** Replaces a record by `change` of what is stored now. Undefined when it is gone. */
  update(
    id: string,
    change: (current: Org) => Org,
    along?: (trx: Transaction<Database>, change: { before: Org; after: Org }) => Promise<void>,
  ): Promise<Org | undefined> {
    return this.#storage.changes.transaction(async (trx, note) => {
      if (!(await lockOrg(trx, id))) return undefined;
      note(ORGS_TOPIC, [id]);
      const row = await trx.selectFrom("orgs").selectAll().where("id", "=", id).executeTakeFirstOrThrow();
      const before = fromRow(row);
      const org = change(before);
      // A new threshold is a new alert.
      const rearmed = org.billingAlertThreshold !== row.billing_alert_threshold && { alerted_at: null };
      await trx
        .updateTable("orgs")
        .set({ ...toRow(org), ...rearmed, ...(org.name !== row.name && (await claimName(trx, org))) })
        .where("id", "=", id)
        .execute();
      await along?.(trx, { before, after: org });
      return org;
    });
  }

  /** Deletes the organization with its keys; its agents lose their owner. */
  delete(id: string, along: Along<[org: Org]>): Promise<boolean> {
    return this.#storage.changes.transaction(async (trx, note) => {
      // Its row is locked, so nobody registers an agent of it or changes its keys meanwhile.
      if (!(await lockOrg(trx, id))) return false;
      const row = await trx.selectFrom("orgs").selectAll().where("id", "=", id).executeTakeFirstOrThrow();
      const agents = await trx.selectFrom("agents").select("id").where("org_id", "=", id).execute();
      note(ORGS_TOPIC, [id]);
      note(KEYS_TOPIC, [...(await hashesOf(trx, id)), ...(await keyHashesOf(trx, id))]);
      note(
        AGENTS_TOPIC,
        agents.map((agent) => agent.id),
      );
      await along(trx, note, fromRow(row));
      await trx.deleteFrom("orgs").where("id", "=", id).execute();
      return true;
    });
  }

  async orgIdOfKey(hash: string): Promise<string | undefined> {
    const query = this.#storage.db.selectFrom("org_keys").select("org_id").where("hash", "=", hash);
    return (await query.executeTakeFirst())?.org_id;
  }

  /** The hash of the key that waits for confirmation. */
  async waitingKey(orgId: string): Promise<string | undefined> {
    const query = this.#storage.db.selectFrom("org_keys").select("hash").where("org_id", "=", orgId);
    return (await query.where("role", "=", "secondary").executeTakeFirst())?.hash;
  }

  /**
   * Sets the key that waits for confirmation, in place of any other that did; `along` is told its hash. Answers whether one did; undefined
   * when the organization is gone.
   */
  setSecondaryKey(
    orgId: string,
    { hash, createdAt }: { hash: string; createdAt: bigint },
    along: Along<[replaced: string | null]>,
  ): Promise<{ replaced: boolean } | undefined> {
    return this.#storage.changes.transaction(async (trx, note) => {
      if (!(await lockOrg(trx, orgId))) return undefined;
      note(KEYS_TOPIC, [...(await hashesOf(trx, orgId)), hash]);
      const waiting = trx.deleteFrom("org_keys").where("org_id", "=", orgId).where("role", "=", "secondary");
      const replaced = await waiting.returning("hash").executeTakeFirst();
      const key = { hash, org_id: orgId, role: "secondary", created_at: createdAt } as const;
      await trx.insertInto("org_keys").values(key).execute();
      await along(trx, note, replaced?.hash ?? null);
      return { replaced: replaced !== undefined };
    });
  }

  /** Makes the waiting key the only one; `along` is told the hashes of the one before and of it. False when none waits. */
  promoteSecondaryKey(orgId: string, along: Along<[before: string | null, after: string]>): Promise<boolean> {
    return this.#storage.changes.transaction(async (trx, note) => {
      await lockOrg(trx, orgId);
      const waiting = trx
        .selectFrom("org_keys")
        .select("hash")
        .where("org_id", "=", orgId)
        .where("role", "=", "secondary");
      const next = (await waiting.executeTakeFirst())?.hash;
      if (next === undefined) return false;
      const hashes = await hashesOf(trx, orgId);
      note(KEYS_TOPIC, hashes);
      await trx.deleteFrom("org_keys").where("org_id", "=", orgId).where("role", "=", "primary").execute();
      await trx.updateTable("org_keys").set({ role: "primary" }).where("org_id", "=", orgId).execute();
      await along(trx, note, hashes.find((hash) => hash !== next) ?? null, next);
      return true;
    });
  }
}

function pageOf(rows: readonly Selectable<OrgsTable>[], limit: number): { orgs: Org[]; next: string | undefined } {
  const orgs = rows.slice(0, limit).map(fromRow);
  const last = orgs.at(-1);
  return { orgs, next: rows.length > limit && last ? `${last.createdAt}-${last.id}` : undefined };
}

async function hashesOf(trx: Transaction<Database>, orgId: string): Promise<string[]> {
  const own = await trx.selectFrom("org_keys").select("hash").where("org_id", "=", orgId).execute();
  return own.map(({ hash }) => hash);
}

/** Of the keys that were made for something, which go with their organization. */
async function keyHashesOf(trx: Transaction<Database>, orgId: string): Promise<string[]> {
  const further = trx.selectFrom("api_keys").select(["hash", "previous_hash"]).where("org_id", "=", orgId);
  return (await further.execute()).flatMap(({ hash, previous_hash }) => [
    hash,
    ...(previous_hash ? [previous_hash] : []),
  ]);
}

/** Another organization has a name that looks like this one. */
export class NameTakenError extends Error {
  override readonly name = "NameTakenError";
}

/**
 * What makes the organization's name its own. Of two that claim one name at once, one meets a unique violation.
 *
 * @throws NameTakenError also beside organizations of earlier releases, which have no claim
 */
async function claimName(
  trx: Transaction<Database>,
  { id, name }: Org,
): Promise<Pick<OrgsTable, "name_key" | "name_claim">> {
  const key = nameKey(name);
  const others = trx.selectFrom("orgs").select("id").where("name_key", "=", key).where("id", "<>", id);
  if (await others.limit(1).executeTakeFirst()) throw new NameTakenError(`"${key}" is taken`);
  return { name_key: key, name_claim: key };
}

/** Lets one change of an organization and its keys happen at a time. False when it is gone. */
async function lockOrg(trx: Transaction<Database>, id: string): Promise<boolean> {
  const { numUpdatedRows } = await trx.updateTable("orgs").set({ id }).where("id", "=", id).executeTakeFirst();
  return numUpdatedRows > 0n;
}
