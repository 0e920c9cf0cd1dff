import type { Transaction } from "kysely";
import { z } from "zod";
import type { AuditLog, By } from "../audit/index.ts";
import { text } from "../http/index.ts";
import { CachedLookup, type Sealer, type Timestamps } from "../runtime/index.ts";
import type { SealedPlace } from "../secrets/index.ts";
import { type Database, lockingRow, type Storage } from "../storage/index.ts";
import { type Agent, shareOwner } from "./agent.ts";
import { credentialChange } from "./agent-audit.ts";
import { AGENTS_TOPIC } from "./store.ts";

/** Headers that say something else than who is calling, or belong to the connection. */
const RESERVED =
  /^(?:host|connection|content-.*|transfer-encoding|te|trailer|upgrade|accept.*|a2a-.*|x-a2a-.*|x-agentgate-.*|trace.*)$/i;

/** What the gateway shows an agent in place of its callers' credentials. */
export const agentCredential = z
  .discriminatedUnion("type", [
    z.object({
      type: z.literal("header"),
      name: z
        .string()
        .regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$/, { error: "A header name" })
        .refine((name) => !RESERVED.test(name), { error: "This header is the gateway's own" }),
      value: headerValue(),
    }),
    z.object({ type: z.literal("bearer"), token: headerValue() }),
    z.object({
      type: z.literal("oauth2"),
      token_url: text()
        .min(1)
        .max(2048)
        .describe("Token endpoint of the client credentials grant (RFC 6749, section 4.4)"),
      client_id: text().min(1).max(512),
      client_secret: text().min(1).max(4096),
      scope: text().max(2048).optional(),
    }),
  ])
  .meta({ id: "AgentCredential" });

function headerValue() {
  return z
    .string()
    .min(1)
    .max(8192)
    .regex(/^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/, { error: "Printable ASCII" });
}

export type AgentCredential = z.output<typeof agentCredential>;

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
    const sealed = this.#sealer.seal(JSON.stringify(credential), purposeOf(agent.id));
    const row = { kind: credential.type, sealed, updated_at: this.#timestamps() };
    await this.#change(agent, credential, by, (trx) =>
      trx
        .insertInto("agent_credentials")
        .values({ agent_id: agent.id, ...row })
        .onConflict((conflict) => conflict.column("agent_id").doUpdateSet(row))
        .execute(),
    );
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
