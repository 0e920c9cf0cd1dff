import type { Clock } from "../../runtime/index.ts";
import type { Storage } from "../../storage/index.ts";
import type { Histogram } from "./latency-histogram.ts";
import type { RollupReader } from "./rollup-reader.ts";
import { MINUTE } from "./rollup-rows.ts";
import { millisecondsAt } from "./series.ts";

/** Anybody may ask, as often as he likes. */
const FRESH_MS = 10_000;
const SPAN_SECONDS = 86_400n;

export interface PublicStats {
  agents: number;
  calls_24h: number;
  success_24h: number | null;
  gateway_p50_ms: number | null;
}

/** What the gateway tells everybody of itself: agents that everybody sees, and calls to these. Some seconds old. */
export class PublicStatistics {
  readonly #storage: Storage;
  readonly #reader: RollupReader;
  readonly #clock: Clock;
  #last: { stats: Promise<PublicStats>; at: number } | undefined;

  constructor(storage: Storage, reader: RollupReader, clock: Clock) {
    this.#storage = storage;
    this.#reader = reader;
    this.#clock = clock;
  }

  get(): Promise<PublicStats> {
    const now = this.#clock.monotonic();
    if (!this.#last || now - this.#last.at > FRESH_MS) {
      const stats = this.#read();
      const last = { stats, at: now };
      this.#last = last;
      stats.catch(() => {
        if (this.#last === last) this.#last = undefined;
      });
    }
    return this.#last.stats;
  }

  async #read(): Promise<PublicStats> {
    const now = BigInt(Math.floor(this.#clock.now() / 1000));
    const to = now - (now % MINUTE) + MINUTE;
    const [agents, points] = await Promise.all([
      this.#agents(),
      this.#reader.points({ isPublic: true }, { from: to - SPAN_SECONDS, to }, MINUTE),
    ]);
    const times: Histogram = new Map();
    let [ok, calls] = [0, 0];
    for (const point of points) {
      ok += point.ok;
      calls += point.ok + point.errors;
      for (const [bin, count] of point.gatewayTimes) times.set(bin, (times.get(bin) ?? 0) + count);
    }
    const [gateway_p50_ms = null] = millisecondsAt(times, [0.5]);
    return { agents, calls_24h: calls, success_24h: calls === 0 ? null : ok / calls, gateway_p50_ms };
  }

  async #agents(): Promise<number> {
    const counts = await this.#storage.db.selectFrom("totals").select(["name", "count"]).execute();
    const of = (wanted: string) => Number(counts.find(({ name }) => name === wanted)?.count ?? 0n);
    return of("agents") - of("hidden_agents");
  }
}
