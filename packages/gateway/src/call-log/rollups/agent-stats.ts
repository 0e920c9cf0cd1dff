import { sql } from "kysely";
import { type AgentCallStatsTable, RowInsert, type Statement, type Storage } from "../../storage/index.ts";
import { addText, type Histogram, percentiles } from "./latency-histogram.ts";
import { DAY, scopes } from "./rollup-rows.ts";

/** What of thirty days is told: today, UTC, and the days before. */
export const RECENT_DAYS = 30n;
/** Agents that are computed at once. */
const PAGE = 50;
/** More digits would have agents change their places all the time. */
const DIGITS = 3;

/**
 * Keeps of every agent that is called how its last thirty days went, a few minutes old, so that a list of agents reads one row for each.
 */
export class AgentStats {
  readonly #storage: Storage;
  readonly #computed: RowInsert<"agent_call_stats">;

  constructor(storage: Storage) {
    this.#storage = storage;
    this.#computed = new RowInsert(storage.engine, "agent_call_stats", COMPUTED, REPLACE);
  }

  /** Computes some of those that are due. @param now seconds since the epoch @returns whether there may be more */
  async compute(now: bigint): Promise<boolean> {
    const { db } = this.#storage;
    const due = await db
      .selectFrom("agent_call_stats")
      .select("agent_id")
      .where("due_at", "<=", now)
      .orderBy("due_at")
      .limit(PAGE)
      .execute();
    if (due.length === 0) return false;
    const ids = due.map(({ agent_id }) => agent_id);
    const today = now / DAY;
    const [agents, counts, times] = await Promise.all([
      db.selectFrom("agents").select(["id", "recent_calls"]).where("id", "in", ids).execute(),
      this.#counts(ids, today - RECENT_DAYS),
      this.#times(ids, today - RECENT_DAYS),
    ]);
    const known = new Map(agents.map(({ id, recent_calls }) => [id, recent_calls]));
    const rows = ids
      .filter((id) => known.has(id))
      .map((agent_id) => {
        const { calls, errors } = counts.get(agent_id) ?? { calls: 0n, errors: 0n };
        const [p50, p95] = percentiles(times.get(agent_id) ?? new Map(), [0.5, 0.95]).map(toMicros);
        // Days pass also for an agent that is not called any more.
        const due_at = calls > 0n ? (today + 1n) * DAY : null;
        return { agent_id, calls, errors, p50_us: p50!, p95_us: p95!, computed_at: now, due_at };
      });
    const gone = ids.filter((id) => !known.has(id));
    const moved = rows.filter(({ agent_id, calls }) => known.get(agent_id) !== rounded(calls));
    await this.#storage.batch([
      ...moved
        .toSorted((a, b) => (a.agent_id < b.agent_id ? -1 : 1))
        .map(({ agent_id, calls }) => this.#setCalls(agent_id, rounded(calls))),
      ...this.#computed.statements(rows.toSorted((a, b) => (a.agent_id < b.agent_id ? -1 : 1))),
      ...(gone.length > 0 ? [db.deleteFrom("agent_call_stats").where("agent_id", "in", gone).compile()] : []),
    ]);
    return ids.length === PAGE;
  }

  /** Waits for nobody: an agent that somebody changes at this moment has it set the next time. */
  #setCalls(agentId: string, calls: bigint): Statement {
    const { engine, db } = this.#storage;
    const place = db.selectFrom("agents").select("seq").where("id", "=", agentId);
    const free = engine === "postgres" ? place.forNoKeyUpdate().skipLocked() : place;
    return db.updateTable("agents").set({ recent_calls: calls }).where("seq", "=", free).compile();
  }

  async #counts(ids: readonly string[], after: bigint): Promise<Map<string, { calls: bigint; errors: bigint }>> {
    const { rows } = await sql<{ agent_id: string; calls: bigint; errors: bigint }>`
      select agent_id, cast(sum(invocations) as bigint) as calls, cast(sum(errors) as bigint) as errors
      from usage_daily where agent_id in (${sql.join(ids)}) and day > ${after} group by agent_id`.execute(
      this.#storage.db,
    );
    return new Map(rows.map((row) => [row.agent_id, row]));
  }

  async #times(ids: readonly string[], after: bigint): Promise<Map<string, Histogram>> {
    const rows = await this.#storage.db
      .selectFrom("call_rollups")
      .select(["scope", "agent_times"])
      .where("scope", "in", ids.map(scopes.agent))
      .where("step", "=", DAY)
      .where("at", ">", after * DAY)
      .execute();
    const times = new Map(ids.map((id): [string, Histogram] => [scopes.agent(id), new Map()]));
    for (const { scope, agent_times } of rows) addText(times.get(scope)!, agent_times);
    return new Map(ids.map((id) => [id, times.get(scopes.agent(id))!]));
  }

  /** When the agent last did what it was asked for, microseconds since the epoch; null for never. */
  async lastSuccessAt(agentId: string): Promise<bigint | null> {
    const { rows } = await sql<{ at: bigint | null }>`
      select max(at) as at from (
        select last_success_at as at from agent_call_stats where agent_id = ${agentId}
        union all
        select last_call_at from rollup_pending where agent_id = ${agentId} and error = ''
        union all
        select last_call_at from usage_pending where agent_id = ${agentId} and errors = 0
      ) as successes`.execute(this.#storage.db);
    return rows[0]!.at;
  }
}

const toMicros = (micros: number | null): bigint | null => (micros === null ? null : BigInt(Math.round(micros)));

/** To some digits, downward. */
function rounded(calls: bigint): bigint {
  const unit = 10n ** BigInt(Math.max(0, `${calls}`.length - DIGITS));
  return (calls / unit) * unit;
}

const COMPUTED = [
  "agent_id",
  "calls",
  "errors",
  "p50_us",
  "p95_us",
  "computed_at",
  "due_at",
] as const satisfies (keyof AgentCallStatsTable)[];

const REPLACE = `on conflict (agent_id) do update set ${COMPUTED.slice(1)
  .map((column) => `${column} = excluded.${column}`)
  .join(", ")}`;
