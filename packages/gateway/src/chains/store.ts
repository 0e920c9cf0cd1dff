import type { Selectable, Transaction } from "kysely";
import type { Sealer } from "../runtime/index.ts";
import type { SealedPlace } from "../secrets/index.ts";
import { type ChainsTable, type Database, lockingRow, type Storage } from "../storage/index.ts";
import type { Chain, ChainStep, StepKeys } from "./chain.ts";

const PURPOSE = "chain keys";
const purposeOf = (chainId: string) => `${PURPOSE} ${chainId}`;

/** A chain's place in the list: when it was made, and its id. */
export const CHAIN_PLACE = /^(\d{1,18})-([0-9a-f-]{1,40})$/;

export interface ChainListPage {
  /** Only those of this organization. */
  orgId?: string | undefined;
  limit: number;
  /** `next` of the page before. */
  after?: string | undefined;
}

/** What else is done in the transaction of a change. */
type Along<T extends unknown[] = []> = (trx: Transaction<Database>, ...of: T) => Promise<void>;

/** A chain as it is stored: with its keys. */
export interface KeyedChain {
  chain: Chain;
  keys: StepKeys;
}

/** Where chains live; the keys of their steps sealed. */
export class ChainStore {
  readonly #storage: Storage;
  readonly #sealer: Sealer;

  constructor(storage: Storage, sealer: Sealer) {
    this.#storage = storage;
    this.#sealer = sealer;
  }

  async find(id: string): Promise<Chain | undefined> {
    const row = await this.#row(this.#storage.db, id).executeTakeFirst();
    return row && fromRow(row);
  }

  async findWithKeys(id: string): Promise<KeyedChain | undefined> {
    const row = await this.#row(this.#storage.db, id).executeTakeFirst();
    return row && { chain: fromRow(row), keys: this.#keysIn(row) };
  }

  /** Newest first. */
  async list({ orgId, limit, after }: ChainListPage): Promise<{ chains: Chain[]; next: string | undefined }> {
    let query = this.#storage.db.selectFrom("chains").selectAll().orderBy("created_at", "desc").orderBy("id", "desc");
    if (orgId !== undefined) query = query.where("org_id", "=", orgId);
    if (after !== undefined) {
      const [, createdAt, id] = CHAIN_PLACE.exec(after)!;
      const at = BigInt(createdAt!);
      query = query.where("created_at", "<=", at).where((eb) => eb.or([eb("created_at", "<", at), eb("id", "<", id!)]));
    }
    const rows = await query.limit(limit + 1).execute();
    const chains = rows.slice(0, limit).map(fromRow);
    const last = chains.at(-1);
    return { chains, next: rows.length > limit && last ? `${last.createdAt}-${last.id}` : undefined };
  }

  /**
   * @param countMax how many chains one organization, or the admin, may have
   * @returns why it was not kept, where it was not
   */
  insert({ chain, keys }: KeyedChain, countMax: number, along: Along): Promise<"no_org" | "too_many" | undefined> {
    const { orgId } = chain;
    return this.#storage.db.transaction().execute(async (trx) => {
      if (orgId !== null) {
        const org = trx.selectFrom("orgs").select("id").where("id", "=", orgId);
        if (!(await lockingRow(this.#storage, org).executeTakeFirst())) return "no_org";
      }
      const own = trx
        .selectFrom("chains")
        .select("id")
        .where("org_id", orgId === null ? "is" : "=", orgId);
      const { count } = await trx
        .selectFrom(own.limit(countMax).as("own"))
        .select((eb) => eb.fn.countAll<bigint>().as("count"))
        .executeTakeFirstOrThrow();
      if (Number(count) >= countMax) return "too_many";
      await trx.insertInto("chains").values(this.#toRow({ chain, keys })).execute();
      await along(trx);
      return undefined;
    });
  }

  /** Replaces a chain by `change` of what is stored now. Undefined when it is gone. */
  update(
    id: string,
    change: (current: KeyedChain) => KeyedChain,
    along: Along<[before: KeyedChain, after: KeyedChain]>,
  ): Promise<Chain | undefined> {
    return this.#storage.db.transaction().execute(async (trx) => {
      const row = await lockingRow(this.#storage, this.#row(trx, id)).executeTakeFirst();
      if (!row) return undefined;
      const before = { chain: fromRow(row), keys: this.#keysIn(row) };
      const changed = change(before);
      await trx.updateTable("chains").set(this.#toRow(changed)).where("id", "=", id).execute();
      await along(trx, before, changed);
      return changed.chain;
    });
  }

  delete(id: string, along: Along<[chain: Chain]>): Promise<boolean> {
    return this.#storage.db.transaction().execute(async (trx) => {
      const row = await trx.deleteFrom("chains").where("id", "=", id).returningAll().executeTakeFirst();
      if (row) await along(trx, fromRow(row));
      return row !== undefined;
    });
  }

  #row(db: Storage["db"] | Transaction<Database>, id: string) {
    return db.selectFrom("chains").selectAll().where("id", "=", id);
  }

  #keysIn({ id, sealed, steps }: Selectable<ChainsTable>): StepKeys {
    if (sealed === null) return (JSON.parse(steps) as unknown[]).map(() => null);
    return JSON.parse(this.#sealer.open(sealed, purposeOf(id)));
  }

  #toRow({ chain, keys }: KeyedChain): ChainsTable {
    const { id, name, description, steps, orgId, createdAt, updatedAt } = chain;
    const hasKeys = keys.some((key) => key !== null);
    return {
      id,
      name,
      description,
      steps: JSON.stringify(steps),
      sealed: hasKeys ? this.#sealer.seal(JSON.stringify(keys), purposeOf(id)) : null,
      org_id: orgId,
      created_at: createdAt,
      updated_at: updatedAt,
    };
  }
}

function fromRow(row: Selectable<ChainsTable>): Chain {
  const kept = JSON.parse(row.steps) as (Omit<ChainStep, "skill"> & Partial<Pick<ChainStep, "skill">>)[];
  const steps = kept.map((step): ChainStep => ({ ...step, skill: step.skill ?? null }));
  return {
    id: row.id,
    name: row.name,
    description: row.description,
    // Keys that opened under no secret any more may have been forgotten.
    steps: row.sealed === null ? steps.map((step) => ({ ...step, hasKey: false })) : steps,
    orgId: row.org_id,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

/** The keys of chains' steps, for whoever has to seal them anew. */
export const sealedChainKeys: SealedPlace = {
  what: "keys of chains' steps",
  async page({ db }, after, limit) {
    const query = db.selectFrom("chains").select(["id", "sealed"]).where("id", ">", after);
    const rows = await query.where("sealed", "is not", null).orderBy("id").limit(limit).execute();
    return rows.map(({ id, sealed }) => ({ key: id, sealed: sealed!, purpose: purposeOf(id) }));
  },
  async replace({ db }, { key, sealed: before }, sealed) {
    await db.updateTable("chains").set({ sealed }).where("id", "=", key).where("sealed", "=", before).execute();
  },
  async forget({ db }, { key, sealed }) {
    await db.updateTable("chains").set({ sealed: null }).where("id", "=", key).where("sealed", "=", sealed).execute();
  },
};
