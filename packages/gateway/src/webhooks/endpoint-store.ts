import type { Kysely, Transaction } from "kysely";
import { sql } from "kysely";
import { CachedLookup, type Log, type Sealer } from "../runtime/index.ts";
import { type Database, lockingRow, type Note, type Storage, type WebhookEndpointsTable } from "../storage/index.ts";
import { type Endpoint, ownerOf, receiverOf } from "./endpoint.ts";
import { openSecrets, sealSecrets } from "./secrets.ts";
import { agentKey, orgKey, WEBHOOKS_TOPIC } from "./topic.ts";

/** Endpoints that one organization may have beside those of its agents. */
export const ENDPOINTS_MAX = 32;

const MIB = 2 ** 20;
const CACHED = {
  bytesMax: 16 * MIB,
  perOwner: 2 * MIB,
  bytesOf: ({ url, description, secrets }: Endpoint): number =>
    600 + 2 * (url.length + description.length) + 200 * secrets.length,
  ownerOf: (endpoint: Endpoint): string => ownerOf(endpoint),
};

interface Listeners {
  readonly orgId: string;
  readonly endpoints: readonly Endpoint[];
}
const LISTENING = {
  bytesMax: 32 * MIB,
  perOwner: 4 * MIB,
  bytesOf: ({ endpoints }: Listeners): number => endpoints.reduce((sum, one) => sum + CACHED.bytesOf(one), 200),
  ownerOf: ({ orgId }: Listeners): string => orgId,
};

/** Where an endpoint stands in the list. */
export type EndpointPlace = Pick<Endpoint, "createdAt" | "id">;

/** What else is done in the transaction of a change. */
type Along<T extends unknown[] = []> = (trx: Transaction<Database>, ...of: T) => Promise<void>;

type Row = WebhookEndpointsTable & { agent_org: string | null };

/** Where receivers of webhooks live; their secrets are sealed. */
export class EndpointStore {
  readonly #storage: Storage;
  readonly #sealer: Sealer;
  readonly #log: Log;
  readonly #cached: CachedLookup<Endpoint>;
  readonly #listening: CachedLookup<Listeners>;

  constructor({ storage, sealer, log }: { storage: Storage; sealer: Sealer; log: Log }) {
    this.#storage = storage;
    this.#sealer = sealer;
    this.#log = log;
    this.#cached = new CachedLookup((id) => this.#load(storage.db, id), { shares: CACHED });
    this.#listening = new CachedLookup((key) => this.#loadListeners(key), { shares: LISTENING });
    storage.changes.subscribe(WEBHOOKS_TOPIC, (changed) => {
      this.#cached.forget(changed);
      this.#listening.forget(changed);
    });
  }

  /** From memory where it was seen before. */
  find(id: string): Endpoint | undefined | Promise<Endpoint | undefined> {
    return this.#cached.get(id);
  }

  /** An organization's own endpoints; undefined when there is none. */
  ofOrg(orgId: string): Listeners | undefined | Promise<Listeners | undefined> {
    return this.#listening.get(orgKey(orgId));
  }

  /** The same, within a transaction and as it is now. */
  async listenersIn(trx: Kysely<Database>, orgId: string): Promise<Endpoint[]> {
    const rows = await endpointsOf(trx)
      .where("e.org_id", "=", orgId)
      .orderBy("e.created_at")
      .limit(ENDPOINTS_MAX)
      .execute();
    return rows.map((row) => this.#fromRow(row));
  }

  /** An organization's endpoints and those of its agents, newest first: as many as it has agents, and some more. */
  async allOf(orgId: string): Promise<Endpoint[]> {
    const { db } = this.#storage;
    const ids = db.selectFrom("agents").select("id").where("org_id", "=", orgId);
    const rows = await Promise.all([
      endpointsOf(db).where("e.org_id", "=", orgId).execute(),
      endpointsOf(db).where("e.agent_id", "in", ids).execute(),
    ]);
    const isBefore = (one: Endpoint, other: Endpoint) =>
      one.createdAt === other.createdAt ? one.id > other.id : one.createdAt > other.createdAt;
    return rows
      .flat()
      .map((row) => this.#fromRow(row))
      .sort((a, b) => (isBefore(a, b) ? -1 : 1));
  }

  /** Everybody's, newest first, behind this one. */
  async page(before: EndpointPlace | undefined, limit: number): Promise<Endpoint[]> {
    let query = endpointsOf(this.#storage.db).orderBy("e.created_at", "desc").orderBy("e.id", "desc").limit(limit);
    if (before) {
      const { createdAt: at, id } = before;
      query = query
        .where("e.created_at", "<=", at)
        .where((eb) => eb.or([eb("e.created_at", "<", at), eb("e.id", "<", id)]));
    }
    return (await query.execute()).map((row) => this.#fromRow(row));
  }

  /** @returns false when the organization has as many as it may; undefined when it is gone */
  insert(endpoint: Endpoint & { orgId: string }, along: Along): Promise<boolean | undefined> {
    return this.#storage.changes.transaction(async (trx, note) => {
      // Locks it, so that no two take the last place.
      const { orgId } = endpoint;
      const org = await trx
        .updateTable("orgs")
        .set({ id: orgId })
        .where("id", "=", orgId)
        .returning("id")
        .executeTakeFirst();
      if (!org) return undefined;
      if ((await this.listenersIn(trx, orgId)).length >= ENDPOINTS_MAX) return false;
      note(WEBHOOKS_TOPIC, keysOf(endpoint));
      await trx.insertInto("webhook_endpoints").values(this.#toRow(endpoint)).execute();
      await along(trx);
      return true;
    });
  }

  /** Changes one, in the given transaction or one of its own. @returns it as it is then; undefined when it is gone */
  update(
    id: string,
    change: (current: Endpoint) => Endpoint,
    along?: Along<[after: Endpoint, before: Endpoint]>,
  ): Promise<Endpoint | undefined> {
    return this.#storage.changes.transaction(async (trx, note) => {
      const lock = lockingRow(this.#storage, trx.selectFrom("webhook_endpoints").select("id").where("id", "=", id));
      if (!(await lock.executeTakeFirst())) return undefined;
      const before = (await this.#load(trx, id))!;
      const after = change(before);
      if (after === before) return before;
      note(WEBHOOKS_TOPIC, keysOf(after));
      const { org_id: _, agent_id: __, ...row } = this.#toRow(after);
      await trx.updateTable("webhook_endpoints").set(row).where("id", "=", id).execute();
      await along?.(trx, after, before);
      return after;
    });
  }

  delete({ id, orgId, agentId }: Endpoint, along: Along): Promise<boolean> {
    return this.#storage.changes.transaction(async (trx, note) => {
      note(WEBHOOKS_TOPIC, keysOf({ id, orgId, agentId }));
      const { numDeletedRows } = await trx.deleteFrom("webhook_endpoints").where("id", "=", id).executeTakeFirst();
      if (numDeletedRows > 0n) await along(trx);
      return numDeletedRows > 0n;
    });
  }

  /** Puts an agent's in the place of what it had. */
  async putOfAgent(trx: Transaction<Database>, note: Note, endpoint: Endpoint & { agentId: string }): Promise<void> {
    note(WEBHOOKS_TOPIC, keysOf(endpoint));
    const row = this.#toRow(endpoint);
    await trx
      .insertInto("webhook_endpoints")
      .values(row)
      .onConflict((conflict) => conflict.column("id").doUpdateSet(row))
      .execute();
  }

  /** Tells an agent's again after it was disabled. @returns it as it was; undefined for one that was not disabled */
  async enableOfAgent(trx: Transaction<Database>, note: Note, agentId: string): Promise<Endpoint | undefined> {
    const before = await this.#load(trx, agentId);
    const enabled = { disabled_reason: null, failing_since: null };
    const update = trx.updateTable("webhook_endpoints").set(enabled).where("id", "=", agentId);
    const { numUpdatedRows } = await update.where("disabled_reason", "is not", null).executeTakeFirst();
    if (numUpdatedRows === 0n) return undefined;
    note(WEBHOOKS_TOPIC, keysOf({ id: agentId, orgId: null, agentId }));
    return before;
  }

  /** An agent is told no more. */
  async dropOfAgent(trx: Transaction<Database>, note: Note, agentId: string): Promise<void> {
    note(WEBHOOKS_TOPIC, keysOf({ id: agentId, orgId: null, agentId }));
    await trx.deleteFrom("webhook_endpoints").where("id", "=", agentId).execute();
  }

  /** An organization goes, and its endpoints with it; those of its agents stay with these. */
  async noteOrgGone(trx: Transaction<Database>, note: Note, orgId: string): Promise<void> {
    const own = await trx.selectFrom("webhook_endpoints").select("id").where("org_id", "=", orgId).execute();
    const agents = trx.selectFrom("agents").select("id").where("org_id", "=", orgId);
    const ofAgents = await trx.selectFrom("webhook_endpoints").select("id").where("agent_id", "in", agents).execute();
    note(WEBHOOKS_TOPIC, [
      ...own.map(({ id }) => id),
      orgKey(orgId),
      ...ofAgents.flatMap(({ id }) => [id, agentKey(id)]),
    ]);
  }

  async #load(db: Kysely<Database>, id: string): Promise<Endpoint | undefined> {
    const row = await endpointsOf(db).where("e.id", "=", id).executeTakeFirst();
    return row && this.#fromRow(row);
  }

  async #loadListeners(key: string): Promise<Listeners | undefined> {
    const orgId = key.slice(orgKey("").length);
    const endpoints = await this.listenersIn(this.#storage.db, orgId);
    return endpoints.length === 0 ? undefined : { orgId, endpoints };
  }

  #fromRow(row: Row): Endpoint {
    return {
      id: row.id,
      orgId: row.org_id ?? row.agent_org,
      agentId: row.agent_id,
      url: row.url,
      receiver: receiverOf(row.url),
      events: JSON.parse(row.events),
      description: row.description,
      secrets: this.#opened(row),
      disabledReason: row.disabled_reason,
      failingSince: row.failing_since,
      createdAt: row.created_at,
      updatedAt: row.updated_at,
    };
  }

  /** One sealed under a key that is lost is told unsigned things no more than one that never had a secret: its owner has to rotate it. */
  #opened({ id, sealed }: Row): Endpoint["secrets"] {
    try {
      return openSecrets(this.#sealer, id, sealed);
    } catch (error) {
      this.#log.warn({ err: error, endpointId: id }, "a webhook's secret cannot be opened");
      return [];
    }
  }

  #toRow(endpoint: Endpoint): WebhookEndpointsTable {
    const { id, agentId, secrets } = endpoint;
    return {
      id,
      org_id: agentId === null ? endpoint.orgId : null,
      agent_id: agentId,
      url: endpoint.url,
      events: JSON.stringify(endpoint.events),
      description: endpoint.description,
      sealed: secrets.length === 0 ? null : sealSecrets(this.#sealer, id, secrets),
      disabled_reason: endpoint.disabledReason,
      failing_since: endpoint.failingSince,
      created_at: endpoint.createdAt,
      updated_at: endpoint.updatedAt,
    };
  }
}

const endpointsOf = (db: Kysely<Database>) =>
  db
    .selectFrom("webhook_endpoints as e")
    .leftJoin("agents as a", "a.id", "e.agent_id")
    .selectAll("e")
    .select(sql<string | null>`a.org_id`.as("agent_org"));

const keysOf = ({ id, orgId, agentId }: Pick<Endpoint, "id" | "orgId" | "agentId">): string[] => [
  id,
  ...(agentId !== null ? [agentKey(agentId)] : orgId !== null ? [orgKey(orgId)] : []),
];
