import type { A2AVersion, JsonObject } from "@agentgate/protocol/a2a";
import type { Sealer } from "../../runtime/index.ts";
import type { SealedPlace } from "../../secrets/index.ts";
import type { Database, Storage } from "../../storage/index.ts";

/** A caller's push notification config. */
export interface PushConfig {
  /** Names the relay's address, and the config at the agent. */
  id: string;
  agentId: string;
  /** Null until the task of an inline config is known. */
  taskId: string | null;
  /** Of the paid call that an inline config came with, in the ledger: before its task is known, nothing is told that is not paid for. */
  hold: string | null;
  /** The caller's name for it. */
  configId: string;
  owner: string;
  /** Which shape the caller's receiver takes. */
  version: A2AVersion;
  /** Of what the agent must show. */
  secretHash: string;
  /** What the caller has said, in 1.0's shape. Holds credentials. */
  said: JsonObject;
  createdAt: bigint;
}

type Row = Database["a2a_push_configs"];

const PURPOSE = "push config";

/** Where push configs live; what callers said in them is sealed. */
export class PushConfigs {
  readonly #storage: Storage;
  readonly #sealer: Sealer;

  constructor(storage: Storage, sealer: Sealer) {
    this.#storage = storage;
    this.#sealer = sealer;
  }

  async insert(config: PushConfig): Promise<PushConfig> {
    await this.#storage.db.insertInto("a2a_push_configs").values(this.#toRow(config)).execute();
    return config;
  }

  /** Gives a config its task; an older one of the same name goes. */
  async bind({ id, agentId, configId }: PushConfig, taskId: string): Promise<void> {
    await this.#storage.db.transaction().execute(async (trx) => {
      const same = trx.deleteFrom("a2a_push_configs").where("agent_id", "=", agentId).where("task_id", "=", taskId);
      await same.where("config_id", "=", configId).where("id", "<>", id).execute();
      await trx.updateTable("a2a_push_configs").set({ task_id: taskId }).where("id", "=", id).execute();
    });
  }

  async find(id: string): Promise<PushConfig | undefined> {
    const query = this.#storage.db.selectFrom("a2a_push_configs").selectAll().where("id", "=", id);
    const row = await query.executeTakeFirst();
    return row && this.#fromRow(row);
  }

  /** Oldest first. */
  async ofTask(agentId: string, taskId: string): Promise<PushConfig[]> {
    const query = this.#storage.db.selectFrom("a2a_push_configs").selectAll().where("agent_id", "=", agentId);
    const rows = await query.where("task_id", "=", taskId).orderBy("created_at").execute();
    return rows.map((row) => this.#fromRow(row));
  }

  /** With what waits to be delivered to it. */
  async delete(id: string): Promise<void> {
    await this.#storage.db.deleteFrom("a2a_push_configs").where("id", "=", id).execute();
  }

  async deleteOf(owner: string): Promise<void> {
    await this.#storage.db.deleteFrom("a2a_push_configs").where("owner", "=", owner).execute();
  }

  /** Forgets configs made before then. */
  async prune(before: bigint): Promise<void> {
    await this.#storage.db.deleteFrom("a2a_push_configs").where("created_at", "<", before).execute();
  }

  #toRow(config: PushConfig): Row {
    return {
      id: config.id,
      agent_id: config.agentId,
      task_id: config.taskId,
      hold: config.hold,
      config_id: config.configId,
      owner: config.owner,
      version: config.version,
      secret_hash: config.secretHash,
      sealed: this.#sealer.seal(JSON.stringify(config.said), PURPOSE),
      created_at: config.createdAt,
    };
  }

  #fromRow(row: Row): PushConfig {
    return {
      id: row.id,
      agentId: row.agent_id,
      taskId: row.task_id,
      hold: row.hold,
      configId: row.config_id,
      owner: row.owner,
      version: row.version === "0.3" ? "0.3" : "1.0",
      secretHash: row.secret_hash,
      said: JSON.parse(this.#sealer.open(row.sealed, PURPOSE)),
      createdAt: row.created_at,
    };
  }
}

/** The configs, for whoever has to seal them anew. */
export const sealedPushConfigs: SealedPlace = {
  what: "push notification configs",
  async page({ db }, after, limit) {
    const query = db.selectFrom("a2a_push_configs").select(["id", "sealed"]).where("id", ">", after);
    const rows = await query.orderBy("id").limit(limit).execute();
    return rows.map(({ id, sealed }) => ({ key: id, sealed, purpose: PURPOSE }));
  },
  async replace({ db }, { key, sealed: before }, sealed) {
    const update = db.updateTable("a2a_push_configs").set({ sealed });
    await update.where("id", "=", key).where("sealed", "=", before).execute();
  },
  async forget({ db }, { key, sealed }) {
    await db.deleteFrom("a2a_push_configs").where("id", "=", key).where("sealed", "=", sealed).execute();
  },
};
