import type { Selectable, Transaction } from "kysely";
import type { Micros, Timestamps } from "../runtime/index.ts";
import { type Database, type DeploymentsTable, isUniqueViolation, type Storage } from "../storage/index.ts";

export type State = DeploymentsTable["state"];
export type RuntimeName = DeploymentsTable["runtime"];

/** What came of an archive. */
export interface Deployment {
  agentId: string;
  /** The organization; empty for none. */
  owner: string;
  name: string;
  runtime: RuntimeName;
  /** Whose disk the archive is on, and what that node is called. */
  node: string;
  nodeName: string;
  release: number;
  /** The one of these that runs. */
  runningRelease: number | null;
  state: State;
  /** Why it does not run, in words for its owner. */
  detail: string | null;
  containerId: string | null;
  restarts: number;
}

/** A deployment as it was written down. */
export interface Known extends Deployment {
  updatedAt: Micros;
}

/** The change feed's topic for deployments; its keys are agents' ids. */
export const DEPLOYMENTS_TOPIC = "deployments";

/** Where deployments are written down. */
export class DeploymentStore {
  readonly #storage: Storage;
  readonly #timestamps: Timestamps;

  constructor(storage: Storage, timestamps: Timestamps) {
    this.#storage = storage;
    this.#timestamps = timestamps;
  }

  async find(agentId: string): Promise<Known | undefined> {
    const query = this.#storage.db.selectFrom("deployments").selectAll().where("agent_id", "=", agentId);
    return toDeployment(await query.executeTakeFirst());
  }

  async named(owner: string, name: string): Promise<Deployment | undefined> {
    const query = this.#storage.db.selectFrom("deployments").selectAll().where("owner", "=", owner);
    return toDeployment(await query.where("name", "=", name).executeTakeFirst());
  }

  /** Those whose archives are on a node's disk, by agent id. */
  async ofNode(node: string): Promise<Deployment[]> {
    const query = this.#storage.db.selectFrom("deployments").selectAll().where("node", "=", node);
    return (await query.orderBy("agent_id").execute()).map((row) => toDeployment(row)!);
  }

  async ofOwner(owner: string): Promise<Deployment[]> {
    const query = this.#storage.db.selectFrom("deployments").selectAll().where("owner", "=", owner);
    return (await query.orderBy("agent_id").execute()).map((row) => toDeployment(row)!);
  }

  /** @throws what {@link isTaken} knows, when the owner has one of this name */
  async insert(trx: Transaction<Database>, deployment: Deployment): Promise<void> {
    await trx
      .insertInto("deployments")
      .values({ agent_id: deployment.agentId, ...this.#row(deployment) })
      .execute();
  }

  /** Replaces what is known of a deployment, does `along` with it, and tells all nodes. */
  async put(deployment: Deployment, along: (trx: Transaction<Database>) => Promise<void>): Promise<void> {
    const { agentId } = deployment;
    await this.#change(agentId, async (trx) => {
      await trx.updateTable("deployments").set(this.#row(deployment)).where("agent_id", "=", agentId).execute();
      await along(trx);
    });
  }

  /** Writes down how one fares that is not undeployed. */
  async note(
    agentId: string,
    fate: Partial<Pick<Deployment, "state" | "detail" | "containerId" | "restarts" | "runningRelease">>,
  ): Promise<void> {
    const { state, detail, containerId, restarts, runningRelease } = fate;
    await this.#storage.db
      .updateTable("deployments")
      .set({
        ...(state !== undefined && { state }),
        ...(detail !== undefined && { detail }),
        ...(containerId !== undefined && { container_id: containerId }),
        ...(restarts !== undefined && { restarts: BigInt(restarts) }),
        ...(runningRelease !== undefined && { running_release: numberOrNull(runningRelease) }),
        updated_at: this.#timestamps(),
      })
      .where("agent_id", "=", agentId)
      .where("state", "!=", "undeployed")
      .execute();
  }

  #row(deployment: Deployment) {
    const { owner, name, runtime, node, nodeName, release, state, detail, containerId, restarts } = deployment;
    return {
      running_release: numberOrNull(deployment.runningRelease),
      ...{ owner, name, runtime, node, node_name: nodeName, release: BigInt(release), state, detail },
      ...{ container_id: containerId, restarts: BigInt(restarts), updated_at: this.#timestamps() },
    };
  }

  #change(agentId: string, work: (trx: Transaction<Database>) => Promise<unknown>): Promise<unknown> {
    return this.#storage.changes.change(DEPLOYMENTS_TOPIC, work, [agentId]);
  }
}

const numberOrNull = (value: number | null) => (value === null ? null : BigInt(value));

/** Whether an insert failed because the owner has a deployment of that name already. */
export const isTaken = isUniqueViolation;

const toDeployment = (row: Selectable<DeploymentsTable> | undefined): Known | undefined =>
  row && {
    agentId: row.agent_id,
    owner: row.owner,
    name: row.name,
    runtime: row.runtime,
    node: row.node,
    nodeName: row.node_name,
    release: Number(row.release),
    state: row.state,
    detail: row.detail,
    containerId: row.container_id,
    restarts: Number(row.restarts),
    runningRelease: row.running_release === null ? null : Number(row.running_release),
    updatedAt: row.updated_at,
  };
