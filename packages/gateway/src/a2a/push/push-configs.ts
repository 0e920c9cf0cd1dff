import { type A2AVersion, invalidParams, type JsonObject } from "@agentgate/protocol/a2a";
import { type SelectQueryBuilder, sql } from "kysely";
import { Problem } from "../../http/index.ts";
import { type Clock, createLruCache, type Sealer } from "../../runtime/index.ts";
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
type Ids = SelectQueryBuilder<Database, "a2a_push_configs", { id: string }>;

const PURPOSE = "push config";
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** How long a config is kept: without a task, which it gets as soon as its agent has answered; with one; and after its task's end. */
const UNBOUND_MS = DAY_MS;
const KEPT_MS = 30 * DAY_MS;
const AFTERWARDS_MS = 2 * DAY_MS;
/** What an owner made longer ago than this gives way to what it makes now. */
const GIVES_WAY_MS = DAY_MS;
const AT_ONCE = 100;
const TRUSTED_MS = 2_000;
const REMEMBERED = 10_000;
const ALL = "all";

/** How many there may be. */
export interface PushConfigLimits {
  owner: number;
  agent: number;
  all: number;
}

const LIMITS: PushConfigLimits = { owner: 2_000, agent: 20_000, all: 200_000 };

export interface PushConfigsOptions {
  storage: Storage;
  sealer: Sealer;
  clock: Clock;
  /** Forgets what waits to be delivered to these. */
  onDeleted(ids: readonly string[]): Promise<void>;
  limits?: PushConfigLimits;
}

/** Where push configs live; what callers said in them is sealed. */
export class PushConfigs {
  readonly #storage: Storage;
  readonly #options: PushConfigsOptions;
  readonly #limits: PushConfigLimits;
  /** How many an owner or agent has, as of a moment ago: other nodes make some as well. */
  readonly #counts = createLruCache<string, { count: number; at: number }>(REMEMBERED);
  /** The wall clock's time when the other one read 0. Later jumps of the wall clock forget nothing. */
  readonly #epochMs: number;

  constructor(options: PushConfigsOptions) {
    this.#options = options;
    this.#storage = options.storage;
    this.#limits = options.limits ?? LIMITS;
    this.#epochMs = options.clock.now() - options.clock.monotonic();
  }

  /** @throws A2AError InvalidParams when the owner has too many already; Problem 429 when the agent has, or all have */
  async insert(config: PushConfig): Promise<PushConfig> {
    await this.#demandRoom(config);
    await this.#storage.db.insertInto("a2a_push_configs").values(this.#toRow(config)).execute();
    for (const key of [`owner\0${config.owner}`, `agent\0${config.agentId}`, ALL]) {
      const known = this.#counts.get(key);
      if (known) known.count++;
    }
    return config;
  }

  /** Gives a config its task; an older one of the same name goes. */
  async bind({ id, agentId, configId }: PushConfig, taskId: string): Promise<void> {
    await this.#storage.db.transaction().execute(async (trx) => {
      const same = trx.deleteFrom("a2a_push_configs").where("agent_id", "=", agentId).where("task_id", "=", taskId);
      await same.where("config_id", "=", configId).where("id", "<>", id).execute();
      const bound = { task_id: taskId, expires_at: this.#in(KEPT_MS) };
      await trx.updateTable("a2a_push_configs").set(bound).where("id", "=", id).execute();
    });
  }

  /** Its task is over: nothing more will come for it. What waits is delivered still. */
  async finish(id: string): Promise<void> {
    const end = this.#in(AFTERWARDS_MS);
    const later = this.#storage.db.updateTable("a2a_push_configs").set({ expires_at: end });
    await later.where("id", "=", id).where("expires_at", ">", end).execute();
  }

  /** Undefined also when its time is over, whether it was forgotten by now or not. */
  async find(id: string): Promise<PushConfig | undefined> {
    const query = this.#alive().where("id", "=", id);
    const row = await query.executeTakeFirst();
    return row && this.#fromRow(row);
  }

  /** Oldest first. */
  async ofTask(agentId: string, taskId: string): Promise<PushConfig[]> {
    const query = this.#alive().where("agent_id", "=", agentId);
    const rows = await query.where("task_id", "=", taskId).orderBy("created_at").execute();
    return rows.map((row) => this.#fromRow(row));
  }

  /** With what waits to be delivered to it. */
  async delete(id: string): Promise<void> {
    await this.#delete([id]);
  }

  async deleteOfTask(agentId: string, taskId: string): Promise<void> {
    const ofTask = (query: Ids) => query.where("agent_id", "=", agentId).where("task_id", "=", taskId);
    while ((await this.#deleteSome(ofTask)) === AT_ONCE);
  }

  async deleteOf(owner: string): Promise<void> {
    while ((await this.#deleteSome((query) => query.where("owner", "=", owner))) === AT_ONCE);
  }

  /** Forgets configs whose time is over. @param nowMs milliseconds since the epoch */
  async prune(nowMs: number): Promise<void> {
    const now = BigInt(nowMs) * 1000n;
    while ((await this.#deleteSome((query) => query.where("expires_at", "<", now).orderBy("expires_at"))) === AT_ONCE);
  }

  #alive() {
    return this.#storage.db.selectFrom("a2a_push_configs").selectAll().where("expires_at", ">", this.#in(0));
  }

  /** A few at a time, so that nobody waits for long. @returns how many */
  async #deleteSome(choose: (query: Ids) => Ids): Promise<number> {
    const query = this.#storage.db.selectFrom("a2a_push_configs").select("id").limit(AT_ONCE);
    const ids = (await choose(query).execute()).map(({ id }) => id);
    await this.#delete(ids);
    return ids.length;
  }

  async #delete(ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return;
    await this.#storage.db.deleteFrom("a2a_push_configs").where("id", "in", ids).execute();
    await this.#options.onDeleted(ids);
  }

  async #demandRoom({ owner, agentId }: PushConfig): Promise<void> {
    const { owner: ofOwner, agent: ofAgent, all } = this.#limits;
    if ((await this.#count("owner", owner, ofOwner)) >= ofOwner) {
      const before = this.#in(-GIVES_WAY_MS);
      const old = (query: Ids) =>
        query.where("owner", "=", owner).where("created_at", "<", before).orderBy("created_at");
      this.#counts.delete(`owner\0${owner}`);
      if ((await this.#deleteSome(old)) === 0) {
        throw invalidParams(
          `There are ${ofOwner} push notification configs of yours: delete those that you no longer need`,
        );
      }
    }
    const isFull =
      (await this.#count("agent", agentId, ofAgent)) >= ofAgent || (await this.#count("all", "", all)) >= all;
    if (isFull) {
      const headers = { "retry-after": "3600" };
      throw new Problem(429, "Too many push notification configs are kept for this agent", { headers });
    }
  }

  async #count(kind: "owner" | "agent" | "all", name: string, enough: number): Promise<number> {
    const key = kind === "all" ? ALL : `${kind}\0${name}`;
    const now = this.#options.clock.monotonic();
    const known = this.#counts.get(key);
    // All are many: they are counted seldom.
    if (known && now - known.at < (kind === "all" ? 30 * TRUSTED_MS : TRUSTED_MS)) return known.count;
    const where = { owner: sql`where owner = ${name}`, agent: sql`where agent_id = ${name}`, all: sql`` }[kind];
    const { rows } = await sql<{ count: bigint }>`select count(*) as count from (
      select 1 as one from a2a_push_configs ${where} limit ${BigInt(enough)}) as counted`.execute(this.#storage.db);
    const count = Number(rows[0]!.count);
    this.#counts.set(key, { count, at: now });
    return count;
  }

  /** Microseconds since the epoch. */
  #in(milliseconds: number): bigint {
    return BigInt(Math.round(this.#epochMs + this.#options.clock.monotonic() + milliseconds)) * 1000n;
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
      sealed: this.#options.sealer.seal(JSON.stringify(config.said), PURPOSE),
      created_at: config.createdAt,
      expires_at: this.#in(config.taskId === null ? UNBOUND_MS : KEPT_MS),
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
      said: JSON.parse(this.#options.sealer.open(row.sealed, PURPOSE)),
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
