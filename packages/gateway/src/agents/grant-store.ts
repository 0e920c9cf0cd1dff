import type { MicroDollars } from "@agentgate/protocol";
import { type Selectable, sql, type Transaction } from "kysely";
import type { Micros } from "../runtime/index.ts";
import { type AgentGrantsTable, type Database, lockingRow, type Storage } from "../storage/index.ts";
import { GRANTS_TOPIC, type Grant, grantKey } from "./grant.ts";
import { AGENTS_TOPIC } from "./store.ts";

/** Which page of a list is wanted. */
export interface GrantPage {
  limit: number;
  /** `next` of the page before. */
  before?: string | undefined;
}

export const GRANT_PLACE = /^\d{1,18}-[0-9a-f-]{36}$/;

/** Why a grant was not written down. */
export type GrantRefusal = "no_agent" | "no_org" | "too_many";

/** What else is done in the transaction of a change. */
export type AlongGrant = (
  trx: Transaction<Database>,
  before: Grant | undefined,
  after: Grant | undefined,
) => Promise<void>;

/** Where grants live. Each change is one transaction, which locks the organization and then the agent. */
export class GrantStore {
  readonly #storage: Storage;

  constructor(storage: Storage) {
    this.#storage = storage;
  }

  async find(agentId: string, orgId: string): Promise<Grant | undefined> {
    const query = this.#db.selectFrom("agent_grants").selectAll();
    const row = await query.where("agent_id", "=", agentId).where("org_id", "=", orgId).executeTakeFirst();
    return row && fromRow(row);
  }

  /** An agent's grants, newest first. */
  async list(agentId: string, { limit, before }: GrantPage): Promise<{ grants: Grant[]; next: string | null }> {
    const [createdAt, orgId] = before === undefined ? [] : splitPlace(before);
    const rows = await this.#db
      .selectFrom("agent_grants")
      .selectAll()
      .where("agent_id", "=", agentId)
      .$if(createdAt !== undefined, (query) =>
        query.where(sql<boolean>`(created_at, org_id) < (${createdAt}, ${orgId})`),
      )
      .orderBy("created_at", "desc")
      .orderBy("org_id", "desc")
      .limit(limit + 1)
      .execute();
    const shown = rows.slice(0, limit);
    const last = shown.at(-1);
    return {
      grants: shown.map(fromRow),
      next: rows.length > limit && last ? `${last.created_at}-${last.org_id}` : null,
    };
  }

  /** The prices of their own that an organization has at these agents, of grants that last beyond `now`. */
  async pricesOf(orgId: string, agentIds: readonly string[], now: Micros): Promise<Map<string, MicroDollars>> {
    const rows = await this.#db
      .selectFrom("agent_grants")
      .select(["agent_id", "price"])
      .where("org_id", "=", orgId)
      .where("agent_id", "in", agentIds)
      .where("price", "is not", null)
      .where("may_call", "=", 1n)
      .where((eb) => eb.or([eb("expires_at", "is", null), eb("expires_at", ">", now)]))
      .execute();
    return new Map(rows.map(({ agent_id, price }) => [agent_id, price!]));
  }

  /**
   * Writes a grant down in place of the one that there is. Where the agent has as many as it may, one that has ended makes room.
   * @returns it as it is then, with the time at which it was first made
   */
  put(
    grant: Grant,
    { grantsMax, now }: { grantsMax: number; now: Micros },
    along: AlongGrant,
  ): Promise<Grant | GrantRefusal> {
    const { agentId, orgId, createdAt } = grant;
    return this.#storage.changes.transaction(async (trx, note) => {
      const org = trx.selectFrom("orgs").select("id").where("id", "=", orgId);
      const lockedOrg = this.#storage.engine === "postgres" ? org.forKeyShare() : org;
      if (!(await lockedOrg.executeTakeFirst())) return "no_org";
      const agent = lockingRow(this.#storage, trx.selectFrom("agents").select("has_grants").where("id", "=", agentId));
      const found = await agent.executeTakeFirst();
      if (!found) return "no_agent";
      const stored = trx.selectFrom("agent_grants").selectAll().where("agent_id", "=", agentId);
      const row = await stored.where("org_id", "=", orgId).executeTakeFirst();
      const before = row && fromRow(row);
      if (!before) {
        const counted = trx.selectFrom("agent_grants").select((eb) => eb.fn.countAll<bigint>().as("count"));
        const { count } = await counted.where("agent_id", "=", agentId).executeTakeFirstOrThrow();
        if (count >= BigInt(grantsMax)) {
          const ended = stored.where("expires_at", "<=", now).orderBy("expires_at").limit(1);
          const gone = await ended.executeTakeFirst();
          if (!gone) return "too_many";
          await trx
            .deleteFrom("agent_grants")
            .where("agent_id", "=", agentId)
            .where("org_id", "=", gone.org_id)
            .execute();
          note(GRANTS_TOPIC, [grantKey(agentId, gone.org_id)]);
          await along(trx, fromRow(gone), undefined);
        }
      }
      const kept = { ...grant, createdAt: before?.createdAt ?? createdAt };
      const { agent_id: _, org_id: __, ...changed } = toRow(kept);
      await trx
        .insertInto("agent_grants")
        .values(toRow(kept))
        .onConflict((conflict) => conflict.columns(["agent_id", "org_id"]).doUpdateSet(changed))
        .execute();
      if (found.has_grants === 0n) {
        await trx.updateTable("agents").set({ has_grants: 1n }).where("id", "=", agentId).execute();
        note(AGENTS_TOPIC, [agentId]);
      }
      note(GRANTS_TOPIC, [grantKey(agentId, orgId)]);
      await along(trx, before, kept);
      return kept;
    });
  }

  /** @returns what there was */
  delete(agentId: string, orgId: string, along: AlongGrant): Promise<Grant | undefined> {
    return this.#storage.changes.transaction(async (trx, note) => {
      const agent = trx.selectFrom("agents").select("id").where("id", "=", agentId);
      if (!(await lockingRow(this.#storage, agent).executeTakeFirst())) return undefined;
      const query = trx.deleteFrom("agent_grants").where("agent_id", "=", agentId).where("org_id", "=", orgId);
      const gone = await query.returningAll().executeTakeFirst();
      if (!gone) return undefined;
      const left = trx.selectFrom("agent_grants").select("org_id").where("agent_id", "=", agentId).limit(1);
      if (!(await left.executeTakeFirst())) {
        await trx.updateTable("agents").set({ has_grants: 0n }).where("id", "=", agentId).execute();
        note(AGENTS_TOPIC, [agentId]);
      }
      note(GRANTS_TOPIC, [grantKey(agentId, orgId)]);
      await along(trx, fromRow(gone), undefined);
      return fromRow(gone);
    });
  }

  get #db() {
    return this.#storage.db;
  }
}

function splitPlace(place: string): [createdAt: bigint, orgId: string] {
  const at = place.indexOf("-");
  return [BigInt(place.slice(0, at)), place.slice(at + 1)];
}

const fromRow = (row: Selectable<AgentGrantsTable>): Grant => ({
  agentId: row.agent_id,
  orgId: row.org_id,
  mayCall: row.may_call === 1n,
  price: row.price,
  expiresAt: row.expires_at,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
});

const toRow = (grant: Grant): Selectable<AgentGrantsTable> => ({
  agent_id: grant.agentId,
  org_id: grant.orgId,
  may_call: grant.mayCall ? 1n : 0n,
  price: grant.price,
  expires_at: grant.expiresAt,
  created_at: grant.createdAt,
  updated_at: grant.updatedAt,
});
