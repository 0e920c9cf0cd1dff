import type { Transaction } from "kysely";
import type { AuditLog, By } from "../audit/index.ts";
import { CachedLookup, type Sealer, type Timestamps } from "../runtime/index.ts";
import type { SealedPlace } from "../secrets/index.ts";
import { type Database, lockingRow, type Storage } from "../storage/index.ts";
import { type Agent, shareOwner } from "./agent.ts";
import { credentialChange } from "./agent-audit.ts";
import type { AgentCredential } from "./credential.ts";
import { AGENTS_TOPIC } from "./store.ts";

interface Kept {
  credential: AgentCredential;
  /** Whose share it takes in memory. */
  owner: string;
}

const MIB = 2 ** 20;
const CACHED = {
  bytesMax: 16 * MIB,
  perOwner: 2 * MIB,
  bytesOf: ({ credential }: Kept): number => 500 + 2 * JSON.stringify(credential).length,
  ownerOf: ({ owner }: Kept): string => owner,
};
const PURPOSE = "agent credential";

export interface CredentialStoreOptions {
  storage: Storage;
  sealer: Sealer;
  timestamps: Timestamps;
  auditLog: AuditLog;
}

/** Whose credential it is. */
type Owner = Pick<Agent, "id" | "name" | "orgId">;

/** Agents' credentials, sealed at rest. They are read to call agents, never to be shown. */
export class CredentialStore {
  readonly #storage: Storage;
  readonly #sealer: Sealer;
  readonly #timestamps: Timestamps;
  readonly #auditLog: AuditLog;
  readonly #cached: CachedLookup<Kept>;

  constructor({ storage, sealer, timestamps, auditLog }: CredentialStoreOptions) {
    this.#auditLog = auditLog;
    this.#storage = storage;
    this.#sealer = sealer;
    this.#timestamps = timestamps;
    this.#cached = new CachedLookup((id) => this.#load(id), { shares: CACHED });
    storage.changes.subscribe(AGENTS_TOPIC, (changed) => this.#cached.forget(changed));
  }

  find(agentId: string): AgentCredential | undefined | Promise<AgentCredential | undefined> {
    const kept = this.#cached.get(agentId);
    return kept instanceof Promise ? kept.then((loaded) => loaded?.credential) : kept?.credential;
  }

  async put(agent: Owner, credential: AgentCredential, by: By): Promise<void> {
    await this.#change(agent, credential, by, (trx) => this.#write(trx, agent.id, credential));
  }

  /** The first credential of an agent, within the transaction that registers it. */
  async putIn(trx: Transaction<Database>, agent: Owner, credential: AgentCredential, by: By): Promise<void> {
    await this.#write(trx, agent.id, credential);
    await this.#auditLog.rowIn(trx, by, credentialChange(agent, undefined, credential));
  }

  #write(trx: Transaction<Database>, agentId: string, credential: AgentCredential): Promise<unknown> {
    const sealed = this.#sealer.seal(JSON.stringify(credential), purposeOf(agentId));
    const row = { kind: credential.type, sealed, updated_at: this.#timestamps() };
    return trx
      .insertInto("agent_credentials")
      .values({ agent_id: agentId, ...row })
      .onConflict((conflict) => conflict.column("agent_id").doUpdateSet(row))
      .execute();
  }

  async delete(agent: Owner, by: By): Promise<void> {
    await this.#change(agent, undefined, by, (trx) =>
      trx.deleteFrom("agent_credentials").where("agent_id", "=", agent.id).execute(),
    );
  }

  #change(
    agent: Owner,
    after: AgentCredential | undefined,
    by: By,
    work: (trx: Transaction<Database>) => Promise<unknown>,
  ): Promise<void> {
    const change = async (trx: Transaction<Database>) => {
      const query = trx.selectFrom("agent_credentials").select(["sealed", "kind"]).where("agent_id", "=", agent.id);
      const row = await lockingRow(this.#storage, query).executeTakeFirst();
      await work(trx);
      await this.#auditLog.rowIn(trx, by, credentialChange(agent, row && this.#opened(agent.id, row), after));
    };
    return this.#storage.changes.change(AGENTS_TOPIC, change, [agent.id]);
  }

  /** What is to be replaced may be sealed under a key that is lost. */
  #opened(agentId: string, { sealed, kind }: { sealed: string; kind: string }): AgentCredential {
    try {
      return JSON.parse(this.#sealer.open(sealed, purposeOf(agentId)));
    } catch {
      return { type: kind } as AgentCredential;
    }
  }

  async #load(agentId: string): Promise<Kept | undefined> {
    const query = this.#storage.db
      .selectFrom("agent_credentials")
      .innerJoin("agents", "agents.id", "agent_credentials.agent_id")
      .select(["sealed", "agents.org_id"])
      .where("agent_id", "=", agentId);
    const row = await query.executeTakeFirst();
    if (!row) return undefined;
    const credential = JSON.parse(this.#sealer.open(row.sealed, purposeOf(agentId)));
    return { credential, owner: shareOwner({ id: agentId, orgId: row.org_id }) };
  }
}

/** What an agent's credential is sealed for. */
const purposeOf = (agentId: string) => `${PURPOSE} ${agentId}`;

/** The credentials, for whoever has to seal them anew. */
export const sealedCredentials: SealedPlace = {
  what: "agents' credentials",
  async page({ db }, after, limit) {
    const query = db.selectFrom("agent_credentials").select(["agent_id", "sealed"]).where("agent_id", ">", after);
    const rows = await query.orderBy("agent_id").limit(limit).execute();
    return rows.map(({ agent_id, sealed }) => ({ key: agent_id, sealed, purpose: purposeOf(agent_id) }));
  },
  async replace({ changes }, { key, sealed: before }, sealed) {
    const replace = (trx: Transaction<Database>) =>
      trx
        .updateTable("agent_credentials")
        .set({ sealed })
        .where("agent_id", "=", key)
        .where("sealed", "=", before)
        .execute();
    await changes.change(AGENTS_TOPIC, replace, [key]);
  },
  async forget({ changes }, { key, sealed }) {
    const forget = (trx: Transaction<Database>) =>
      trx.deleteFrom("agent_credentials").where("agent_id", "=", key).where("sealed", "=", sealed).execute();
    await changes.change(AGENTS_TOPIC, forget, [key]);
  },
};
