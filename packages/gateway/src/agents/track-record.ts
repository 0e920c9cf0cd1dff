import type { Kysely } from "kysely";
import type { Database } from "../storage/index.ts";

/** What an agent's last health check found. */
export const healthStates = ["healthy", "unhealthy", "unknown"] as const;
export type HealthState = (typeof healthStates)[number];

/** How an agent does, some minutes old. */
export interface TrackRecord {
  health: HealthState;
  /** Of thirty days. */
  calls: number;
  errors: number;
  /** Milliseconds that half of its calls took at most, within 5 %. */
  p50Ms: number | null;
  p95Ms: number | null;
}

export const UNTRIED: TrackRecord = { health: "unknown", calls: 0, errors: 0, p50Ms: null, p95Ms: null };

/** How these agents do, by id. */
export async function trackRecords(db: Kysely<Database>, ids: readonly string[]): Promise<Map<string, TrackRecord>> {
  if (ids.length === 0) return new Map();
  const [health, stats] = await Promise.all([
    db.selectFrom("agent_health").select(["agent_id", "status"]).where("agent_id", "in", ids).execute(),
    db
      .selectFrom("agent_call_stats")
      .select(["agent_id", "calls", "errors", "p50_us", "p95_us"])
      .where("agent_id", "in", ids)
      .execute(),
  ]);
  const records = new Map(ids.map((id): [string, TrackRecord] => [id, { ...UNTRIED }]));
  for (const { agent_id, status } of health) records.get(agent_id)!.health = status;
  for (const { agent_id, calls, errors, p50_us, p95_us } of stats) {
    const [p50Ms, p95Ms] = [millisecondsIn(p50_us), millisecondsIn(p95_us)];
    Object.assign(records.get(agent_id)!, { calls: Number(calls), errors: Number(errors), p50Ms, p95Ms });
  }
  return records;
}

const millisecondsIn = (micros: bigint | null): number | null =>
  micros === null ? null : Number((Number(micros) / 1000).toPrecision(3));

/** On the wire, as a search tells of it. */
export const toWireRecord = ({ health, calls, errors, p50Ms, p95Ms }: TrackRecord) => ({
  health,
  p50_ms: p50Ms,
  p95_ms: p95Ms,
  success_30d: calls === 0 ? null : (calls - errors) / calls,
  calls_30d: calls,
});
