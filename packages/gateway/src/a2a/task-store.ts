import { type TaskState, toTaskState } from "@agentgate/protocol/a2a";
import { sql } from "kysely";
import { createLruCache } from "../runtime/index.ts";
import { type Database, RowInsert, type Storage, sumOf } from "../storage/index.ts";
import { idKey } from "./id-key.ts";
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

/** A task with whose agent it is at, which counts when it is first seen. */
export type TaskToKeep = IndexedTask & { orgId?: string | null };

type Row = Database["a2a_tasks"];

const TASK_COLUMNS = [
  "key",
  "agent_id",
  "org_id",
  "task_id",
  "owner_key",
  "owner",
  "context_id",
  "state",
  "status_at",
  "updated_at",
  "hold",
] as const;
const CONTEXT_COLUMNS = ["key", "owner", "updated_at"] as const;
const OWNERS_REMEMBERED = 1_000;
const KEY_MIN = -(2n ** 63n);
const FORGOTTEN_AT_ONCE = 250n;
/** How many of a caller's tasks one list looks at, newest first, and counts. */
export const LOOKED_AT_MAX = 10_000;
/** A row that is somebody else's is not touched, and so not counted among those affected. Another hold begins with nothing shown. */
const MOVE_MINE = `on conflict (key) do update
  set state = excluded.state, status_at = excluded.status_at, context_id = excluded.context_id, updated_at = excluded.updated_at,
    hold = coalesce(excluded.hold, a2a_tasks.hold),
    shown = case when coalesce(excluded.hold, a2a_tasks.hold) = a2a_tasks.hold then a2a_tasks.shown else 0 end
  where a2a_tasks.owner = excluded.owner and a2a_tasks.task_id = excluded.task_id and a2a_tasks.agent_id = excluded.agent_id`;
const TOUCH_MINE = `on conflict (key) do update
  set updated_at = excluded.updated_at where a2a_contexts.owner = excluded.owner`;

const terminal = ["TASK_STATE_COMPLETED", "TASK_STATE_FAILED", "TASK_STATE_CANCELED", "TASK_STATE_REJECTED"];

/** Where the index lives. */
export class TaskStore {
  readonly #storage: Storage;
  readonly #taskInsert: RowInsert<"a2a_tasks">;
  readonly #contextInsert: RowInsert<"a2a_contexts">;
  readonly #ownerKeys = createLruCache<string, bigint>(OWNERS_REMEMBERED);

  constructor(storage: Storage) {
    this.#storage = storage;
    this.#taskInsert = new RowInsert(storage.engine, "a2a_tasks", TASK_COLUMNS, MOVE_MINE);
    this.#contextInsert = new RowInsert(storage.engine, "a2a_contexts", CONTEXT_COLUMNS, TOUCH_MINE);
  }

  /**
   * Inserts or moves tasks and claims contexts, in one transaction; what is somebody else's stays as it is. Neither list names a key
   * twice. Answers the owners, of the tasks and then of the contexts.
   */
  async record(
    tasks: readonly TaskToKeep[],
    contexts: readonly IndexedContext[],
    now: bigint,
  ): Promise<(string | undefined)[]> {
    const statements = [
      ...this.#taskInsert.statements(tasks.map((task) => this.#toRow(task, now)).sort(byKey)),
      ...this.#contextInsert.statements(contexts.map((context) => toContextRow(context, now)).sort(byKey)),
    ];
    const results = await this.#storage.batch(statements);
    const rows = tasks.length + contexts.length;
    const mine = results.reduce((sum, { affected }) => sum + affected, 0n) === BigInt(rows);
    if (mine) return [...tasks, ...contexts].map(({ owner }) => owner);
    return Promise.all([
      ...tasks.map(async ({ agentId, taskId }) => (await this.findTask(agentId, taskId))?.value.owner),
      ...contexts.map(({ agentId, contextId }) => this.contextOwner(agentId, contextId)),
    ]);
  }

  /** @returns the task, and when it was touched last, in milliseconds */
  async findTask(agentId: string, taskId: string): Promise<{ value: IndexedTask; touchedAt: number } | undefined> {
    const query = this.#storage.db.selectFrom("a2a_tasks").selectAll().where("key", "=", idKey(agentId, taskId));
    const row = await query.executeTakeFirst();
    if (row?.task_id !== taskId || row.agent_id !== agentId) return undefined;
    return { value: fromRow(row), touchedAt: Number(row.updated_at / 1000n) };
  }

  async contextOwner(agentId: string, contextId: string): Promise<string | undefined> {
    const query = this.#storage.db.selectFrom("a2a_contexts").select("owner");
    return (await query.where("key", "=", idKey(agentId, contextId)).executeTakeFirst())?.owner;
  }

  /** A page of tasks, and how many there are among the newest `LOOKED_AT_MAX`. */
  async list({ after, limit, ...query }: TaskQuery): Promise<{ tasks: IndexedTask[]; total: number }> {
    const counted = this.#matching(query)
      .select(sumOf(sql<bigint>`cast(1 as bigint)`).as("total"))
      .executeTakeFirstOrThrow();
    let page = this.#matching(query, after?.statusAt).selectAll();
    page = page.orderBy("status_at", "desc").orderBy("task_id", "desc").limit(limit);
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

  /**
   * Forgets what nobody touched since then (microseconds), a few rows at a time, so that nobody waits for long. Yields when each few
   * are done: when one of them was touched that was not touched for longest. An index of that would cost each new task more than a walk
   * through all costs.
   */
  async *forget(before: bigint): AsyncGenerator<bigint> {
    for (const table of ["a2a_tasks", "a2a_contexts"]) {
      const rows = sql.table(table);
      for (let after = KEY_MIN; ; ) {
        const next = sql`select key, updated_at from ${rows} where key > ${after} order by key limit ${FORGOTTEN_AT_ONCE}`;
        const found = await sql<{ last: bigint | null; oldest: bigint }>`
          select max(key) as last, min(updated_at) as oldest from (${next}) as next_rows`.execute(this.#storage.db);
        const { last = null, oldest = 0n } = found.rows[0] ?? {};
        if (last === null) break;
        if (oldest < before) {
          const old = sql`key > ${after} and key <= ${last} and updated_at < ${before}`;
          await sql`delete from ${rows} where ${old}`.execute(this.#storage.db);
        }
        yield oldest;
        after = last;
      }
    }
  }

  /** @param until the newest that is looked at, in microseconds */
  #matching({ agentId, owner, contextId, state, since }: Omit<TaskQuery, "limit" | "after">, until?: bigint) {
    const { db } = this.#storage;
    let newest = db.selectFrom("a2a_tasks").selectAll().where("owner_key", "=", this.#ownerKey(agentId, owner));
    if (until !== undefined) newest = newest.where("status_at", "<=", until);
    if (since !== undefined) newest = newest.where("status_at", ">=", since);
    newest = newest.orderBy("status_at", "desc").limit(LOOKED_AT_MAX);
    let query = db.selectFrom(newest.as("newest")).where("agent_id", "=", agentId).where("owner", "=", owner);
    if (contextId !== undefined) query = query.where("context_id", "=", contextId);
    if (state !== undefined) query = query.where("state", "=", state);
    return query;
  }

  #ownerKey(agentId: string, owner: string): bigint {
    const name = `${agentId}\0${owner}`;
    let key = this.#ownerKeys.get(name);
    if (key === undefined) {
      key = idKey(agentId, owner);
      this.#ownerKeys.set(name, key);
    }
    return key;
  }

  #toRow(task: TaskToKeep, now: bigint): Row {
    return {
      key: idKey(task.agentId, task.taskId),
      agent_id: task.agentId,
      org_id: task.orgId ?? null,
      task_id: task.taskId,
      owner_key: this.#ownerKey(task.agentId, task.owner),
      owner: task.owner,
      context_id: task.contextId,
      state: task.state,
      status_at: task.statusAt,
      updated_at: now,
      hold: task.hold ?? null,
      shown: 0n,
    };
  }
}

/** Nodes that write the same rows lock them in the same order. */
const byKey = (one: { key: bigint }, other: { key: bigint }): number => (one.key < other.key ? -1 : 1);

const toContextRow = ({ agentId, contextId, owner }: IndexedContext, now: bigint) => ({
  key: idKey(agentId, contextId),
  owner,
  updated_at: now,
});

const fromRow = (row: Row): IndexedTask => ({
  agentId: row.agent_id,
  taskId: row.task_id,
  owner: row.owner,
  contextId: row.context_id,
  state: toTaskState(row.state),
  statusAt: row.status_at,
  hold: row.hold ?? undefined,
});
