import { type TaskState, toTaskState } from "@agentgate/protocol/a2a";
import { sql } from "kysely";
import { type Database, type Storage, sumOf } from "../storage/index.ts";
import type { IndexedContext, IndexedTask } from "./indexed-task.ts";

/** Which of a caller's tasks, newest status first. */
export interface TaskQuery {
  agentId: string;
  owner: string;
  contextId?: string | undefined;
  state?: TaskState | undefined;
  /** Microseconds; that very moment included. */
  since?: bigint | undefined;
  /** The last task of the page before. */
  after?: { statusAt: bigint; taskId: string } | undefined;
  limit: number;
}

type Row = Database["a2a_tasks"];

const terminal = ["TASK_STATE_COMPLETED", "TASK_STATE_FAILED", "TASK_STATE_CANCELED", "TASK_STATE_REJECTED"];

/** Where the index lives. */
export class TaskStore {
  readonly #storage: Storage;

  constructor(storage: Storage) {
    this.#storage = storage;
  }

  /** Inserts or moves tasks; one that is somebody else's stays as it is. Answers the owners. */
  async upsertTasks(tasks: readonly IndexedTask[], now: bigint): Promise<string[]> {
    const mine = sql`a2a_tasks.owner = excluded.owner`;
    const moved = (column: string) =>
      sql`case when ${mine} then excluded.${sql.ref(column)} else ${sql.ref(`a2a_tasks.${column}`)} end`;
    const rows = await this.#storage.db
      .insertInto("a2a_tasks")
      .values(tasks.map((task) => ({ ...toRow(task), updated_at: now })))
      .onConflict((conflict) =>
        conflict.columns(["agent_id", "task_id"]).doUpdateSet({
          state: moved("state") as never,
          status_at: moved("status_at") as never,
          context_id: moved("context_id") as never,
          updated_at: now,
        }),
      )
      .returning(["agent_id", "task_id", "owner"])
      .execute();
    const owners = new Map(rows.map(({ agent_id, task_id, owner }) => [`${agent_id}\0${task_id}`, owner]));
    return tasks.map(({ agentId, taskId }) => owners.get(`${agentId}\0${taskId}`)!);
  }

  async claimContexts(contexts: readonly IndexedContext[], now: bigint): Promise<string[]> {
    const rows = await this.#storage.db
      .insertInto("a2a_contexts")
      .values(
        contexts.map(({ agentId, contextId, owner }) => ({
          agent_id: agentId,
          context_id: contextId,
          owner,
          updated_at: now,
        })),
      )
      .onConflict((conflict) => conflict.columns(["agent_id", "context_id"]).doUpdateSet({ updated_at: now }))
      .returning(["agent_id", "context_id", "owner"])
      .execute();
    const owners = new Map(rows.map((row) => [`${row.agent_id}\0${row.context_id}`, row.owner]));
    return contexts.map(({ agentId, contextId }) => owners.get(`${agentId}\0${contextId}`)!);
  }

  async findTask(agentId: string, taskId: string): Promise<IndexedTask | undefined> {
    const query = this.#storage.db.selectFrom("a2a_tasks").selectAll().where("agent_id", "=", agentId);
    const row = await query.where("task_id", "=", taskId).executeTakeFirst();
    return row && fromRow(row);
  }

  async contextOwner(agentId: string, contextId: string): Promise<string | undefined> {
    const query = this.#storage.db.selectFrom("a2a_contexts").select("owner").where("agent_id", "=", agentId);
    return (await query.where("context_id", "=", contextId).executeTakeFirst())?.owner;
  }

  /** A page of tasks, and how many there are in all. */
  async list({ after, limit, ...query }: TaskQuery): Promise<{ tasks: IndexedTask[]; total: number }> {
    const matching = this.#matching(query);
    const counted = matching.select(sumOf(sql<bigint>`cast(1 as bigint)`).as("total")).executeTakeFirstOrThrow();
    let page = matching.selectAll().orderBy("status_at", "desc").orderBy("task_id", "desc").limit(limit);
    if (after) {
      page = page.where((eb) =>
        eb.or([
          eb("status_at", "<", after.statusAt),
          eb.and([eb("status_at", "=", after.statusAt), eb("task_id", "<", after.taskId)]),
        ]),
      );
    }
    return { tasks: (await page.execute()).map(fromRow), total: Number((await counted).total) };
  }

  /** Tasks that may have moved on since they were last seen, the most recent first. */
  async unfinished(query: Pick<TaskQuery, "agentId" | "owner" | "contextId" | "limit">): Promise<IndexedTask[]> {
    const rows = this.#matching(query).selectAll().where("state", "not in", terminal);
    return (await rows.orderBy("status_at", "desc").limit(query.limit).execute()).map(fromRow);
  }

  /** Forgets what nobody touched since then. */
  async prune(before: bigint): Promise<void> {
    await this.#storage.db.deleteFrom("a2a_tasks").where("updated_at", "<", before).execute();
    await this.#storage.db.deleteFrom("a2a_contexts").where("updated_at", "<", before).execute();
  }

  #matching({ agentId, owner, contextId, state, since }: Omit<TaskQuery, "limit" | "after">) {
    let query = this.#storage.db.selectFrom("a2a_tasks").where("agent_id", "=", agentId).where("owner", "=", owner);
    if (contextId !== undefined) query = query.where("context_id", "=", contextId);
    if (state !== undefined) query = query.where("state", "=", state);
    if (since !== undefined) query = query.where("status_at", ">=", since);
    return query;
  }
}

const toRow = (task: IndexedTask): Omit<Row, "updated_at"> => ({
  agent_id: task.agentId,
  task_id: task.taskId,
  owner: task.owner,
  context_id: task.contextId,
  state: task.state,
  status_at: task.statusAt,
});

const fromRow = (row: Row): IndexedTask => ({
  agentId: row.agent_id,
  taskId: row.task_id,
  owner: row.owner,
  contextId: row.context_id,
  state: toTaskState(row.state),
  statusAt: row.status_at,
});
