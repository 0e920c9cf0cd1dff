import type { Clock } from "../../runtime/index.ts";
import type { CallLogStore, UsagePeriod } from "../store.ts";
import { type AgentStats, RECENT_DAYS } from "./agent-stats.ts";
import type { Histogram } from "./latency-histogram.ts";
import type { RollupReader } from "./rollup-reader.ts";
import { DAY } from "./rollup-rows.ts";
import { millisecondsAt } from "./series.ts";

export interface CallStatsOptions {
  store: CallLogStore;
  reader: RollupReader;
  agentStats: AgentStats;
  clock: Clock;
}

/** How an agent has done what it was called for. */
export interface AgentRecord {
  /** Of the last thirty UTC days, today included. */
  calls: number;
  errors: number;
  /** Milliseconds that it took, within 5 %; null where none are known. */
  p50Ms: number | null;
  p95Ms: number | null;
  /** Microseconds since the epoch. */
  lastSuccessAt: bigint | null;
  /** Days with calls, ascending. */
  days: UsagePeriod[];
}

/** What is told of an agent by those who know of its calls. */
export class CallStats {
  readonly #options: CallStatsOptions;

  constructor(options: CallStatsOptions) {
    this.#options = options;
  }

  /** @param days so many UTC days, today included */
  async ofAgent(agentId: string, days: number): Promise<AgentRecord> {
    const { store, reader, agentStats, clock } = this.#options;
    const micros = BigInt(clock.now()) * 1000n;
    const tomorrow = (micros / 1_000_000n / DAY + 1n) * DAY;
    const recent = Number(RECENT_DAYS);
    const [periods, points, lastSuccessAt] = await Promise.all([
      store.daily(agentId, Math.max(days, recent), micros),
      reader.points({ agentIds: [agentId] }, { from: tomorrow - RECENT_DAYS * DAY, to: tomorrow }, DAY),
      agentStats.lastSuccessAt(agentId),
    ]);
    const times: Histogram = new Map();
    for (const { agentTimes } of points)
      for (const [bin, count] of agentTimes) times.set(bin, (times.get(bin) ?? 0) + count);
    const [p50Ms = null, p95Ms = null] = millisecondsAt(times, [0.5, 0.95]);
    const since = (back: number) => new Date(Number(tomorrow - BigInt(back) * DAY) * 1000).toISOString().slice(0, 10);
    const ofMonth = periods.filter(({ period }) => period >= since(recent));
    return {
      calls: ofMonth.reduce((sum, { invocations }) => sum + invocations, 0),
      errors: ofMonth.reduce((sum, { errors }) => sum + errors, 0),
      p50Ms,
      p95Ms,
      lastSuccessAt,
      days: periods.filter(({ period }) => period >= since(days)),
    };
  }
}
