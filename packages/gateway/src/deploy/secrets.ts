import type { Transaction } from "kysely";
import { z } from "zod";
import { Problem } from "../http/index.ts";
import type { Sealer, Timestamps } from "../runtime/index.ts";
import type { SealedPlace } from "../secrets/index.ts";
import type { Database, Storage } from "../storage/index.ts";
import type { Secrets } from "./deployment-changes.ts";
import { variableName, variableValue } from "./variables.ts";

const SECRETS_MAX = 64;

/** The change feed's topic for secrets; its keys are agents' ids. */
export const SECRETS_TOPIC = "deployment secrets";

/** Body of `PUT /deploy/{id}/secrets`: null forgets one, what is not named stays. */
export const secretChanges = z
  .record(variableName, variableValue.nullable())
  .refine((changes) => Object.keys(changes).length <= SECRETS_MAX, { error: `At most ${SECRETS_MAX} at once` })
  .meta({ id: "SecretChanges" });

/** Secrets of hosted agents: variables of their environment, sealed at rest. They are read to start agents, never to be shown. */
export class DeploymentSecrets {
  readonly #storage: Storage;
  readonly #sealer: Sealer;
  readonly #timestamps: Timestamps;

  constructor(storage: Storage, sealer: Sealer, timestamps: Timestamps) {
    this.#storage = storage;
    this.#sealer = sealer;
    this.#timestamps = timestamps;
  }

  async names(agentId: string): Promise<string[]> {
    const query = this.#storage.db.selectFrom("deployment_secrets").select("name").where("agent_id", "=", agentId);
    return (await query.orderBy("name").execute()).map(({ name }) => name);
  }

  async environment(agentId: string): Promise<Record<string, string>> {
    const query = this.#storage.db
      .selectFrom("deployment_secrets")
      .select(["name", "sealed"])
      .where("agent_id", "=", agentId);
    const rows = await query.execute();
    return Object.fromEntries(
      rows.map(({ name, sealed }) => [name, this.#sealer.open(sealed, purposeOf(agentId, name))]),
    );
  }

  /** Answers the names that there are then. @throws Problem 422 when there would be too many */
  change(
    agentId: string,
    changes: z.output<typeof secretChanges>,
    along: (trx: Transaction<Database>, before: Secrets, after: Secrets) => Promise<void>,
  ): Promise<string[]> {
    const work = async (trx: Transaction<Database>) => {
      // One change after the other: the bound is on what they come to together.
      await trx.updateTable("deployments").set({ agent_id: agentId }).where("agent_id", "=", agentId).execute();
      const before = await this.#values(trx, agentId);
      for (const [name, value] of Object.entries(changes).sort(([a], [b]) => (a < b ? -1 : 1))) {
        if (value === null) await forget(trx, agentId, name);
        else await this.#put(trx, agentId, name, value);
      }
      const query = trx.selectFrom("deployment_secrets").select("name").where("agent_id", "=", agentId);
      const names = (await query.orderBy("name").execute()).map(({ name }) => name);
      if (names.length > SECRETS_MAX) throw new Problem(422, `An agent has at most ${SECRETS_MAX} secrets`);
      const given = Object.entries(changes).map(([name, value]) => [name, value ?? undefined]);
      await along(trx, before, { ...before, ...Object.fromEntries(given) });
      return names;
    };
    return this.#storage.changes.change(SECRETS_TOPIC, work, [agentId]);
  }

  /** @returns what they were */
  async forgetAllIn(trx: Transaction<Database>, agentId: string): Promise<Secrets> {
    const before = await this.#values(trx, agentId);
    await trx.deleteFrom("deployment_secrets").where("agent_id", "=", agentId).execute();
    return before;
  }

  /** To be told by their digests. Of one that was sealed under a key that is lost, only that it is there. */
  async #values(trx: Transaction<Database>, agentId: string): Promise<Secrets> {
    const query = trx.selectFrom("deployment_secrets").select(["name", "sealed"]).where("agent_id", "=", agentId);
    return Object.fromEntries(
      (await query.execute()).map(({ name, sealed }) => [name, this.#value(agentId, name, sealed)]),
    );
  }

  #value(agentId: string, name: string, sealed: string): string {
    try {
      return this.#sealer.open(sealed, purposeOf(agentId, name));
    } catch {
      return "";
    }
  }

  async #put(trx: Transaction<Database>, agentId: string, name: string, value: string): Promise<void> {
    const row = { sealed: this.#sealer.seal(value, purposeOf(agentId, name)), updated_at: this.#timestamps() };
    await trx
      .insertInto("deployment_secrets")
      .values({ agent_id: agentId, name, ...row })
      .onConflict((conflict) => conflict.columns(["agent_id", "name"]).doUpdateSet(row))
      .execute();
  }
}

async function forget(trx: Transaction<Database>, agentId: string, name: string): Promise<void> {
  await trx.deleteFrom("deployment_secrets").where("agent_id", "=", agentId).where("name", "=", name).execute();
}

/** What a secret is sealed for: opened as another's, or under another name, it is of no use. */
const purposeOf = (agentId: string, name: string) => `deployment secret ${agentId} ${name}`;

/** The secrets, for whoever has to seal them anew. A key is an agent's id, of one length, and the name. */
export const sealedDeploymentSecrets: SealedPlace = {
  what: "secrets of hosted agents",
  async page({ db }, after, limit) {
    const [agentId = "", name = ""] = after.split(" ");
    const rows = await db
      .selectFrom("deployment_secrets")
      .select(["agent_id", "name", "sealed"])
      .where((eb) =>
        eb.or([eb("agent_id", ">", agentId), eb.and([eb("agent_id", "=", agentId), eb("name", ">", name)])]),
      )
      .orderBy("agent_id")
      .orderBy("name")
      .limit(limit)
      .execute();
    return rows.map((row) => ({
      key: `${row.agent_id} ${row.name}`,
      sealed: row.sealed,
      purpose: purposeOf(row.agent_id, row.name),
    }));
  },
  async replace({ db }, { key, sealed: before }, sealed) {
    const [agentId = "", name = ""] = key.split(" ");
    const query = db.updateTable("deployment_secrets").set({ sealed }).where("agent_id", "=", agentId);
    await query.where("name", "=", name).where("sealed", "=", before).execute();
  },
  async forget({ db }, { key, sealed }) {
    const [agentId = "", name = ""] = key.split(" ");
    const query = db.deleteFrom("deployment_secrets").where("agent_id", "=", agentId);
    await query.where("name", "=", name).where("sealed", "=", sealed).execute();
  },
};
