import type { Insertable } from "kysely";
import {
  type AgentCallStatsTable,
  type CallPairsTable,
  type CallRollupsTable,
  type EngineName,
  type RollupPendingTable,
  RowInsert,
  type Statement,
  type Storage,
} from "../../storage/index.ts";
import type { CallGroup } from "../call-groups.ts";
import { KeyQuota } from "./key-quota.ts";
import { toText } from "./latency-histogram.ts";
import { MINUTE, type PendingGroup, rowsOf } from "./rollup-rows.ts";

/** So many rows one transaction adds to, about: it takes what makes as many. */
const ROWS_WANTED = 200;
const TAKEN = { min: 50, max: 5_000 };
/** An agent's last thirty days are computed anew at most so often, in seconds. */
const STATS_EVERY = 300;

/**
 * Calls are counted in two steps. With their rows in the log, or with the totals when they were paid, groups of them are inserted, which
 * nobody else writes. `fold` then adds groups to the rollups: rows that many calls share, written by one node at a time. Each group is added
 * once, whoever folds: it is deleted in the same transaction. Whoever reads adds what is still to be folded.
 */
export class RollupStore {
  readonly #storage: Storage;
  readonly #pending: RowInsert<"rollup_pending">;
  readonly #rollups: RowInsert<"call_rollups">;
  readonly #pairs: RowInsert<"call_pairs">;
  readonly #stats: RowInsert<"agent_call_stats">;
  readonly #quota = new KeyQuota();
  #taken = TAKEN.min;
  /** Agents up to this one have had their turn. */
  #after = "";

  constructor(storage: Storage) {
    const { engine } = storage;
    this.#storage = storage;
    this.#pending = new RowInsert(engine, "rollup_pending", PENDING_COLUMNS);
    this.#rollups = new RowInsert(engine, "call_rollups", ROLLUP_COLUMNS, addRollups(engine));
    this.#pairs = new RowInsert(engine, "call_pairs", PAIR_COLUMNS, ADD_PAIRS);
    this.#stats = new RowInsert(engine, "agent_call_stats", STATS_COLUMNS, ADD_STATS);
  }

  /** The statements that count these calls. They wait for nobody's lock. */
  counting(groups: readonly CallGroup[]): Statement[] {
    return this.#pending.statements(groups.map(toPending));
  }

  /**
   * Adds groups to the rollups, those of the next agents. Of an agent that is called often there are many, which are added together: the
   * more there is to do, the less each costs.
   *
   * @param now seconds since the epoch
   * @returns whether there is more at once
   */
  async fold(now: bigint): Promise<boolean> {
    const some = this.#storage.db.selectFrom("rollup_pending").select("seq").limit(1);
    if ((await some.executeTakeFirst()) === undefined) return false;
    const { groups, rows } = await this.#storage.transact([this.#take()], ([taken]) => {
      const groups = taken!.rows as PendingGroup[];
      const { rollups, pairs, stats } = rowsOf(groups, this.#quota);
      const writes = [
        ...this.#rollups.statements(rollups),
        ...this.#pairs.statements(pairs),
        ...this.#stats.statements(stats.map((row) => ({ ...row, ...UNCOMPUTED, due_at: now }))),
      ];
      return { writes, value: { groups, rows: rollups.length + pairs.length + stats.length } };
    });
    const isWhole = groups.length < this.#taken;
    const wrapped = isWhole && this.#after !== "";
    this.#after = isWhole
      ? ""
      : groups
          .map(({ agent_id }) => agent_id)
          .toSorted()
          .at(-1)!;
    const share = Math.min(1.5, Math.max(0.5, ROWS_WANTED / Math.max(1, rows)));
    if (share < 1 || !isWhole) this.#taken = Math.min(TAKEN.max, Math.max(TAKEN.min, Math.round(this.#taken * share)));
    return !isWhole || wrapped;
  }

  #take(): Statement {
    const { engine, db } = this.#storage;
    const next = db
      .selectFrom("rollup_pending")
      .select("seq")
      .where("agent_id", ">", this.#after)
      .orderBy("agent_id")
      .orderBy("seq")
      .limit(this.#taken);
    const free = engine === "postgres" ? next.forUpdate().skipLocked() : next;
    return db.deleteFrom("rollup_pending").where("seq", "in", free).returning(PENDING_COLUMNS).compile();
  }
}

const toPending = (group: CallGroup): Insertable<RollupPendingTable> => ({
  at: BigInt(group.minute) * MINUTE,
  agent_id: group.agentId,
  org_id: group.orgId,
  payer_org_id: group.payerOrgId,
  error: group.error,
  is_public: group.isPublic ? 1n : 0n,
  calls: BigInt(group.calls),
  paid: group.paid,
  earned: group.earned,
  agent_times: toText(group.agentTimes),
  gateway_times: toText(group.gatewayTimes),
  last_call_at: group.lastCallAt,
});

const PENDING_COLUMNS = [
  "at",
  "agent_id",
  "org_id",
  "payer_org_id",
  "error",
  "is_public",
  "calls",
  "paid",
  "earned",
  "agent_times",
  "gateway_times",
  "last_call_at",
] as const satisfies (keyof RollupPendingTable)[];

const ROLLUP_COLUMNS = [
  "scope",
  "step",
  "at",
  "ok",
  "errors",
  "paid",
  "earned",
  "agent_times",
  "gateway_times",
] as const satisfies (keyof CallRollupsTable)[];

const PAIR_COLUMNS = [
  "agent_id",
  "step",
  "at",
  "payer_org_id",
  "error",
  "org_id",
  "calls",
  "paid",
  "earned",
] as const satisfies (keyof CallPairsTable)[];

const STATS_COLUMNS = [
  "agent_id",
  "last_success_at",
  "calls",
  "errors",
  "computed_at",
  "due_at",
] as const satisfies (keyof AgentCallStatsTable)[];
const UNCOMPUTED = { calls: 0n, errors: 0n, computed_at: 0n };

const added = (table: string, columns: readonly string[]): string[] =>
  columns.map((column) => `${column} = ${table}.${column} + excluded.${column}`);

/** Counts by bin, added up by the database. */
const merged = (engine: EngineName, column: string): string => {
  const [before, more] = [`call_rollups.${column}`, `excluded.${column}`];
  const both = (each: string, count: string) =>
    `(select key, sum(${count}) as count from (select key, value from ${each}(${before}${engine === "postgres" ? "::json" : ""})
      union all select key, value from ${each}(${more}${engine === "postgres" ? "::json" : ""})) as counts group by key) as sums`;
  const sums =
    engine === "postgres"
      ? `(select json_object_agg(key, count)::text from ${both("json_each_text", "value::bigint")})`
      : `(select json_group_object(key, count) from ${both("json_each", "value")})`;
  return `${column} = case when ${more} = '{}' then ${before} when ${before} = '{}' then ${more} else ${sums} end`;
};

const addRollups = (engine: EngineName): string =>
  `on conflict (scope, step, at) do update set ${[
    ...added("call_rollups", ["ok", "errors", "paid", "earned"]),
    merged(engine, "agent_times"),
    merged(engine, "gateway_times"),
  ].join(", ")}`;

const ADD_PAIRS = `on conflict (agent_id, step, at, payer_org_id, error) do update set
  ${added("call_pairs", ["calls", "paid", "earned"]).join(", ")}`;

const earlier = (a: string, b: string): string => `case when ${a} < ${b} then ${a} else ${b} end`;
const later = (a: string, b: string): string => `case when ${a} is null or ${b} > ${a} then ${b} else ${a} end`;
// Computed in the future, by a clock that was wrong, counts as computed now.
const AGAIN_AT = `${earlier("agent_call_stats.computed_at", "excluded.due_at")} + ${STATS_EVERY}`;
const ADD_STATS = `on conflict (agent_id) do update set
  last_success_at = ${later("agent_call_stats.last_success_at", "excluded.last_success_at")},
  due_at = ${earlier("agent_call_stats.due_at", `(${AGAIN_AT})`)}`;
