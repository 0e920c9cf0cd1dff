import { sql } from "kysely";
import type { Kept } from "../leases/index.ts";
import type { EngineName, HealthDaysTable, Statement, Storage } from "../storage/index.ts";
import type { CheckResult } from "./agent-health.ts";

/** UTC days that are kept, today included. */
export const DAYS_KEPT = 90;
const DAY_MS = 86_400_000;
const PAGE = 500;

const dayOf = (ms: number): bigint => BigInt(Math.floor(ms / DAY_MS));

/** Counts these checks, but of agents that are gone; in the order of their ids. */
export function countingChecks(
  { engine, db }: Pick<Storage, "engine" | "db">,
  results: readonly CheckResult[],
): Statement {
  const rows = results.map(({ agentId, checkedAt, status }) => ({
    agent_id: agentId,
    day: Number(dayOf(checkedAt)),
    failed: status === "healthy" ? 0 : 1,
  }));
  return sql`
    insert into health_days (agent_id, day, checks, failed) ${fromJson[engine](JSON.stringify(rows))}
    on conflict (agent_id, day) do update set
      checks = health_days.checks + 1, failed = health_days.failed + excluded.failed
  `.compile(db);
}

const fromJson: Record<EngineName, (rows: string) => ReturnType<typeof sql>> = {
  sqlite: (rows) => sql`
    select value ->> 'agent_id', value ->> 'day', 1, value ->> 'failed'
    from json_each(${rows}) where exists (select 1 from agents where id = value ->> 'agent_id')`,
  postgres: (rows) => sql`
    select agents.id, day, 1, failed
    from json_to_recordset(${rows}::json) as given (agent_id text, day bigint, failed bigint)
    join agents on agents.id = given.agent_id order by agents.id`,
};

/** The days on which an agent was looked at, from this one on; by day. */
export async function healthDays(
  { db }: Pick<Storage, "db">,
  agentId: string,
  fromMs: number,
): Promise<Map<bigint, Pick<HealthDaysTable, "checks" | "failed">>> {
  const rows = await db
    .selectFrom("health_days")
    .select(["day", "checks", "failed"])
    .where("agent_id", "=", agentId)
    .where("day", ">=", dayOf(fromMs))
    .execute();
  return new Map(rows.map(({ day, ...counts }) => [day, counts]));
}

/** The same of many agents, by id; those without are left out. */
export async function healthDaysOf(
  { db }: Pick<Storage, "db">,
  agentIds: readonly string[],
  fromMs: number,
): Promise<Map<string, Map<number, CheckedDay>>> {
  const found = new Map<string, Map<number, CheckedDay>>();
  if (agentIds.length === 0) return found;
  const rows = await db
    .selectFrom("health_days")
    .selectAll()
    .where("agent_id", "in", agentIds)
    .where("day", ">=", dayOf(fromMs))
    .execute();
  for (const { agent_id, day, checks, failed } of rows) {
    const days = found.get(agent_id) ?? new Map<number, CheckedDay>();
    found.set(agent_id, days.set(Number(day), { checks: Number(checks), failed: Number(failed) }));
  }
  return found;
}

/** How often an agent was looked at on a day, and how often it was found unwell. */
export interface CheckedDay {
  checks: number;
  failed: number;
}

/** How long the counts of checks are kept. */
export const keptHealthDays = ({ db }: Pick<Storage, "db">): Kept => ({
  lease: "forgetting-health-days",
  what: "old counts of health checks",
  keptMs: DAYS_KEPT * DAY_MS,
  async *forget(beforeMs) {
    const before = dayOf(beforeMs);
    for (;;) {
      const oldest = await db.selectFrom("health_days").select("day").orderBy("day").limit(1).executeTakeFirst();
      yield oldest && Number(oldest.day) * DAY_MS;
      if (!oldest || oldest.day >= before) return;
      await sql`
        delete from health_days where (agent_id, day) in (
          select agent_id, day from health_days where day < ${before} order by day limit ${sql.lit(PAGE)}
        )`.execute(db);
    }
  },
});
