import type { TaskState } from "@agentgate/protocol/a2a";
import { type RawBuilder, type SqlBool, sql } from "kysely";
import type { Clock } from "../runtime/index.ts";
import type { Database, Storage } from "../storage/index.ts";
import { idKey } from "./id-key.ts";

/** Which tasks are listed: those at agents of an organization (null: of none), or those of a caller. */
export type TaskView = { orgId: string | null } | { caller: string };

export interface TaskFilter {
  view: TaskView;
  /** Any of them; undefined for all. */
  agentIds?: readonly string[] | undefined;
  taskId?: string | undefined;
  contextId?: string | undefined;
  /** Any of them; undefined for all. */
  states?: readonly TaskState[] | undefined;
}

/** Where a page begins: behind the task with this status and key. */
export interface TaskPlace {
  statusAt: bigint;
  key: bigint;
}

export type TaskRow = Omit<Database["a2a_tasks"], "owner_key" | "hold" | "shown" | "updated_at">;

export interface TaskListPage {
  rows: TaskRow[];
  /** Where the list goes on; undefined at its end. */
  next: TaskPlace | undefined;
  /** The search's time was over: there may be more where it goes on. */
  isCut: boolean;
}

export const PLACE = /^-?\d{1,18}~-?\d{1,19}$/;
export const placeText = ({ statusAt, key }: TaskPlace): string => `${statusAt}~${key}`;

/** @param text as `PLACE` has it */
export function placeIn(text: string): TaskPlace {
  const [statusAt = "0", key = "0"] = text.split("~");
  return { statusAt: BigInt(statusAt), key: BigInt.asIntN(64, BigInt(key)) };
}

/** Tasks that one statement looks at: few enough that nobody waits for it. */
const WINDOW = 2_000;
/** How long one list looks for tasks that pass its filter. */
const SEARCH_MS = 300;
const COLUMNS = ["key", "agent_id", "org_id", "task_id", "owner", "context_id", "state", "status_at"] as const;
const LAST: TaskPlace = { statusAt: 2n ** 63n - 1n, key: 2n ** 63n - 1n };

/**
 * The index of tasks as its readers page through it, newest status first. Along the index of whose they are, in windows of so many rows that
 * each is looked through in a moment, whatever is looked for.
 */
export class TaskList {
  readonly #storage: Storage;
  readonly #clock: Clock;

  constructor(storage: Storage, clock: Clock) {
    this.#storage = storage;
    this.#clock = clock;
  }

  async page(filter: TaskFilter, before: TaskPlace | undefined, limit: number): Promise<TaskListPage> {
    if (filter.agentIds?.length === 0) return { rows: [], next: undefined, isCut: false };
    if (filter.taskId !== undefined && filter.agentIds?.length === 1) return this.#one(filter, filter.agentIds[0]!);
    const { view } = filter;
    const isOf = "caller" in view ? sql`owner = ${view.caller}` : isOfOrg(view.orgId);
    const endsAt = this.#clock.monotonic() + SEARCH_MS;
    const rows: TaskRow[] = [];
    for (let place = before ?? LAST; ; ) {
      const last = await this.#windowEnd(isOf, place);
      const found = await this.#window(filter, isOf, place, last, limit + 1 - rows.length);
      rows.push(...found);
      if (rows.length > limit) return { rows: rows.slice(0, limit), next: placeOf(rows[limit - 1]!), isCut: false };
      if (last === undefined) return { rows, next: undefined, isCut: false };
      if (this.#clock.monotonic() >= endsAt) return { rows, next: last, isCut: true };
      place = last;
    }
  }

  /** By its key: the one index entry that it has. */
  async #one({ view, taskId, contextId, states }: TaskFilter, agentId: string): Promise<TaskListPage> {
    const query = this.#db.selectFrom("a2a_tasks").select(COLUMNS).where("key", "=", idKey(agentId, taskId!));
    const row = await query.executeTakeFirst();
    const isWanted =
      row !== undefined &&
      row.agent_id === agentId &&
      row.task_id === taskId &&
      ("caller" in view ? row.owner === view.caller : row.org_id === view.orgId) &&
      (contextId === undefined || row.context_id === contextId) &&
      (states?.includes(row.state as TaskState) ?? true);
    return { rows: isWanted ? [row] : [], next: undefined, isCut: false };
  }

  /** The last place of the window; undefined where the rest is within. Only the index is read. */
  async #windowEnd(isOf: RawBuilder<unknown>, from: TaskPlace): Promise<TaskPlace | undefined> {
    const { rows } = await sql<Pick<TaskRow, "key" | "status_at">>`
      select status_at, key from a2a_tasks where ${isOf} and ${isBehind(from)}
      order by ${newest} limit 1 offset ${sql.lit(WINDOW - 1)}`.execute(this.#db);
    return rows[0] && placeOf(rows[0]);
  }

  async #window(
    filter: TaskFilter,
    isOf: RawBuilder<unknown>,
    from: TaskPlace,
    last: TaskPlace | undefined,
    limit: number,
  ): Promise<TaskRow[]> {
    const isWithin = last === undefined ? sql`true` : sql`(status_at, key) >= (${last.statusAt}, ${last.key})`;
    const columns = sql.join(COLUMNS.map((column) => sql.ref(column)));
    const { rows } = await sql<TaskRow>`
      select ${columns} from a2a_tasks where ${isOf} and ${isBehind(from)} and ${isWithin} and ${passes(filter)}
      order by ${newest} limit ${limit}`.execute(this.#db);
    return rows;
  }

  get #db() {
    return this.#storage.db;
  }
}

const newest = sql`status_at desc, key desc`;
const isOfOrg = (orgId: string | null) => (orgId === null ? sql`org_id is null` : sql`org_id = ${orgId}`);
const isBehind = ({ statusAt, key }: TaskPlace) => sql`(status_at, key) < (${statusAt}, ${key})`;
const placeOf = ({ status_at, key }: Pick<TaskRow, "key" | "status_at">): TaskPlace => ({ statusAt: status_at, key });

/** Not to be looked up by: the rows come along the index of whose they are. */
function passes({ agentIds, taskId, contextId, states }: TaskFilter): RawBuilder<SqlBool> {
  const conditions = [
    sql`1 = 1`,
    ...(agentIds === undefined ? [] : [sql`agent_id in (${sql.join([...agentIds])})`]),
    ...(taskId === undefined ? [] : [sql`task_id = ${taskId}`]),
    ...(contextId === undefined ? [] : [sql`context_id = ${contextId}`]),
    ...(states === undefined ? [] : [sql`state in (${sql.join([...states])})`]),
  ];
  return sql`(${sql.join(conditions, sql` and `)})`;
}
