import { type RawBuilder, type SqlBool, sql } from "kysely";
import type { Storage } from "../../storage/index.ts";
import { addText, countTime, type Histogram } from "./latency-histogram.ts";
import { DAY, HOUR, MINUTE, scopes } from "./rollup-rows.ts";

/** Which calls are meant: those for which all of this holds. */
export interface Selection {
  /** To agents of this organization. */
  orgId?: string | undefined;
  /** Paid for by this one, or called with its key. */
  payerOrgId?: string | undefined;
  /** To these agents. */
  agentIds?: readonly string[] | undefined;
  /** To agents of which everybody may know, when true. */
  isPublic?: boolean | undefined;
}

/** Seconds since the epoch; `to` is not in it. */
export interface Range {
  from: bigint;
  to: bigint;
}

export interface Sums {
  ok: number;
  errors: number;
  /** Micro-dollars. */
  paid: bigint;
  earned: bigint;
}

/** What came of the calls of one span. */
export interface Point extends Sums {
  at: bigint;
  /** Of what agents took, and what the gateway did; empty where only counts are kept. */
  agentTimes: Histogram;
  gatewayTimes: Histogram;
}

export type Breakdown = "agent" | "error" | "payer";

export interface Part extends Sums {
  key: string;
}

interface PointRow {
  at: bigint;
  ok: bigint;
  errors: bigint;
  paid: bigint;
  earned: bigint;
  agent_times?: string | null;
  gateway_times?: string | null;
  agent_us?: bigint | null;
  gateway_us?: bigint | null;
}

type PartRow = Record<"ok" | "errors" | "paid" | "earned", bigint> & { key: string };

const keyColumns = { agent: sql.ref("agent_id"), error: sql.ref("error"), payer: sql.ref("payer_org_id") };

/**
 * Reads sums of calls: of rollups, and of what is not added to them yet. One statement sees all of them at one instant, so that each call is
 * in the sum once.
 */
export class RollupReader {
  readonly #storage: Pick<Storage, "db" | "engine">;

  constructor(storage: Pick<Storage, "db" | "engine">) {
    this.#storage = storage;
  }

  /** Spans of this length with calls in them, ascending. Times are known of a selection by one thing alone, and agents. */
  async points(selection: Selection, { from, to }: Range, step: bigint): Promise<Point[]> {
    const names = scopesOf(selection);
    const kept = keptStep(step, selection);
    const { rows } = await (names
      ? this.#pointRows(sql`scope in (${sql.join(names)})`, selection, { from, to }, kept)
      : this.#pairPoints(selection, { from, to }, kept)
    ).execute(this.#storage.db);
    const points = new Map<bigint, Point>();
    for (const row of rows) addRow(points, row, row.at - (row.at % step));
    return [...points.values()].sort((a, b) => Number(a.at - b.at));
  }

  /**
   * The largest parts of the calls, and all of them together.
   *
   * @param step in spans of which length the range is counted: an hour or a day
   */
  async parts(
    selection: Selection,
    range: Range,
    { by, step, order, limit }: { by: Breakdown; step: bigint; order: keyof Sums | "calls"; limit: number },
  ): Promise<{ parts: Part[]; all: Sums }> {
    const largest = order === "calls" ? sql`ok + errors` : sql.ref(order);
    const { rows } = await sql<PartRow>`
      with parts as materialized (
        select ${keyColumns[by]} as key, ${SUMMED} from (${this.#pairs(selection, range, step)}) as pairs group by 1
      )
      select * from (
        select * from parts where ${by === "agent" ? sql`true` : sql`key <> ''`} order by ${largest} desc, key limit ${limit}
      ) as largest
      union all
      select '' as key, ${sql.join(COUNTS.map((name) => sql`cast(coalesce(sum(${sql.ref(name)}), 0) as bigint)`))} from parts
    `.execute(this.#storage.db);
    const toSums = ({ ok, errors, paid, earned }: PartRow) => ({
      ok: Number(ok),
      errors: Number(errors),
      paid,
      earned,
    });
    return {
      parts: rows.slice(0, -1).map((row) => ({ key: row.key, ...toSums(row) })),
      all: toSums(rows.at(-1)!),
    };
  }

  /**
   * The same over time, by spans of hours or days: what the largest parts are called, largest first, with their points. Of failures nothing
   * but failures is read.
   */
  async partPoints(
    selection: Selection,
    range: Range,
    { by, step, limit }: { by: Breakdown; step: bigint; limit: number },
  ): Promise<Map<string, Point[]>> {
    const kept = step % DAY === 0n ? DAY : HOUR;
    const size = by === "error" ? sql`sum(errors)` : sql`sum(ok + errors)`;
    const { rows } = await sql<PointRow & { key: string; size: bigint }>`
      with parts as materialized (
        select ${keyColumns[by]} as key, at - at % ${step} as at, ${SUMMED}
        from (${this.#pairs(selection, range, kept, by)}) as pairs group by 1, 2
      ),
      largest as (
        select key, cast(${size} as bigint) as size from parts
        where ${by === "agent" ? sql`true` : sql`key <> ''`} group by key order by size desc, key limit ${limit}
      )
      select parts.*, largest.size from parts join largest on largest.key = parts.key
      order by largest.size desc, parts.key, parts.at`.execute(this.#storage.db);
    const found = new Map<string, Map<bigint, Point>>();
    for (const row of rows) {
      const points = found.get(row.key) ?? new Map<bigint, Point>();
      found.set(row.key, points);
      addRow(points, row, row.at);
    }
    return new Map([...found].map(([key, points]) => [key, [...points.values()]]));
  }

  #pointRows(isInScope: RawBuilder<unknown>, selection: Selection, { from, to }: Range, step: bigint) {
    return sql<PointRow>`
      select at, ok, errors, paid, earned, agent_times, gateway_times, ${NO_TIME} as agent_us, ${NO_TIME} as gateway_us
      from call_rollups where ${isInScope} and step = ${step} and at >= ${from} and at < ${to}
      union all
      select at, case when error = '' then calls else 0 end, case when error = '' then 0 else calls end, paid, earned,
        agent_times, gateway_times, ${NO_TIME}, ${NO_TIME}
      from rollup_pending where ${isSelected(selection)} and at >= ${from} and at < ${to}
      union all
      select at, 1 - errors, errors, paid, earned, null, null, agent_us, gateway_us
      from (${UNCOUNTED}) as uncounted
      where ${isSelected(selection)} and at >= ${from} and at < ${to}`;
  }

  #pairPoints(selection: Selection, range: Range, step: bigint) {
    return sql<PointRow>`
      select at, ${SUMMED} from (${this.#pairs(selection, range, step)}) as pairs group by 1`;
  }

  /** `agent_id, payer_org_id, error, at, calls, paid, earned`; the range is one of whole spans. By errors: of failures alone. */
  #pairs(selection: Selection, { from, to }: Range, step: bigint, by?: Breakdown) {
    const isCounted = sql`${isSelected(selection)}${by === "error" ? sql` and error <> ''` : sql``}`;
    return sql`
      select agent_id, payer_org_id, error, at, calls, paid, earned from call_pairs
      where step = ${step} and at >= ${from} and at < ${to} and ${isCounted}
      union all
      select agent_id, coalesce(payer_org_id, ''), error, at - at % ${step}, calls, paid, earned from rollup_pending
      where at >= ${from} and at < ${to} and ${isCounted}
      union all
      select agent_id, coalesce(payer_org_id, ''), error, at - at % ${step}, 1, paid, earned
      from (${UNCOUNTED}) as uncounted
      where at >= ${from} and at < ${to} and ${isCounted}`;
  }
}

const COUNTS = ["ok", "errors", "paid", "earned"];

/** Sums of pairs' rows. */
const SUMMED = sql`
  cast(sum(case when error = '' then calls else 0 end) as bigint) as ok,
  cast(sum(case when error = '' then 0 else calls end) as bigint) as errors,
  cast(sum(paid) as bigint) as paid, cast(sum(earned) as bigint) as earned`;

const NO_TIME = sql`cast(null as bigint)`;

/** Paid calls that nothing counts yet. */
const UNCOUNTED = sql`
  select (last_call_at / 60000000) * 60 as at, agent_id, org_id, payer_org_id, coalesce(is_public, 1) as is_public, errors,
    coalesce(error, case when errors = 1 then 'other' else '' end) as error, coalesce(agent_us, latency_us) as agent_us, gateway_us,
    coalesce(paid, 0) as paid, coalesce(earned, 0) as earned
  from usage_pending`;

function isSelected({ orgId, payerOrgId, agentIds, isPublic }: Selection): RawBuilder<SqlBool> {
  const conditions = [
    ...(orgId === undefined ? [] : [sql`org_id = ${orgId}`]),
    ...(payerOrgId === undefined ? [] : [sql`payer_org_id = ${payerOrgId}`]),
    ...(agentIds === undefined ? [] : [agentIds.length === 0 ? sql`1 = 0` : sql`agent_id in (${sql.join(agentIds)})`]),
    ...(isPublic === true ? [sql`is_public = 1`] : []),
  ];
  return sql`(${sql.join([sql`1 = 1`, ...conditions], sql` and `)})`;
}

/** By which scopes' rows a selection is summed; undefined where there are none. */
function scopesOf({ orgId, payerOrgId, agentIds, isPublic }: Selection): string[] | undefined {
  if (agentIds !== undefined) {
    // An agent's rows hold all its calls, whoever made them.
    if (payerOrgId !== undefined || agentIds.length === 0) return undefined;
    return agentIds.map(scopes.agent);
  }
  if (orgId !== undefined) return payerOrgId === undefined ? [scopes.org(orgId)] : undefined;
  if (payerOrgId !== undefined) return [scopes.payer(payerOrgId)];
  return [isPublic === true ? scopes.public : scopes.total];
}

/** The longest spans that are kept of a selection and make up the wanted one. */
function keptStep(step: bigint, selection: Selection): bigint {
  const isByPairs = scopesOf(selection) === undefined;
  if (step % DAY === 0n && (isByPairs || selection.agentIds !== undefined)) return DAY;
  return step % HOUR === 0n || isByPairs ? HOUR : MINUTE;
}

function addRow(points: Map<bigint, Point>, row: PointRow, at: bigint): void {
  let point = points.get(at);
  if (!point) {
    point = { at, ok: 0, errors: 0, paid: 0n, earned: 0n, agentTimes: new Map(), gatewayTimes: new Map() };
    points.set(at, point);
  }
  point.ok += Number(row.ok);
  point.errors += Number(row.errors);
  point.paid += row.paid;
  point.earned += row.earned;
  if (row.agent_times != null) addText(point.agentTimes, row.agent_times);
  if (row.gateway_times != null) addText(point.gatewayTimes, row.gateway_times);
  if (row.agent_us != null) countTime(point.agentTimes, Number(row.agent_us));
  if (row.gateway_us != null) countTime(point.gatewayTimes, Number(row.gateway_us));
}
