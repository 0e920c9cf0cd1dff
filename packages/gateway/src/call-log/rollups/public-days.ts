import type { Clock } from "../../runtime/index.ts";
import type { Histogram } from "./latency-histogram.ts";
import type { RollupReader } from "./rollup-reader.ts";
import { DAY, HOUR } from "./rollup-rows.ts";
import { millisecondsAt } from "./series.ts";

/** Today's calls are told some seconds late; anybody may ask. */
const FRESH_MS = 10_000;
const DAYS_MAX = 90;
/** Calls may be counted some seconds after their day: until then it is read again. */
const SETTLED_SECONDS = 600n;

/** What came of the calls to agents that everybody sees, on one UTC day. */
export interface PublicDay {
  /** Counted from the epoch. */
  day: number;
  calls: number;
  errors: number;
  /** Milliseconds that the gateway itself took, within 5 %; null without calls. */
  gatewayP50Ms: number | null;
  gatewayP99Ms: number | null;
}

/**
 * Days of the gateway, as everybody may see them. A day that is over is read once: times are put together from its hours, which takes a
 * while for all, so that one day at a time is.
 */
export class PublicDays {
  readonly #reader: Pick<RollupReader, "points">;
  readonly #clock: Clock;
  /** Days that are over. */
  readonly #past = new Map<number, PublicDay>();
  #last: { days: Promise<PublicDay[]>; at: number } | undefined;

  constructor(reader: Pick<RollupReader, "points">, clock: Clock) {
    this.#reader = reader;
    this.#clock = clock;
  }

  /** Ascending, one for each of the last ninety UTC days, today included. */
  get(): Promise<PublicDay[]> {
    const now = this.#clock.monotonic();
    if (!this.#last || now - this.#last.at > FRESH_MS) {
      const days = this.#read();
      const last = { days, at: now };
      this.#last = last;
      days.catch(() => {
        if (this.#last === last) this.#last = undefined;
      });
    }
    return this.#last.days;
  }

  async #read(): Promise<PublicDay[]> {
    const now = BigInt(Math.floor(this.#clock.now() / 1000));
    const today = Number(now / DAY);
    const settled = Number((now - SETTLED_SECONDS) / DAY);
    for (const day of this.#past.keys()) if (day <= today - DAYS_MAX || day >= settled) this.#past.delete(day);
    const days: PublicDay[] = [];
    for (let day = today - DAYS_MAX + 1; day <= today; day++) {
      const known = this.#past.get(day) ?? (await this.#day(day));
      if (day < settled) this.#past.set(day, known);
      days.push(known);
    }
    return days;
  }

  async #day(day: number): Promise<PublicDay> {
    const from = BigInt(day) * DAY;
    const points = await this.#reader.points({ isPublic: true }, { from, to: from + DAY }, HOUR);
    const times: Histogram = new Map();
    let [calls, errors] = [0, 0];
    for (const point of points) {
      calls += point.ok + point.errors;
      errors += point.errors;
      for (const [bin, count] of point.gatewayTimes) times.set(bin, (times.get(bin) ?? 0) + count);
    }
    const [gatewayP50Ms = null, gatewayP99Ms = null] = millisecondsAt(times, [0.5, 0.99]);
    return { day, calls, errors, gatewayP50Ms, gatewayP99Ms };
  }
}
