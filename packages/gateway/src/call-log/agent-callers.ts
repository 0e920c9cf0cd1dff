import { createLruCache, type LRUCache } from "../runtime/index.ts";
import { RowInsert, type Statement, type Storage } from "../storage/index.ts";

/** Whose task an agent has done. */
export interface ServedCall {
  agentId: string;
  /** By all names under which the caller may be asked for. */
  callers: readonly string[];
}

/** Pairs that are known to be in the database. */
const KNOWN_MAX = 20_000;

/**
 * Remembers, of each agent, whom it has done a task for: one row each, however many tasks, found by its key and kept when the log's rows
 * are gone.
 */
export class AgentCallers {
  readonly #storage: Storage;
  readonly #insert: RowInsert<"agent_callers">;
  readonly #known: LRUCache<string, true> = createLruCache(KNOWN_MAX);

  constructor(storage: Storage) {
    this.#storage = storage;
    this.#insert = new RowInsert(storage.engine, "agent_callers", ["agent_id", "caller"], "on conflict do nothing");
  }

  /**
   * The statements that remember these, in the order of their keys as whoever else adds some: of two transactions with the same row, one
   * waits for the other.
   */
  remembering(calls: readonly ServedCall[]): Statement[] {
    const rows = new Map<string, { agent_id: string; caller: string }>();
    for (const { agentId, callers } of calls) {
      for (const caller of callers) {
        const key = `${agentId} ${caller}`;
        if (!this.#known.get(key)) rows.set(key, { agent_id: agentId, caller });
      }
    }
    if (rows.size === 0) return [];
    return this.#insert.statements([...rows].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row));
  }

  /** They are in the database: the next task of the same caller needs no statement. */
  remembered(calls: readonly ServedCall[]): void {
    for (const { agentId, callers } of calls) {
      for (const caller of callers) {
        const key = `${agentId} ${caller}`;
        // Those that are known already were used when they were looked for.
        if (!this.#known.has(key)) this.#known.set(key, true);
      }
    }
  }

  /** Whether the agent has done a task for this caller, as far as it is written. */
  async has(agentId: string, caller: string): Promise<boolean> {
    const { db } = this.#storage;
    const query = db.selectFrom("agent_callers").select("caller").where("agent_id", "=", agentId);
    if (await query.where("caller", "=", caller).executeTakeFirst()) return true;
    // Logged with a payment, and not counted yet.
    const pending = await db
      .selectFrom("usage_pending")
      .select("callers")
      .distinct()
      .where("agent_id", "=", agentId)
      .where("callers", "is not", null)
      .execute();
    return pending.some(({ callers }) => callers!.split(" ").includes(caller));
  }
}
